"""What a passage's vector is made of: its text, and before it what it is about."""

from knowledge.markdown import plain_text
from knowledge.passages import TokenCounter

PATH_SEPARATOR = " › "
# The local model reads 254 tokens: 190 of the passage, and before them so many of its context.
_TOKENS = 60


def embedded_text(title: str, heading_path: str, text: str, count_tokens: TokenCounter) -> str:
    """The article's title and the headings in one line, as much as there is room for, and the
    passage without its marks."""
    context = PATH_SEPARATOR.join((title, heading_path)) if heading_path else title
    return f"{_shortened(context, count_tokens)}\n{plain_text(text)}"


def _shortened(context: str, count_tokens: TokenCounter) -> str:
    """The context's first words, as many as leave room for the passage."""
    words = context[: _TOKENS * 20].split(" ")
    while len(words) > 1 and count_tokens(" ".join(words)) > _TOKENS:
        words.pop()
    return " ".join(words)
