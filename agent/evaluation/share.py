"""So many of so many."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict


class Share(BaseModel):
    model_config = ConfigDict(frozen=True)

    count: int
    total: int

    @classmethod
    def of(cls, values: Iterable[object]) -> "Share":
        """How many of the values are true."""
        truths = [bool(value) for value in values]
        return cls(count=sum(truths), total=len(truths))

    @property
    def percent(self) -> float | None:
        return 100 * self.count / self.total if self.total else None

    def __str__(self) -> str:
        return "–" if self.percent is None else f"{self.count}/{self.total} ({self.percent:.1f} %)"
