"""The splitter: nothing lost, nothing too long, everything in order."""

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.passages import Piece, split

WORDS = re.compile(r"\w+")


def count_words(text: str) -> int:
    return len(re.findall(r"\w+|[^\w\s]", text))


def pieces(source: str, limit: int = 40) -> list[Piece]:
    return split(source, limit=limit, count_tokens=count_words)


def texts(source: str, limit: int = 40) -> list[str]:
    return [piece.text for piece in pieces(source, limit)]


word = st.text("abcdefghijklmnopqrstuvwxyzäß0123456789", min_size=1, max_size=12)
line = st.lists(word, min_size=1, max_size=30).map(" ".join)
block = st.one_of(
    line,
    line.map("{}.".format),
    line.map("{}:".format),
    st.tuples(st.integers(1, 6), line).map(lambda pair: f"{'#' * pair[0]} {pair[1]}"),
    line.map("{}\n------".format),
    st.lists(line, min_size=1, max_size=8).map(lambda items: "\n".join(f"- {i}" for i in items)),
    st.lists(line, min_size=1, max_size=8).map(lambda items: "\n".join(f"1. {i}" for i in items)),
    st.lists(line, min_size=1, max_size=8).map(lambda rows: "```\n" + "\n".join(rows) + "\n```"),
    st.lists(line, min_size=1, max_size=8).map(
        lambda rows: "| a | b |\n| - | - |\n" + "\n".join(f"| {row} | x |" for row in rows)
    ),
    line.map("> {}".format),
    word.map(lambda name: f"[{name}]: https://example.com/{name}"),
)
documents = st.lists(block, max_size=12).map("\n\n".join)


@given(documents)
@settings(max_examples=200, deadline=None)
def test_every_word_is_in_a_piece_or_its_headings_in_order(source: str) -> None:
    # What is repeated (overlap, headings, table heads) may come in between, nothing may miss.
    said: list[str] = []
    for piece in pieces(source):
        said += WORDS.findall(" ".join(piece.heading_path)) + WORDS.findall(piece.text)
    position = iter(said)
    missing = [word for word in WORDS.findall(source) if word not in position]

    assert not missing


@given(documents | st.text(max_size=2000), st.integers(20, 60))
@settings(max_examples=200, deadline=None)
def test_no_piece_is_longer_than_the_limit_or_empty(source: str, limit: int) -> None:
    for text in texts(source, limit):
        assert count_words(text) <= limit
        assert text.strip()


@given(documents)
@settings(max_examples=50, deadline=None)
def test_the_same_source_gives_the_same_pieces(source: str) -> None:
    assert pieces(source) == pieces(source)


def test_a_piece_carries_its_headings_and_its_anchor() -> None:
    found = pieces(
        "Intro.\n\n# Billing\n\nPay.\n\n## Invoices & co\n\nThere.\n\n# Other\n\n### Deep\n\nEnd."
    )

    assert [(piece.heading_path, piece.anchor, piece.text) for piece in found] == [
        ((), "", "Intro."),
        (("Billing",), "billing", "Pay."),
        (("Billing", "Invoices & co"), "invoices--co", "There."),
        (("Other", "Deep"), "deep", "End."),
    ]


def test_a_heading_with_nothing_under_it_is_not_lost() -> None:
    assert texts("# One\n\n# Two\n\nText.") == ["One", "Text."]


def test_a_number_sign_in_code_is_no_heading() -> None:
    (piece,) = pieces("```sh\n# make install\nmake\n```")

    assert piece.heading_path == ()
    assert piece.text == "```sh\n# make install\nmake\n```"


def test_a_list_stays_with_the_line_that_announces_it() -> None:
    filler = "word " * 36
    assert texts(f"{filler.strip()}\n\nYou need:\n\n- a key\n- a door") == [
        filler.strip(),
        "You need:\n\n- a key\n- a door",
    ]


def test_a_long_list_is_cut_between_its_items() -> None:
    items = [f"- item {number} with a few more words" for number in range(20)]
    for text in texts("\n".join(items)):
        assert all(line in items for line in text.split("\n") if line)


def test_long_code_is_cut_between_lines_and_stays_code() -> None:
    lines = [f"call({number})" for number in range(40)]
    found = texts("\n".join(["```python", *lines, "```"]))

    assert len(found) > 1
    for text in found:
        assert text.startswith("```python\n")
        assert text.endswith("\n```")
    assert [line for text in found for line in text.split("\n")[1:-1]] == lines


def test_a_long_table_repeats_its_head() -> None:
    head = "| Key | Value |\n| --- | --- |"
    rows = "\n".join(f"| {number} | text |" for number in range(30))
    found = texts(f"{head}\n{rows}")

    assert len(found) > 1
    assert all(text.startswith(head) for text in found)


def test_what_goes_on_begins_with_the_end_of_what_went_before() -> None:
    paragraphs = [f"This is the sentence number {number} of the text." for number in range(12)]
    first, second, *_rest = texts("\n\n".join(paragraphs))

    assert second.split("\n\n")[0] in first


@pytest.mark.parametrize("source", ["", "   \n\n ", "\n"])
def test_nothing_gives_no_piece(source: str) -> None:
    assert pieces(source) == []


def test_one_endless_word_is_cut_too() -> None:
    found = texts("x" * 10_000)

    assert "".join(found) == "x" * 10_000
    assert max(map(len, found)) <= 40 * 12


def test_chinese_and_japanese_are_cut_between_sentences_and_overlap() -> None:
    def count_letters(text: str) -> int:
        return len(re.findall(r"\w|[^\w\s]", text))

    sentences = [f"第{number}步：打开设置，然后选择您想要的计划。" for number in range(12)]
    found = split("".join(sentences), limit=80, count_tokens=count_letters)

    assert len(found) > 2
    for piece in found:
        assert count_letters(piece.text) <= 80
        assert piece.text.endswith("。")
    for before, after in itertools.pairwise(found):
        first, end, _rest = after.text.partition("。")
        assert before.text.endswith(first + end)


def test_a_long_paragraph_overlaps_by_a_sentence() -> None:
    sentences = [f"This is the sentence number {number} of the text." for number in range(12)]
    found = texts(" ".join(sentences))

    assert len(found) > 2
    for before, after in itertools.pairwise(found):
        assert before.endswith(after.partition(".")[0] + ".")
    assert [s for s in sentences if not any(s in text for text in found)] == []


@given(st.text("字仮名。！？ab 1.,\n-|#`*　👍", max_size=800), st.integers(20, 60))
@settings(max_examples=200, deadline=None)
def test_whatever_is_written_fits_and_nothing_is_lost(source: str, limit: int) -> None:
    found = pieces(source, limit)
    said = "".join("".join(piece.heading_path) + piece.text for piece in found)

    assert all(count_words(piece.text) <= limit for piece in found)
    assert {letter for letter in source if letter.isalnum()} <= set(said)


def test_windows_lines_are_lines() -> None:
    assert texts("# One\r\n\r\nText.\r\n") == ["Text."]
