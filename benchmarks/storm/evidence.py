"""What the storm itself saw while it lasted."""

from dataclasses import dataclass

from benchmarks.storm.colleagues import StaffBooks
from benchmarks.storm.customers import Books
from benchmarks.storm.deployment import Deployment
from benchmarks.storm.script import Line
from benchmarks.storm.watch import Watch
from benchmarks.storm.weather import Record


@dataclass(frozen=True, slots=True)
class Evidence:
    """`still_open` is what was on its way when the longest wait was over, "" if all is settled."""

    lines: list[Line]
    books: Books
    staff: StaffBooks
    record: Record
    watch: Watch
    deployment: Deployment
    still_open: str
    loads: list[float]
    seconds: float

    @property
    def settled(self) -> bool:
        return not self.still_open

    @property
    def accepted(self) -> set[str]:
        return self.books.accepted | self.deployment.accepted
