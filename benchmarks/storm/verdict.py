"""What became of every message, and of every promise."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks import report
from benchmarks.report import Row
from benchmarks.storm.desk import Desk
from benchmarks.storm.evidence import Evidence
from benchmarks.storm.promises import IN_ORDER, Broken, hold_against_promises
from benchmarks.storm.table import list_rows


@dataclass(frozen=True, slots=True)
class Verdict:
    """The table, and of each promise what broke it, with how often: nothing is right."""

    table: list[Row]
    promises: dict[str, Broken]

    @property
    def faults(self) -> list[str]:
        return [
            f"{promise}: {what}: {times}"
            for promise, broken in self.promises.items()
            for what, times in broken.items()
            if times
        ]

    def print(self, *, seed: int, seconds: float) -> None:
        report.print_table(f"The storm, seed {seed}, {seconds:.0f} s in all", self.table)
        print()
        for promise, broken in self.promises.items():
            print(f"  {promise:<66} {'BROKEN' if any(broken.values()) else 'held'}")
        print("\n".join(["", "FAULTS", *self.faults]) if self.faults else "\nEvery promise held.")

    def write(self, path: Path, *, seed: int) -> None:
        report.write_json(path, f"storm, seed {seed}", [*self.table, *self._as_rows()])

    def _as_rows(self) -> list[Row]:
        return [
            Row(promise, sum(broken.values()), "faults", "none", not any(broken.values()))
            for promise, broken in self.promises.items()
        ]


def judge(evidence: Evidence, desk: Desk) -> Verdict:
    promises = hold_against_promises(evidence, desk)
    out_of_order = sum(promises[IN_ORDER].values())
    return Verdict(list_rows(evidence, desk, out_of_order=out_of_order), promises)
