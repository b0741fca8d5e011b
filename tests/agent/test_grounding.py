import pytest

from agent.grounding import check_answer
from agent.outgoing import clean, list_objections
from knowledge.types import FoundPassage


def passage(text: str, *, audience: str = "public", pk: int = 1) -> FoundPassage:
    return FoundPassage(
        passage_id=pk,
        article_id=pk,
        title="How do I invite people?",
        heading_path="Invite by e-mail",
        text=text,
        url="/help/team/invite",
        audience=audience,
        score=0.9,
        similarity=0.8,
        text_rank=0.5,
    )


INVITE = passage(
    "An Owner or Admin invites people under **Settings > Members**. An invitation is valid for "
    "7 days. Viewers cannot invite anybody. See [plans](https://help.example/plans)."
)


@pytest.mark.parametrize(
    "answer",
    [
        "An invitation is valid for 7 days.",
        "Hello,\n\nAn invitation is valid for seven days.\n\nBest wishes",
        "An Owner or Admin can invite people under Settings > Members.",
        "Viewers cannot invite people.",
    ],
)
def test_supported(answer: str) -> None:
    verdict = check_answer(answer, [INVITE], retrieved=[INVITE])
    assert verdict.supported, verdict.complaints


@pytest.mark.parametrize(
    "answer",
    [
        "An invitation is valid for 14 days.",
        "An invitation is not valid for 7 days.",
        "Viewers can invite anybody.",
        "You can also import people from your phone book.",
        "An invitation is valid for 7 days. Afterwards the account is deleted by our robots.",
        "Hello",
        "",
    ],
)
def test_unsupported(answer: str) -> None:
    assert not check_answer(answer, [INVITE], retrieved=[INVITE]).supported


def test_words_of_an_internal_passage_do_not_leave() -> None:
    internal = passage(
        "The Billing lead may approve refunds up to 250 euros in every case.",
        audience="internal",
        pk=2,
    )
    verdict = check_answer(
        "The Billing lead may approve refunds up to 250 euros.",
        [INVITE],
        retrieved=[INVITE, internal],
    )
    assert any("internal" in complaint for complaint in verdict.complaints)


@pytest.mark.parametrize(
    ("answer", "objections"),
    [
        ("See https://help.example/plans for more.", 0),
        ("See https://evil.example/plans for more.", 1),
        ("Write to boss@evil.example.", 1),
        ("We will refund the payment.", 1),
        ("You will receive a full refund.", 1),
        ("We'll add dark mode next month.", 1),
        ("Your key is sk-live-abcdefghijklmnop1234.", 1),
        ("<script>alert(1)</script>", 1),
        ("Press Invite.", 0),
    ],
)
def test_objections(answer: str, objections: int) -> None:
    assert len(list_objections(answer, [INVITE])) == objections


def test_cleaning_leaves_plain_text() -> None:
    assert clean("**Bold** ![x](https://e.example/a.png)\u200b and [words](https://e.example)") == (
        "Bold and words"
    )
    assert clean('If you see "Ã¼", do it') == 'If you see "Ã¼", do it'
