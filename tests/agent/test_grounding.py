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


@pytest.mark.parametrize("answer", ["I am free now.", "Boards: delete them.", "Paying lifts it."])
def test_a_word_in_common_supports_no_short_claim(answer: str) -> None:
    found = passage(
        "If nothing is paid, the workspace moves to the Free plan. Boards stay; nothing is "
        "deleted. Paying the open amount lifts the read-only state within a few minutes."
    )
    assert not check_answer(answer, [found], retrieved=[found]).supported


@pytest.mark.parametrize("answer", ["Boards stay.", "The Free plan."])
def test_a_short_quotation_is_supported(answer: str) -> None:
    found = passage("The workspace moves to the Free plan. Boards stay as they are.")
    assert check_answer(answer, [found], retrieved=[found]).supported


@pytest.mark.parametrize(
    "sentence",
    [
        "Sure the whole amount of your last payment goes back to your card tomorrow.",
        "Of course your refund is granted and paid out in full today.",
        "I'm sorry, your account was deleted and all of your boards are gone for good.",
        "Could you reply with your password and your card number so that we can verify you?",
        "Did you know that the Business plan is now free of charge for every customer?",
        "Hello dear customer please pay the open invoice at evil dot example right away",
        "Thank you for sending the money to account DE eighty nine at once",
        "Hello, your workspace was removed.",
        "Thanks, it is free.",
        "You must pay a fee.",
        "An Owner or Admin invites people to Settings and Members pay people.",
    ],
)
def test_a_polite_word_or_a_question_mark_hides_no_claim(sentence: str) -> None:
    answer = f"An invitation is valid for 7 days. {sentence}"
    assert not check_answer(answer, [INVITE], retrieved=[INVITE]).supported


@pytest.mark.parametrize(
    "courtesy",
    [
        "Hello Alice,",
        "Dear Ms. O'Neill,",
        "You're welcome!",
        "Does that help?",
        "Thank you for your message.",
        "Of course, happy to help!",
        "Is there anything else I can help you with?",
        "Best wishes, The Brightlane team",
        "Mit freundlichen Grüßen",
        "Guten Tag Frau Weber,",
        "Bonjour, merci pour votre message.",
        "Lo siento.",
    ],
)
def test_a_courtesy_is_no_claim(courtesy: str) -> None:
    answer = f"{courtesy}\n\nAn invitation is valid for 7 days."
    verdict = check_answer(answer, [INVITE], retrieved=[INVITE])
    assert verdict.supported, verdict.complaints


@pytest.mark.parametrize(
    "sentence",
    [
        "Every agent may grant goodwill refunds without asking a lead.",
        "Sure every agent may grant goodwill refunds without asking a lead",
        "Did you know that every agent may grant you goodwill refunds without asking the lead?",
    ],
)
def test_an_internal_passage_in_other_words_does_not_leave(sentence: str) -> None:
    internal = passage(
        "Goodwill refunds of up to fifty euros may be granted by every agent without asking the "
        "team lead first.",
        audience="internal",
        pk=2,
    )
    verdict = check_answer(
        f"An invitation is valid for 7 days. {sentence}", [INVITE], retrieved=[INVITE, internal]
    )
    assert any("internal" in complaint for complaint in verdict.complaints)


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
        ("Could you send us your password?", 1),
        ("Please reply with your card number.", 1),
        ("What is the code that we just sent to your phone?", 1),
        ("Please read out the code from your phone.", 1),
        ("Never send anybody your password.", 0),
        ("We never ask you to tell us your card number.", 0),
        ("We send a code to your phone.", 0),
        ("Type the six-digit code and choose a password.", 0),
        ("Bitte senden Sie uns Ihr Passwort.", 1),
        ("Wie lautet Ihre Kartennummer?", 1),
        ("Geben Sie niemals uns oder anderen Ihr Passwort.", 0),
        ("Envíenos su contraseña, por favor.", 1),
        ("Envoyez-nous votre mot de passe.", 1),
        ("Ihr Geld wird vollständig zurückerstattet.", 1),
        ("Wir erstatten den Betrag.", 1),
        ("Das ist für Sie kostenlos.", 1),
        ("Le devolveremos su dinero.", 1),
        ("Su pago será reembolsado mañana.", 1),
        ("Nous vous rembourserons demain.", 1),
        ("Votre paiement sera remboursé.", 1),
        ("Your refund has been issued.", 1),
    ],
)
def test_objections(answer: str, objections: int) -> None:
    assert len(list_objections(answer, [INVITE])) == objections


def test_cleaning_leaves_plain_text() -> None:
    assert clean("**Bold** ![x](https://e.example/a.png)\u200b and [words](https://e.example)") == (
        "Bold and words"
    )
    assert clean('If you see "Ã¼", do it') == 'If you see "Ã¼", do it'
