import pytest

from agent.candidates import Candidate
from agent.confidence import estimate_confidence
from agent.disagreement import find_disagreement
from agent.quoting import quote, split_blocks


def candidate(text: str, **changes: object) -> Candidate:
    values: dict[str, object] = {
        "id": 1, "article": 1, "title": "How do I export a board?", "headings": "Export",
        "similarity": 0.7, "text_rank": 0.5, **changes,
    }  # fmt: skip
    return Candidate(text=text, **values)  # type: ignore[arg-type]  # a shorthand of the tests


STEPS = (
    "Every member can export.\n\nTo export a board:\n\n"
    "1. Open the board.\n2. Choose **Export**.\n\nThe file comes by e-mail within 10 minutes."
    "\n\nMore in [limits](limits.md)."
)


def test_a_list_is_quoted_whole_with_its_introduction() -> None:
    found = quote("How do I export a board?", [candidate(STEPS)])
    assert "To export a board:\n1. Open the board.\n2. Choose Export." in found.text
    assert found.passage_ids == (1,)


def test_what_only_leads_elsewhere_is_not_quoted() -> None:
    texts = [block.text for block in split_blocks(candidate(STEPS))]
    assert "The file comes by e-mail within 10 minutes." in texts
    assert not any("More in" in text for text in texts)


def test_a_passage_without_words_gives_nothing() -> None:
    assert quote("How?", [candidate("  \n\n")]).text == ""
    assert quote("How?", []).text == ""


def test_confidence_needs_the_code_that_was_asked_for() -> None:
    passage = candidate("Error BL-413 means that the file is too large.")
    found = quote("What is BL-413?", [passage])
    known = estimate_confidence("What is BL-413?", [passage], found)
    unknown = estimate_confidence("What is BL-999?", [passage], found)
    assert unknown < 0.5 < known


@pytest.mark.parametrize(
    ("other", "disagrees"),
    [
        ("An invitation is valid for 14 days.", True),
        ("An invitation is not valid for 7 days.", True),
        ("An invitation is valid for 7 days.", False),
        ("A password link is valid for 60 minutes.", False),
        ("Invite people by e-mail.", False),
    ],
)
def test_case_56_disagreement(other: str, disagrees: bool) -> None:
    found = find_disagreement(
        "An invitation is valid for 7 days.",
        candidate("An invitation is valid for 7 days."),
        [candidate(other, id=2, article=2, title="Inviting")],
    )
    assert bool(found) is disagrees
