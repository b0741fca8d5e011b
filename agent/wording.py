"""Sentences, words and numbers of English text, as answers are found and checked by them."""

import functools
import re

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9À-Þ])")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|approx|no|Mr|Mrs|Ms|Dr)|^\d+)\.$")
_ITEM = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+")
_NUMBERED = re.compile(r"^\s*\d{1,2}[.)]\s+")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|cannot|without|neither|nor|nobody|nothing|unable|\w+n't|dont|doesnt"
    r"|cant|isnt|wont|nicht|kein\w*|nie)\b",
    re.IGNORECASE,
)
_NUMBER_WORDS = {
    word: str(value)
    for value, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
}
_STOPWORDS = frozenset(
    re.findall(
        r"\w+",
        """a about above actually after again all already also although always am an and any anybody
    anyone anything anyway are as at away be because been before being below best between bit both
    but by came can cannot cant cheers come could dear did didnt do does doesnt doing done dont
    down during each either else even ever every everybody everyone everything few find for from
    further get gets getting give go goes going good got had has have having he hello help her here
    hers hey hi him his how however i if im in into is isnt it its itself ive just kind know let
    like little look looking madam make makes many may maybe me might mine more morning most much
    must my myself near need needs next nice no nobody none nor not now of often ok okay on once
    one only onto or other others our ours over own per perhaps please possible put question
    questions quite rather re really regards right said same say says see seem seems shall she
    should since sir so some somebody someone something somewhere soon still such sure take tell
    than thank thanks that the their theirs them then there therefore these they thing things think
    this those though through thus to today together told tomorrow too tried try trying under until
    up upon us use used using very via want wants was way we well were what whatever when where
    whether which while who whole whom whose why will wish with within wonder wondering wont would
    yes yesterday yet you your yours yourself able""",
    )
)


def split_sentences(text: str) -> list[str]:
    """Sentences and list items in order; a list item is one, whatever stops are in it."""
    sentences: list[str] = []
    for line in _join_wrapped(text):
        if _ITEM.match(line):
            sentences.append(line)
            continue
        for part in _SENTENCE_END.split(line):
            if sentences and _ABBREVIATION.search(sentences[-1]) and not is_item(sentences[-1]):
                sentences[-1] += f" {part.strip()}"
            elif part.strip():
                sentences.append(part.strip())
    return sentences


def is_item(sentence: str) -> bool:
    return bool(_ITEM.match(sentence))


def is_numbered(sentence: str) -> bool:
    return bool(_NUMBERED.match(sentence))


def strip_marker(sentence: str) -> str:
    return _ITEM.sub("", sentence)


def content_words(text: str) -> set[str]:
    """The stems of the words that carry meaning, with small numbers as digits."""
    return {
        stem(_NUMBER_WORDS.get(word, word))
        for word in (match.replace("'", "") for match in _WORD.findall(text.lower()))
        if word not in _STOPWORDS and (len(word) > 1 or word.isdigit())
    }


def numbers(text: str) -> set[str]:
    """The numbers of a text, in digits or as a small word, list markers left out."""
    body = strip_marker(text)
    found = {match.rstrip(".,").replace(",", ".") for match in _NUMBER.findall(body)}
    words = {_NUMBER_WORDS[word] for word in _WORD.findall(body.lower()) if word in _NUMBER_WORDS}
    return found | (words - {"1", "0"})  # "one" is mostly an article


def is_negated(text: str) -> bool:
    """Whether the text says an odd number of noes; two make a yes."""
    return len(_NEGATION.findall(text)) % 2 == 1


@functools.lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A crude English stem: enough to let "exporting" meet "export" and "invoices" "invoice"."""
    if len(word) <= 3 or any(character.isdigit() for character in word):
        return word
    for suffix, keep in (
        ("ies", "y"), ("sses", "ss"), ("ations", "ate"), ("ation", "ate"), ("ments", "ment"),
        ("ingly", ""), ("edly", ""), ("ings", ""), ("ing", ""), ("ied", "y"), ("ed", ""),
        ("ers", "er"), ("ly", ""), ("es", "e"), ("s", ""),
    ):  # fmt: skip
        if word.endswith(suffix) and len(word) - len(suffix) + len(keep) >= 3:
            if suffix == "s" and word.endswith(("ss", "us", "is")):
                break
            word = word[: -len(suffix)] + keep
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word.rstrip("e") if len(word) > 3 else word


def _join_wrapped(text: str) -> list[str]:
    """Lines with those joined that a sentence was wrapped over."""
    lines: list[str] = []
    open_line = False
    for raw in text.split("\n"):
        line = raw.strip()
        if not line:
            open_line = False
        elif open_line and not _ITEM.match(line):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
            open_line = True
    return lines
