"""A company that has taught the desk three intents."""

import pytest

from agent.models import Intent, IntentExample

EXAMPLES = {
    "find_invoice": [
        "Where is my invoice?",
        "I need the bill for March",
        "Please send me the invoice of May",
        "Our accountant wants last year's invoices",
        "Download a receipt as PDF",
        "The address on the invoice is wrong",
    ],
    "reset_password": [
        "I forgot my password",
        "How do I set a new password?",
        "The password link has expired",
        "My password is not accepted",
        "I cannot sign in, wrong password",
        "Change my password please",
    ],
    "invite_people": [
        "How do I invite a colleague?",
        "Add a new member to the team",
        "The invitation did not arrive",
        "My coworker cannot join our workspace",
        "I want to add three people",
        "Send another invitation to my boss",
    ],
    "": [
        "What is the weather tomorrow?",
        "Tell me a joke",
        "Who won the match?",
        "I want to order a pizza",
        "My washing machine leaks",
        "When does the train leave?",
        "Sing a song for me",
        "Is my flight delayed?",
        "How do I cook rice?",
        "Which film should I watch?",
    ],
}


@pytest.fixture
def intents(db: None) -> dict[str, Intent]:
    """Six examples of each, and ten of none; nothing is learned yet."""
    rows = {
        name: Intent.objects.create(name=name, title=name.replace("_", " ").capitalize())
        for name in EXAMPLES
        if name
    }
    for name, texts in EXAMPLES.items():
        for text in texts:
            IntentExample.objects.create(text=text, intent=rows.get(name), source="seed")
    return rows
