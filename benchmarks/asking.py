"""A customer's question, submitted as the web form's view does."""

import uuid

from django.utils import timezone

from channels.types import Submission
from channels.web.submission import submit_question


def ask(number: int) -> None:
    """By another customer for each number."""
    submission = Submission(
        token=str(uuid.uuid4()), name="Alice", email=f"asking{number}@example.com",
        subject="A question", message="How do I invite a colleague?",
        category="how_to", priority="normal",
    )  # fmt: skip
    submit_question(submission=submission, now=timezone.now())
