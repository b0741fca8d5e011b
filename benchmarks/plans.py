"""Which statements read a growing table from its first row to its last."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from benchmarks.filling import GROWING

_SCANS = ("enable_seqscan", "enable_indexscan", "enable_indexonlyscan")
_PLANNED = re.compile(r"(SELECT|UPDATE|DELETE)\b[^;]*$")


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


def find_unindexed(statements: Sequence[str]) -> list[Scan]:
    """Where no index leads to the rows of a growing table, whatever its size: with all scans
    forbidden but those that an index's condition begins, the plan still has another."""
    shapes = {_shape(sql): sql for sql in statements if _PLANNED.match(sql)}
    with connection.cursor() as cursor:
        for each in _SCANS:
            cursor.execute(f"SET {each} = off")
        try:
            return [
                Scan(node["Relation Name"], 0, sql)
                for sql in shapes.values()
                for node in _plan(sql)
                if node.get("Relation Name") in GROWING and _begins_anywhere(node)
            ]
        finally:
            for each in _SCANS:
                cursor.execute(f"RESET {each}")


def _begins_anywhere(node: dict[str, Any]) -> bool:
    walk = node["Node Type"] in {"Index Scan", "Index Only Scan"} and "Index Cond" not in node
    return walk or node["Node Type"] == "Seq Scan"


def _scans(sql: str) -> Iterator[Scan]:
    for node in _plan(sql):
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWING:
            table = node["Relation Name"]
            yield Scan(table, _size(table), sql)


def _plan(sql: str) -> Iterator[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql.replace('%', '%%')}", [])
        (plan,) = cursor.fetchone()
    if isinstance(plan, str):
        plan = json.loads(plan)
    yield from _nodes(plan[0]["Plan"])


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
