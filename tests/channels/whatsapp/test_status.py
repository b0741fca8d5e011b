import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.whatsapp.status import advance, explain_error, is_failure
from channels.whatsapp.window import closes_at, reminder_is_due, window_is_open

_ORDER = ["queued", "sending", "sent", "delivered", "read"]
_all = st.sampled_from([*_ORDER, "failed", "undelivered", "accepted", "invented", ""])
WROTE = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def last_of(arriving: tuple[str, ...] | list[str]) -> str:
    current = ""
    for status in arriving:
        current = advance(current, status) or current
    return current


def test_case_43_in_whatever_order_callbacks_arrive_the_end_is_the_furthest() -> None:
    for arriving in itertools.permutations(_ORDER):
        assert last_of(arriving) == "read"
    assert advance("read", "sent") is None


@given(st.lists(_all, max_size=8))
def test_no_step_back_and_no_step_out_of_a_failure(arriving: list[str]) -> None:
    current = ""
    for status in arriving:
        following = advance(current, status)
        if following is None:
            continue
        assert not is_failure(current)
        if current in _ORDER and following in _ORDER:
            assert _ORDER.index(following) > _ORDER.index(current)
        current = following


def test_a_status_that_is_repeated_changes_nothing() -> None:
    assert all(advance(status, status) is None for status in [*_ORDER, "failed"])


@pytest.mark.parametrize("status", ["failed", "undelivered"])
def test_case_44_undelivered_is_final_and_staff_read_why(status: str) -> None:
    assert last_of(["queued", "sent", status, "delivered"]) == status
    assert is_failure(status)
    assert advance("read", status) is None  # it did arrive
    assert "WhatsApp" in explain_error(63024).sentence


@pytest.mark.parametrize(
    ("code", "permanent", "word"),
    [
        (63016, True, "template"),
        (63018, False, "later"),
        (63019, True, "file"),
        (21610, True, "opted out"),
        (99999, True, "99999"),
        (None, True, "no reason"),
    ],
)
def test_error_codes_tell_staff_what_to_do(code: int | None, permanent: bool, word: str) -> None:
    meaning = explain_error(code)
    assert meaning.permanent is permanent
    assert word in meaning.sentence


def test_case_41_the_window_closes_24_hours_after_the_last_message() -> None:
    end = closes_at(WROTE)
    assert end == WROTE + timedelta(hours=24)
    assert window_is_open(WROTE, end - timedelta(seconds=1))
    assert not window_is_open(WROTE, end)
    assert not window_is_open(None, WROTE)
    assert "24 hours" in explain_error(63016).sentence


def test_case_42_the_reminder_is_due_only_shortly_before_the_end() -> None:
    assert not reminder_is_due(WROTE, WROTE + timedelta(hours=21, minutes=59))
    assert reminder_is_due(WROTE, WROTE + timedelta(hours=22))
    assert not reminder_is_due(WROTE, closes_at(WROTE))
