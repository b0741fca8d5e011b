"""What is measured several times, and how it compares."""

import statistics
from collections.abc import Iterator

from benchmarks.processor import Stopwatch
from benchmarks.report import Row


class Subject:
    """Rates, and processor time by who spent it; the medians of the rounds count."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.errors = 0
        self._rates: list[float] = []
        self._spent: dict[str, list[float]] = {}

    def note(self, count: float, *, seconds: float, watch: Stopwatch) -> None:
        self._rates.append(count / seconds)
        for who, milliseconds in watch.milliseconds_each(max(count, 1)).items():
            self._spent.setdefault(who, []).append(milliseconds)

    @property
    def rate(self) -> float:
        return statistics.median(self._rates)

    @property
    def spent(self) -> float:
        """Milliseconds of a processor for one, in all, load generator included."""
        return sum(map(statistics.median, self._spent.values()))

    def rows(self) -> Iterator[Row]:
        yield Row(self.name, self.rate, "1/s")
        for who, milliseconds in self._spent.items():
            yield Row(f"  processor time of {who}", statistics.median(milliseconds), "ms")

    def against(self, other: "Subject", *, aim: float) -> Iterator[Row]:
        short = other.name.partition(":")[0].partition(",")[0]
        ratio = self.rate / other.rate
        yield Row(f"{self.name} against {short}", ratio, "", f"at least {aim}", ratio >= aim)
        yield Row("  by processor time", other.spent / self.spent, "")
