"""py3langid's model of our candidate languages, of which a process keeps little in memory.

As it comes it takes 75 MB: the weights of 140 languages, and a table of 37 MB of which a text
looks at some hundred places.
"""

from __future__ import annotations

import functools
import mmap
import tempfile
from array import array
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier
from py3langid.modelio import load_model

CANDIDATES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "tr", "cs", "ru", "uk")


@functools.cache
def get_identifier() -> LanguageIdentifier:
    """Of the candidates only; its confidence is a share of one. Not safe for threads."""
    weights, priors, languages, moves, rows, features = load_model(MODEL_DIR / MODEL_FILE)
    ours = [place for place, language in enumerate(languages) if language in CANDIDATES]
    return LanguageIdentifier(
        weights[:, ours].copy(),
        priors[ours].copy(),
        [languages[place] for place in ours],
        _on_disk(moves),
        array("i", features),
        norm_probs=True,
        tk_row=rows,
    )


def _on_disk(table: array[int]) -> Sequence[int]:
    """The same numbers, of which only those pages take memory that are looked at."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=settings.DATA_DIR) as file:
        table.tofile(file)
        file.flush()
        view: Any = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    numbers: Sequence[int] = view.cast(table.typecode)
    return numbers
