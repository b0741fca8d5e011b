"""Which language a customer writes, and which ones the knowledge serves."""

import re
import threading

from agent.language_model import get_identifier
from agent.wording import content_words
from crm.remembered import Remembered
from knowledge.models import Article

DEFAULT = "en"
# Below this many letters a guess is mostly noise. With both bounds each of the sample company's
# messages, 112 in English, gets its language.
MIN_LETTERS = 14
MIN_CONFIDENCE = 0.75

_LETTERS = re.compile(r"[^\W\d_]")
# Scripts that say enough in one word. Japanese before Chinese: it uses both.
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
_SCRIPT_SHARE = 0.3
_ADDRESSES = re.compile(r"(?<!\S)\S+@\S+|https?://\S+|\b\w+[-_.]\w+\b")
_ENOUGH = 2_000  # characters that tell a language
_classifying = threading.Lock()


def detect_language(text: str, *, default: str = "") -> str:
    """A two-letter code; `default`, or English, where the text is too short to tell."""
    plain = _ADDRESSES.sub(" ", text[:_ENOUGH])
    letters = len(_LETTERS.findall(plain))
    for code, script in _SCRIPTS:
        if letters and len(script.findall(plain)) / letters > _SCRIPT_SHARE:
            return code
    if letters < MIN_LETTERS or not content_words(plain):
        return default or DEFAULT
    with _classifying:
        code, confidence = get_identifier().classify(plain)
    return str(code) if confidence >= MIN_CONFIDENCE else default or DEFAULT


def is_served(language: str) -> bool:
    """Whether the knowledge base has articles in the language; so it is while it has none. A new
    language counts within a second (`Remembered`)."""
    served = _served.get()
    return not served or language in served


def list_served_languages() -> frozenset[str]:
    """The languages that public articles are written in."""
    found = Article.objects.public().order_by().values_list("language", flat=True).distinct()
    return frozenset(code[:2].lower() for code in found)


_served = Remembered(list_served_languages)
