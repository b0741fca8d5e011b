"""What customers say they tried."""

import pytest

from agent.handover.attempts import find_attempts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It hangs. I've already restarted the app. Why?", ["I've already restarted the app."]),
        ("Ich habe schon alles versucht.", ["Ich habe schon alles versucht."]),
        ("We cleared the cache and signed out.", ["We cleared the cache and signed out."]),
        ("Should I have tried another browser?", []),
        ("How do I export a board?", []),
    ],
)
def test_what_was_tried(text: str, found: list[str]) -> None:
    assert find_attempts([text]) == found


def test_each_attempt_is_told_once() -> None:
    assert find_attempts(["I tried it.", "I tried it."]) == ["I tried it."]
