"""The backend: `config.postgres` on a server that starts at the first connection.

DATABASES takes, besides the usual keys, DATA_DIR (the server's folder) and DURABLE (False gives
up safety against power loss, for tests).
"""

import atexit
import functools
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db import OperationalError
from django.db.backends.postgresql import client, creation

from config.embedded import cluster
from config.embedded.programs import find_program
from config.embedded.server import Server, get_server
from config.postgres import base


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell` with the package's own psql."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        arguments, environment = super().settings_to_cmd_args_env(settings_dict, parameters)
        return [str(find_program("psql")), *arguments[1:]], environment

    def runshell(self, parameters: Iterable[str]) -> None:
        self.connection.ensure_connection()
        super().runshell(parameters)


class DatabaseCreation(creation.DatabaseCreation):
    """Test databases, dropped although a thread or an event loop still holds a connection."""

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        with self.connection._nodb_cursor() as cursor:
            name = self.connection.ops.quote_name(test_database_name)
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient
    creation_class = DatabaseCreation

    @property
    def server(self) -> Server:
        return get_server(
            Path(self.settings_dict["DATA_DIR"]), durable=self.settings_dict.get("DURABLE", True)
        )

    def get_connection_params(self) -> dict[str, Any]:
        """Starts the server if it does not run; every way to a connection passes here."""
        socket_folder = self.server.ensure_running()
        _close_pools_at_exit(os.getpid())
        self.settings_dict.update(
            HOST=str(socket_folder), PORT=str(cluster.PORT), USER=cluster.ROLE
        )
        return super().get_connection_params()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except (OperationalError, self.Database.OperationalError):
            self.server.doubt()
            raise


@functools.cache
def _close_pools_at_exit(pid: int) -> None:
    """Once a process, and after the server registered: the pools close before it stops."""
    atexit.register(_close_pools_of, pid)


def _close_pools_of(pid: int) -> None:
    if os.getpid() == pid:
        close_pools()


def close_pools() -> None:
    """Closes every connection that waits in a pool; the next use opens new ones."""
    pools = getattr(base.DatabaseWrapper, "_connection_pools", {})
    while pools:
        pools.popitem()[1].close(timeout=2)
