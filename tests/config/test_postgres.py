"""Connections that the server closed while they waited in the pool."""

from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from psycopg_pool import ConnectionPool, PoolTimeout

from config.database_gate import gate


def end_every_waiting_connection() -> int:
    """As a restart of the server does; returns how many there were."""
    params = connection.get_connection_params()
    names = ("host", "port", "user", "dbname", "password")
    own = {name: params[name] for name in names if params.get(name)}
    with psycopg.connect(**own, autocommit=True) as other:
        ended = other.execute(
            "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    return int((ended or [0])[0])


@pytest.mark.django_db(transaction=True)
def test_after_a_restart_of_the_server_nobody_is_told_that_it_is_away(client: Client) -> None:
    assert client.get("/help/").status_code == 200
    connection.close()  # it goes back to the pool
    assert end_every_waiting_connection() >= 1
    assert client.get("/help/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_who_opens_a_page_is_told_without_waiting_too(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[int] = []

    def wait_in_vain(self: ConnectionPool[Any], *args: object) -> Any:
        waits.append(1)
        raise PoolTimeout("couldn't get a connection after 3.00 sec")

    connection.close()
    with monkeypatch.context() as away:
        away.setattr(ConnectionPool, "getconn", wait_in_vain)
        assert client.get("/help/").status_code == 503
        before = len(waits)
        assert before > 0
        answer = client.get("/help/")
        assert (answer.status_code, answer["Retry-After"]) == (503, "10")
        assert len(waits) == before, "nobody waits while it is known to be away"
        assert client.get("/support/").status_code == 200, "this page needs no database"
    gate.reopen()
    assert client.get("/help/").status_code == 200
