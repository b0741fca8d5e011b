"""The statement of an accepted webhook for pgbench, taken from the product as it executes it."""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg import ClientCursor

from channels.intake import accept_event

_PAYLOAD: dict[str, object] = {
    "parameters": [["Body", "How do I change the plan of my account, and from when?"]] * 8
}


def pgbench_statement() -> str:
    """Accepts one event, undoes it, and returns the SQL with pgbench's variables in the places
    of the ids: :first, :second, :sender. No literal may hold a colon before a letter or digit,
    which pgbench would take for a variable."""
    executed: list[str] = []
    now = timezone.now()

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        executed.append(ClientCursor(context["connection"].connection).mogrify(sql, params))
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(note):
        accept_event(
            channel="whatsapp",
            external_id="EXTERNAL",
            payload=_PAYLOAD,
            sender="SENDER",
            now=now,
        )
        transaction.set_rollback(True)
    (statement,) = executed
    for literal, expression in (
        (ClientCursor(connection.connection).mogrify("%s", [now]), "now()"),
        ("'EXTERNAL'", "('bench:' || :first::text || ':' || :second::text)"),
        ("'inbound:whatsapp:SENDER'", "('bench:' || :sender::text)"),
    ):
        if literal not in statement:
            raise ValueError(f"{literal} does not stand in the statement.")
        statement = statement.replace(literal, expression)
    return statement
