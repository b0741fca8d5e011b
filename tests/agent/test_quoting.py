import pytest

from agent.blocks import split_blocks
from agent.candidates import Candidate
from agent.confidence import estimate_confidence
from agent.disagreement import find_contradiction
from agent.quoting import quote


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


WAYS = "You can do this in three ways:"


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        (f"{WAYS}\n\nBy the menu, by the keyboard or by mail.", "ways: By the menu, by the"),
        (f"{WAYS}\n\n- by the menu\n- by mail", "ways:\n- by the menu\n- by mail"),
        (f"A board can be exported. {WAYS}", "A board can be exported."),
        (f"A board can be exported. {WAYS}\n\nSee also:", "A board can be exported."),
    ],
)
def test_a_lead_in_is_quoted_with_what_it_announces_or_not_at_all(text: str, quoted: str) -> None:
    found = quote("How do I export a board?", [candidate(text)]).text.replace("•", "-")
    assert quoted in found
    assert not found.endswith(":")


def test_what_only_leads_elsewhere_is_not_quoted() -> None:
    texts = [block.text for block in split_blocks(candidate(STEPS))]
    assert "The file comes by e-mail within 10 minutes." in texts
    assert not any("More in" in text for text in texts)


def test_a_passage_without_words_gives_nothing() -> None:
    assert quote("How?", [candidate("  \n\n")]).text == ""
    assert quote("How?", []).text == ""


def test_a_paragraph_about_another_code_is_not_quoted() -> None:
    title = 'Error BL-403: "You don\'t have access to this page"'
    passages = [
        candidate("Error BL-403 means that you may not see this page.", title=title, headings=""),
        candidate(
            "Error BL-401 means that your session has ended; sign in again.",
            id=2, title=title, headings="BL-401 instead of BL-403", similarity=0.9,
        ),
        candidate("1. Look at the address.\n2. Ask.", id=3, title=title, headings="What to do"),
    ]  # fmt: skip
    found = quote("I see error BL-403, what does it mean?", passages)
    assert found.text.startswith("Error BL-403 means")
    assert "2. Ask." in found.text
    assert "BL-401" not in found.text


def test_of_a_list_of_codes_the_one_asked_for_is_quoted() -> None:
    codes = "- **IMP-12** means not UTF-8.\n- **IMP-20** means too many cells.\n"
    assert quote("what is imp-20", [candidate(codes)]).text == "- IMP-20 means too many cells."


def test_who_asks_how_gets_the_steps_and_not_the_introduction_alone() -> None:
    passages = [
        candidate("Clients get access by an e-mail with a link.", headings="", similarity=0.8),
        candidate("1. Open **Clients**.\n2. Press **Add**.", id=2, headings="Invite a client"),
    ]
    found = quote("How do I give a client access?", passages)
    assert found.acts
    assert "2. Press Add." in found.text


def test_the_heading_of_a_section_counts() -> None:
    passages = [
        candidate("We accept Visa. PayPal is not accepted.", headings="", similarity=0.7),
        candidate("It is possible for yearly plans.", id=2, headings="Bank transfer"),
    ]
    found = quote("Can I pay by bank transfer?", passages)
    assert "yearly plans" in found.text


@pytest.mark.parametrize(
    "pointer",
    [
        "The limits are in [how do I attach files](../attach-files.md).",
        "VAT numbers are explained in [VAT and tax](vat-and-tax.md).",
        "If a charge was declined, see [my payment failed](failed-payment.md).",
    ],
)
def test_no_paragraph_ends_with_a_sentence_that_only_points_elsewhere(pointer: str) -> None:
    blocks = split_blocks(candidate(f"The file is too large. {pointer}"))
    assert [block.text for block in blocks] == ["The file is too large."]


def test_a_sentence_that_tells_something_keeps_its_link() -> None:
    text = "For customers outside your company, use the [client portal](x.md) instead of inviting."
    assert [block.text for block in split_blocks(candidate(text))] == [
        "For customers outside your company, use the client portal instead of inviting."
    ]


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
    found = find_contradiction(
        "An invitation is valid for 7 days.", [candidate(other, id=2, article=2, title="Inviting")]
    )
    assert bool(found) is disagrees


def test_how_to_undo_is_for_who_asks_to_undo() -> None:
    passages = [
        candidate("1. Open **Clients**.\n2. Press **Add**.", headings="Invite a client"),
        candidate("Choose **Remove access**.", id=2, headings="Remove a client's access"),
    ]
    assert "Press Add" in quote("How do I give a client access?", passages).text.split("\n\n")[0]
    assert "Remove access" in quote("How do I remove a client's access?", passages).text
