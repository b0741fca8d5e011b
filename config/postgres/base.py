"""The backend. A server that was restarted has closed every connection that waits in a pool; a
look at the socket tells, so that nobody is answered 503 for what lies in the past."""

import select
from typing import Any

from django.db import OperationalError as DatabaseAway
from django.db.backends.postgresql import base
from psycopg import BaseConnection, Connection, OperationalError
from psycopg_pool import ConnectionPool

from config.database_gate import gate


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if gate.is_guarding and not gate.admit():
            raise DatabaseAway("The database is known to be away.")
        connection = self._get_whole_connection(conn_params)
        if gate.is_guarding:
            gate.reopen()
        return connection

    def _get_whole_connection(self, conn_params: dict[str, Any]) -> Any:
        while True:
            connection = super().get_new_connection(conn_params)
            if not self.pool or not _is_broken(connection):
                return connection
            connection.close()
            self.pool.putconn(connection)  # which replaces a closed one


def _is_broken(connection: Connection[Any]) -> bool:
    """Asks the server only if something waits to be read, which is its farewell or nothing bad."""
    if not has_something_to_read(connection):
        return False
    try:
        ConnectionPool.check_connection(connection)
    except OperationalError:
        return True
    return False


def has_something_to_read(connection: BaseConnection[Any]) -> bool:
    """Whether the server has said what nobody has asked for."""
    if connection.closed:
        return True
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
