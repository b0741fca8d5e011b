from datetime import datetime, timedelta
from typing import Any

import pytest

from channels.intake import accept_event
from channels.models import InboundEvent
from channels.retention import forget_originals

State = InboundEvent.State


def event(name: str, *, now: datetime, days: int, state: str) -> InboundEvent:
    accept_event(
        channel="email",
        external_id=name,
        payload={"gmail_id": name},
        raw=b"Subject: hello",
        sender="alice",
        now=now - timedelta(days=days),
    )
    InboundEvent.objects.filter(external_id=name).update(state=state)
    return InboundEvent.objects.get(external_id=name)


@pytest.mark.django_db
def test_what_was_read_long_ago_is_emptied_and_still_known(now: datetime) -> None:
    old = event("old", now=now, days=91, state=State.PROCESSED)
    kept = [
        event("fresh", now=now, days=89, state=State.PROCESSED),
        event("waiting", now=now, days=91, state=State.RECEIVED),
        event("parked", now=now, days=91, state=State.PARKED),
    ]
    assert forget_originals(now=now) == 1
    old.refresh_from_db()
    assert (old.payload, old.raw) == ({}, None)
    for each in kept:
        each.refresh_from_db()
        assert bytes(each.raw or b"") == b"Subject: hello"
    assert forget_originals(now=now) == 0
    again = accept_event(channel="email", external_id="old", payload={}, sender="alice", now=now)
    assert again is False


@pytest.mark.django_db
def test_nothing_is_emptied_where_all_is_kept(settings: Any, now: datetime) -> None:
    settings.KEEP_ORIGINALS_DAYS = 0
    event("old", now=now, days=9000, state=State.PROCESSED)
    assert forget_originals(now=now) == 0
    assert InboundEvent.objects.get().raw is not None
