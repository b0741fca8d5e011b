"""`python -m benchmarks.quotes`: the own quote cutter and mail-parser-reply on the same samples.

The samples are those of the tests, which the own cutter was written against: a test of that cutter
first of all, and of the other one as far as real programs write like this.
"""

import sys
import time
from collections.abc import Callable

from mailparser_reply import EmailReplyParser

from channels.gmail.quotes import cut_quotes
from tests.channels.gmail.quote_samples import (
    ATTRIBUTIONS,
    HEADS,
    INLINE,
    NEW,
    ORDINARY,
    OURS,
    QUOTED,
)

Cut = Callable[[str], str]

LANGUAGES = [
    "en", "de", "fr", "es", "it", "nl", "pl", "sv", "da", "cs", "ja", "ko", "zh",
]  # fmt: skip
# One long reply above a long history, about as large as people's longest mails are.
LONG = f"{NEW}\n\n{ATTRIBUTIONS[0]}\n\n" + f"{QUOTED}\n" * 850

REPLIES = [
    *(f"{NEW}\n\n{attribution}\n\n{QUOTED}\n" for attribution in ATTRIBUTIONS),
    *(f"{NEW}\n\n{head}\n{history}\n" for head in HEADS for history in (OURS, QUOTED)),
]


def main() -> int:
    parser = EmailReplyParser(languages=LANGUAGES)

    def library(text: str) -> str:
        return (parser.parse_reply(text) or "").strip()

    print(f"{'':32}{'own':>12}{'mail-parser-reply':>20}")
    rows: list[tuple[str, Callable[[Cut], str]]] = [
        ("quote cut exactly", lambda cut: _share([(text, NEW) for text in REPLIES], cut)),
        ("inline answers not lost", lambda cut: _kept(INLINE, cut)),
        ("inline answers, and no quote", lambda cut: _share(INLINE, cut)),
        ("ordinary text untouched", lambda cut: _share([(t, t) for t in ORDINARY], cut)),
        (f"{len(LONG) // 1000} KB in milliseconds", _milliseconds),
    ]
    for name, measure in rows:
        print(f"{name:32}{measure(cut_quotes):>12}{measure(library):>20}")
    return 0


def _share(samples: list[tuple[str, str]], cut: Cut) -> str:
    right = sum(_lines(cut(text)) == _lines(wanted) for text, wanted in samples)
    return f"{right}/{len(samples)}"


def _kept(samples: list[tuple[str, str]], cut: Cut) -> str:
    kept = sum(set(_lines(wanted)) <= set(_lines(cut(text))) for text, wanted in samples)
    return f"{kept}/{len(samples)}"


def _lines(text: str) -> list[str]:
    """Blank lines and the ends of lines do not count."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def _milliseconds(cut: Cut) -> str:
    """The fastest of three."""
    return f"{1000 * min(_time(cut) for _each in range(3)):.0f}"


def _time(cut: Cut) -> float:
    started = time.perf_counter()
    cut(LONG)
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
