"""Which statements read a growing table from its first row to its last."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from benchmarks.filling import GROWING


@dataclass(frozen=True, slots=True)
class Scan:
    table: str
    rows: int
    sql: str


def find_scans(statements: Sequence[str], *, at_least: int) -> list[Scan]:
    """The sequential scans of a growing table of `at_least` rows in the plans of SELECTs, one for
    each shape of a statement. The statements hold their values, as Django's log shows them."""
    shapes = {_shape(sql): sql for sql in statements if sql.startswith("SELECT")}
    return [scan for sql in shapes.values() for scan in _scans(sql) if scan.rows >= at_least]


def _scans(sql: str) -> Iterator[Scan]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql.replace('%', '%%')}", [])
        (plan,) = cursor.fetchone()
    if isinstance(plan, str):
        plan = json.loads(plan)
    for node in _nodes(plan[0]["Plan"]):
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWING:
            table = node["Relation Name"]
            yield Scan(table, _size(table), sql)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _size(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table])
        return int(cursor.fetchone()[0])


def _shape(sql: str) -> str:
    return re.sub(r"'[^']*'|\b\d+\b", "?", sql)
