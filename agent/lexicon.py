"""Words and marks by which people show what they feel, in four languages.

A problem is no anger: "error", "failed" and "lost" describe most honest questions, so VADER's
word list counts as one feature among others.
"""

import functools
import math
import re
from collections.abc import Mapping

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

# Its time grows with the square of the words, and every picture is several.
_VADER_READS = 500

_FURY = re.compile(
    r"\b(?:furious|outrag\w+|disgust\w+|disgrace\w*|appall\w+|livid|enraged|infuriat\w+|fuming"
    r"|hate (?:this|you|your|it)|worst|catastroph\w+|scandal\w*|shame(?:ful|less)?\b(?! if)"
    r"|unbelievable|unacceptable|inexcusable|ridiculous|pathetic|had it\b(?! (?:open|on|working))"
    r"|fed up|sick of|sick and tired|had enough|last straw|joke of|is a joke|rip[- ]?off|scam"
    r"|heartbroken|in tears|desperate|devastat\w+|nightmare|ruin(?:ed|ing)|screamed at"
    r"|so angry|very angry|really angry|i'?m angry|wütend|unverschämt|frechheit|skandal"
    r"|inaceptable|vergüenza|furios[oa]|inadmissible|scandaleux|honteux)\b",
    re.IGNORECASE,
)
_DISAPPOINTMENT = re.compile(
    r"\b(?:disappoint\w+|let down|frustrat\w+|useless|terrible|horrible|awful|rubbish|garbage"
    r"|crap(?:py)?|regret|upset|losing (?:a |my |our )?(?:clients?|customers?|patience|money)"
    r"|lost (?:all )?(?:trust|confidence|patience)|waste of|wasted|nobody (?:answers|cares|helps)"
    r"|no ?one (?:answers|cares|helps)|no (?:answer|reply|response)|ignor(?:ed|ing) (?:me|us|my)"
    r"|enttäusch\w+|ärgerlich|schrecklich|decepcionad[oa]|frustrad[oa]|déçue?s?|honte)\b",
    re.IGNORECASE,
)
_ANNOYANCE = re.compile(
    r"\b(?:annoy\w+|irritat\w+|stupid|damn|hell|wtf|ffs|bloody|fuck\w*|shit\w*|nervig|merde)\b",
    re.IGNORECASE,
)
_REPETITION = re.compile(
    r"\b(?:(?:second|third|fourth|fifth|2nd|3rd|4th|5th|\d+th|hundredth) (?:time|e-?mail|message"
    r"|ticket|attempt)|still (?:nothing|no|not|waiting|broken)|yet again|once again|again and again"
    r"|over and over|for (?:days|weeks|months)|every single|times already|already (?:wrote|told"
    r"|asked|explained)|zum (?:dritten|zweiten) mal|otra vez|encore une fois)\b",
    re.IGNORECASE,
)
_INTENSITY = re.compile(
    r"\b(?:absolutely|completely|totally|utterly|beyond|extremely|feel(?:ing)? (?:so|completely)"
    r"|ever seen|ever had|every day)\b",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"\b(?:thanks?|thank you|thx|great|perfect|awesome|love|wonderful|brilliant|excellent"
    r"|appreciate|danke|super|gracias|merci)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:not|n't|no|never|hardly|without being)\s+(?:\w+\s+){0,2}$", re.IGNORECASE
)
_CAPITALS = re.compile(r"\b[A-ZÄÖÜ]{4,}\b")
# Abbreviations that nobody shouts: formats, protocols, and the laws and standards people ask about.
_COMMON_CAPITALS = frozenset(
    {
        "CCPA", "CNAME", "COPPA", "CORS", "CPRA", "DKIM", "DMARC", "DSGVO", "FERPA", "FIDO",
        "FINRA", "FISMA", "GDPR", "GLBA", "HEIC", "HIPAA", "HITRUST", "HTML", "HTTP",
        "HTTPS", "IBAN", "IMAP", "JPEG", "JSON", "LDAP", "LGPD", "NIST", "OIDC", "PIPEDA",
        "RGPD", "SAML", "SCIM", "SEPA", "SMTP", "SWIFT", "TISAX", "TOTP", "UUID", "VPAT",
        "WCAG", "WEBP", "XLSX",
    }
)  # fmt: skip

# What the words alone say, where nothing learned can be asked.
WEIGHTS: Mapping[str, float] = {
    "fury": -0.42,
    "disappointment": -0.27,
    "annoyance": -0.14,
    "repetition": -0.16,
    "intensity": -0.08,
    "capitals": -0.14,
    "exclamations": -0.10,
    "thanks": 0.18,
    "words": 0.22,
}
SATURATION = {
    "fury": 3, "disappointment": 3, "annoyance": 2, "repetition": 2, "intensity": 2,
    "capitals": 3, "exclamations": 3, "thanks": 2,
}  # fmt: skip


def guess_score(text: str) -> float:
    """The sentiment of a cleaned message by its words alone, in -1..1."""
    values = features(text)
    return round(math.tanh(1.3 * sum(WEIGHTS[name] * values[name] for name in WEIGHTS)), 3)


def features(text: str) -> dict[str, float]:
    """Counts of what upset and happy people write, capped, and VADER's compound as `words`."""
    counts: dict[str, float] = {
        "fury": _count(_FURY, text),
        "disappointment": _count(_DISAPPOINTMENT, text),
        "annoyance": _count(_ANNOYANCE, text),
        "repetition": _count(_REPETITION, text),
        "intensity": _count(_INTENSITY, text),
        "capitals": sum(word not in _COMMON_CAPITALS for word in _CAPITALS.findall(text)),
        "exclamations": max(0, text.count("!") - 1),
        "thanks": _count(_THANKS, text),
    }
    capped = {name: min(value, SATURATION[name]) for name, value in counts.items()}
    return {**capped, "words": _vader().polarity_scores(text[:_VADER_READS])["compound"]}


def _count(pattern: re.Pattern[str], text: str) -> int:
    return sum(
        not _DENIED.search(text[max(0, match.start() - 30) : match.start()])
        for match in pattern.finditer(text)
    )


@functools.cache
def _vader() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()
