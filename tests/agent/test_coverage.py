"""How far a text speaks of what a message speaks of."""

from agent.coverage import compare_sentences, share_meaning

QUOTE = "Invoices. Open Settings > Billing > Invoices and press the arrow to download the PDF."


def test_a_thing_that_the_text_does_not_speak_of_counts_against_it() -> None:
    told = share_meaning("How do I download an invoice?", QUOTE)
    assert told > 0.75
    assert told > share_meaning("How do I download an invoice to my PlayStation?", QUOTE) + 0.1


def test_another_word_for_the_same_thing_is_nearly_the_same() -> None:
    same = share_meaning("How do I save a bill?", QUOTE)
    assert same > share_meaning("How do I feed a horse?", QUOTE) + 0.1


def test_circumstances_do_not_count_against_it() -> None:
    question = "Where do I download an invoice?"
    message = f"My boss wants to know this before Thursday. {question}"
    assert share_meaning(message, QUOTE) == share_meaning(question, QUOTE)
    assert compare_sentences(message, QUOTE) == compare_sentences(question, QUOTE)


def test_nothing_is_like_nothing() -> None:
    assert share_meaning("", QUOTE) == share_meaning("Invoices", "") == 0.0
    assert compare_sentences("Invoices", "") == 0.0
