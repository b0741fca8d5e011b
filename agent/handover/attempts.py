"""What customers say they tried already."""

import re
from collections.abc import Iterable

from agent.wording import split_sentences

MAX_ATTEMPTS = 4
_LENGTH = 200

_TRIED = re.compile(
    r"\b(?:i|we)(?:'ve| have| had)?(?: \w+ly)?(?: already| also| even| just)?"
    r" (?:tried|restarted|rebooted|reinstalled|re-?installed|updated|cleared|reset|reloaded"
    r"|followed|checked|double-checked|switched|logged (?:out|in)|signed (?:out|in)|waited"
    r"|removed|deleted|changed|used|clicked|pressed|contacted|asked)\b"
    r"|\b(?:tried|restarting|reinstalling|clearing|rebooting|reloading)\b"
    r"|\b(?:versucht|probiert|ausprobiert|neu gestartet|neugestartet|neu installiert|geprüft"
    r"|überprüft|gelöscht|zurückgesetzt|aktualisiert|abgemeldet)\b"
    r"|\b(?:essayé|redémarré|réinstallé|vérifié|intentado|probado|reiniciado|comprobado)\b",
    re.IGNORECASE,
)
_PLAN = re.compile(r"\b(?:should|shall|could|would|may|can) (?:i|we)\b|\?\s*$", re.IGNORECASE)


def find_attempts(texts: Iterable[str]) -> list[str]:
    """The sentences of cleaned texts that tell what was tried, in order, each once; a question
    whether to try something tells nothing."""
    sentences = (
        sentence[:_LENGTH]
        for text in texts
        for sentence in split_sentences(text)
        if _TRIED.search(sentence) and not _PLAN.search(sentence)
    )
    return list(dict.fromkeys(sentences))[-MAX_ATTEMPTS:]
