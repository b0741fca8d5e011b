import pytest
import regex  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from channels.whatsapp.splitting import HARD_LIMIT, SOFT_LIMIT, length, split_text

_NUMBER = regex.compile(r"\A\(\d+/\d+\) ")
_pieces = st.sampled_from(
    ["word", "x" * 30, "e.g. this", "1. One", "https://example.com/a?b=c", ". ", "! ", "。"]
) | st.sampled_from(
    [
        " ",
        "  ",
        "\t",
        "\n",
        "\n\n",
        "\r\n",
        " \u0308",
        "👩\u200d👩\u200d👧",
        "🇩🇪",
        "é",
        "e\u0301",
        "。\u0301",
    ]
)
_texts = st.lists(_pieces | st.text(max_size=8), max_size=120).map("".join)


def bodies(parts: list[str]) -> list[str]:
    """The parts without their numbers."""
    return [_NUMBER.sub("", part) for part in parts] if len(parts) > 2 else parts


@given(text=_texts, limit=st.integers(20, 80), extra=st.integers(0, 40))
def test_nothing_is_lost_and_no_part_is_too_long(text: str, limit: int, extra: int) -> None:
    parts = split_text(text, limit, limit + extra)
    assert all(0 < length(part) <= limit + extra for part in parts)
    position = 0
    for body in bodies(parts):
        found = text.index(body, position)
        assert not text[position:found].strip()  # only white space lies between two parts
        position = found + len(body)
    assert not text[position:].strip()


@given(text=_texts, limit=st.integers(30, 80))
def test_graphemes_are_kept_whole(text: str, limit: int) -> None:
    graphemes = [each for each in regex.findall(r"\X", text) if not each.isspace()]
    if max(map(length, graphemes), default=0) > limit - 10:
        return
    kept = [
        grapheme
        for body in bodies(split_text(text, limit, limit + 10))
        for grapheme in regex.findall(r"\X", body)
        if not grapheme.isspace()
    ]
    assert kept == graphemes


def test_case_45_long_answers_are_split_at_sentences_in_order() -> None:
    sentences = [f"Sentence number {number} says one thing of the answer." for number in range(80)]
    parts = split_text(" ".join(sentences))
    assert len(parts) == 3
    assert [part[:6] for part in parts] == ["(1/3) ", "(2/3) ", "(3/3) "]
    assert all(part.endswith(".") and len(part) <= HARD_LIMIT for part in parts)
    assert " ".join(bodies(parts)) == " ".join(sentences)


def test_two_parts_are_not_numbered_and_a_little_over_the_soft_limit_stays_whole() -> None:
    assert split_text("x" * (SOFT_LIMIT + 50)) == ["x" * (SOFT_LIMIT + 50)]
    first, second = split_text("A sentence of many. " * 100)
    assert first.startswith("A sentence")
    assert second.startswith("A sentence")


def test_a_paragraph_is_the_better_place() -> None:
    text = "One. Two. Three. Four.\n\nFive. Six. Seven."
    assert split_text(text, 30, 30) == ["One. Two. Three. Four.", "Five. Six. Seven."]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (
            "Choose your favourite plan, e.g. the larger one for your team",
            "Choose your favourite plan, e.g. the",
        ),
        (
            "Open the settings of the desk, 1. Choose people to invite",
            "Open the settings of the desk, 1. Choose",
        ),
        ("Open the settings of the desk. Choose people", "Open the settings of the desk."),
    ],
)
def test_neither_abbreviations_nor_list_numbers_end_a_sentence(text: str, first: str) -> None:
    assert split_text(text, 40, 40)[0] == first


def test_emoji_count_as_the_two_units_they_are() -> None:
    assert [length(part) for part in split_text("🙂" * 20, 20, 20)] == [20, 20]


def test_a_single_endless_grapheme_is_cut_rather_than_lost() -> None:
    text = "a" + "\u0301" * 100
    assert "".join(bodies(split_text(text, 40, 40))) == text


@pytest.mark.parametrize("text", ["", "  \n "])
def test_nothing_to_say_is_no_part(text: str) -> None:
    assert split_text(text) == []


@pytest.mark.parametrize(("limit", "hard"), [(10, 20), (50, 40)])
def test_impossible_limits_are_refused(limit: int, hard: int) -> None:
    with pytest.raises(ValueError, match="limits"):
        split_text("text", limit, hard)
