"""What a customer's programme would have shown, as plain text; and Markdown as plain text."""

import html
import re
import unicodedata
from dataclasses import dataclass

_UNSEEN = {"Cc", "Cf", "Co", "Cs"}
MAX_CHARACTERS = 20_000  # of a message that anything here looks at

_TAG = re.compile(r"</?[a-zA-Z][\w-]*(?:\s[^<>]{0,2000})?/?>|<![^<>]{0,2000}>")
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_UNSHOWN = re.compile(
    r"<(script|style|template|noscript|head|title)\b[^<>]{0,2000}>(.*?)(?:</\1\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_INVISIBLE = re.compile(
    r"<(\w+)\b[^<>]{0,500}(?:\bhidden\b|display\s*:\s*none|visibility\s*:\s*hidden"
    r"|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])"
    r"|color\s*:\s*(?:white\b|#fff(?:fff)?\b|transparent))[^<>]{0,500}>(.*?)(?:</\1\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/tr|/h\d)\b[^<>]{0,500}>", re.IGNORECASE)
_QUOTE_HEADER = re.compile(
    r"^[^\S\n]*(?:On .{6,200} wrote|Am .{6,200} schrieb.{0,120}|Le .{6,200} a écrit|"
    r"El .{6,200} escribió)\s?:\s*$",
    re.MULTILINE | re.DOTALL,
)
_ORIGINAL = re.compile(
    r"^[^\S\n]*-{2,20}[^\S\n]*(?:Original Message|Ursprüngliche Nachricht|Message d'origine|"
    r"Mensaje original)[^\S\n]*-{2,}.*\Z",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
_PLACEHOLDERS = re.compile(r"(?:\[[^\[\]]{1,1000}\]\s*)+")
_REACTION = re.compile(r"\[Reaction ([^\[\]]{1,32})\]")
_SPACES = re.compile(r"[ \t\u00a0]+")
_LINES = re.compile(r"\n{3,}")
_IMAGE = re.compile(r"!\[([^\]\[\n]{0,300})\]\([^)(\n]{0,2000}\)")
_LINK = re.compile(r"\[([^\]\[\n]{1,300})\]\(([^)(\s\[]{1,2000})[^)(\n]{0,200}\)")
_HEADING = re.compile(r"^#{1,6}\s+", re.MULTILINE)
_EMPHASIS = re.compile(r"(\*\*|__|`)(?=\S)(.{1,300}?)(?<=\S)\1")
_TABLE = re.compile(r"(?:^[ \t]*\|.*\|[ \t]*(?:\n|\Z)){2,}", re.MULTILINE)
_RULE = re.compile(r"^[\s|:-]+$")
_LATIN_LOOKALIKES = str.maketrans("аеорсухіѕԁԛѡАЕОРСХІВНКМТ", "aeopcyxisdqwAEOPCXIBHKMT")
# For matching only: letters that look like Latin ones, and digits in the place of letters.
_LOOKALIKES = str.maketrans(
    "аеорсухіѕԁԛѡјһкмтвнАЕОРСХІВНКМТЅЈαβεικνορτυχγηωΑΒΕΖΗΙΚΜΝΟΡΤΥΧօոսցհıɢɴʀɪʟʙʜᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢꜱғ",
    "aeopcyxisdqwjhkmtbhAEOPCXIBHKMTSJabeikvoptuxynwABEZHIKMNOPTYXonughignrilbhacdejkmoptuvwzsf",
)
_LEET = str.maketrans("013457@$", "oieastas")
_LEET_WORD = re.compile(
    r"(?<![\w@$])(?=[\d@$]*[a-z])(?=[a-z]*[\d@$])[a-z\d@$]{2,40}(?![\w@$])", re.I
)
_MIXED_WORD = re.compile(r"\b(?=\w*[a-zA-Z])(?=\w*[\u0400-\u04ff])\w+\b")


@dataclass(frozen=True, slots=True)
class MessageText:
    """A message as it was seen, and what was in it unseen."""

    shown: str
    hidden: str


def said(text: str) -> str:
    """The customer's own words: of "[Image]", with which a channel describes what has none, "",
    and of "[Reaction 👍]" the sign. Whoever types nothing but brackets reaches a person."""
    reaction = _REACTION.fullmatch(text.strip())
    if reaction:
        return reaction[1]
    return "" if _PLACEHOLDERS.fullmatch(text.strip()) else text


def read(text: str) -> MessageText:
    """NFKC-normalised text without quotes, markup and zero-width characters, and apart from it
    what comments, scripts and invisible elements held."""
    hidden: list[str] = []
    text = text[:MAX_CHARACTERS]

    def set_aside(match: re.Match[str]) -> str:
        hidden.append(match[match.lastindex or 0])
        return " "

    shown = html.unescape(text) if "&" in text and _TAG.search(text) else text
    for pattern in (_COMMENT, _UNSHOWN, _INVISIBLE):
        shown = pattern.sub(set_aside, shown)
    shown = _TAG.sub(" ", _BREAK.sub("\n", shown))
    return MessageText(
        shown=tidy(strip_quotes(normalise(shown))),
        hidden=tidy(normalise(_TAG.sub(" ", "\n".join(hidden)))),
    )


def normalise(text: str) -> str:
    """NFKC, without format characters, and with Latin letters for their Cyrillic doubles."""
    visible = strip_invisible(unicodedata.normalize("NFKC", text))
    visible = visible.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    return _MIXED_WORD.sub(lambda match: match[0].translate(_LATIN_LOOKALIKES), visible)


def fold(text: str) -> str:
    """A cleaned text as rules look at it a second time: without accents, and in Latin letters for
    what looks like them. Nobody reads it: it spoils words of other scripts."""
    bare = "".join(
        character
        for character in unicodedata.normalize("NFKD", text)
        if unicodedata.category(character) != "Mn"
    )
    return _LEET_WORD.sub(lambda match: match[0].translate(_LEET), bare.translate(_LOOKALIKES))


def strip_invisible(text: str) -> str:
    """The text without control, zero-width, direction and other characters that nobody sees."""
    return "".join(
        character
        for character in text
        if character in "\n\t" or unicodedata.category(character) not in _UNSEEN
    )


def strip_quotes(text: str) -> str:
    """The text without what it quotes; what was typed between quoted lines stays."""
    text = _ORIGINAL.sub("", _QUOTE_HEADER.sub("", text))
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">"))


def tidy(text: str) -> str:
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return _LINES.sub("\n\n", "\n".join(lines)).strip()


def from_markdown(text: str) -> str:
    """Markdown for readers of plain text: links as their words, no images, lists as they are,
    and of a table one list item a row."""
    text = _TABLE.sub(_flatten_table, text)
    text = _LINK.sub(r"\1", _IMAGE.sub("", text))
    text = _HEADING.sub("", text)
    for _level in range(2):
        text = _EMPHASIS.sub(r"\2", text)
    return tidy(html.unescape(_COMMENT.sub("", text)))


def _flatten_table(match: re.Match[str]) -> str:
    """`| | Free | Team |`, `| Boards | 5 | no limit |` as "- Boards: Free 5, Team no limit"."""
    lines = [line for line in match[0].strip().split("\n") if not _RULE.match(line)]
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    if not rows:
        return ""
    header, *body = rows
    items = []
    for name, *cells in body:
        pairs = zip(header[1:], cells, strict=False)
        told = ", ".join(f"{column} {cell}".strip() for column, cell in pairs if cell)
        items.append(f"- {name}: {told}" if name else f"- {told}")
    return "\n".join(items) + "\n"
