"""What the converters give back."""

from dataclasses import dataclass


class UnreadableError(Exception):
    """`problem` is one of the words that `knowledge.documents.conversion` has a sentence for."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Result:
    """`body` is Markdown; the others are empty where the document does not say. `hidden` is text
    that its readers do not see and that was left out."""

    title: str
    body: str
    summary: str = ""
    language: str = ""
    hidden: tuple[str, ...] = ()
