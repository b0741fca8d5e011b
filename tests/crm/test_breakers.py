"""What the breaker makes of failures, one after another and many at once."""

from datetime import datetime, timedelta

import pytest

from crm import breakers
from crm.models import Breaker

pytestmark = pytest.mark.django_db


def fail(now: datetime, *, times: int = 1) -> None:
    for _number in range(times):
        breakers.note_failure("model:x", title="x", detail="x", now=now)


def pause(now: datetime) -> timedelta:
    until = breakers.admit("model:x", now=now)
    return timedelta(0) if until is None else until - now


def test_what_was_under_way_when_it_opened_does_not_lengthen_the_pause(now: datetime) -> None:
    fail(now, times=breakers.FAILURES + 40)
    assert pause(now) == breakers.PAUSE
    assert Breaker.objects.get().failures == breakers.FAILURES


def test_each_try_that_fails_doubles_the_pause_up_to_the_longest(now: datetime) -> None:
    fail(now, times=breakers.FAILURES)
    pauses = []
    for _number in range(7):
        pauses.append(pause(now))
        now += pauses[-1]
        assert breakers.admit("model:x", now=now) is None, "one tries"
        fail(now)
    seconds = [one.total_seconds() for one in pauses]
    assert seconds == [30, 60, 120, 240, 480, 600, 600]


def test_a_process_that_ends_while_it_tries_keeps_the_others_waiting(now: datetime) -> None:
    fail(now, times=breakers.FAILURES)
    now += breakers.PAUSE
    assert breakers.admit("model:x", now=now) is None
    assert pause(now) == 2 * breakers.PAUSE


def test_the_first_success_closes_it(now: datetime) -> None:
    fail(now, times=breakers.FAILURES)
    now += breakers.PAUSE
    assert breakers.admit("model:x", now=now) is None
    breakers.note_success("model:x", now=now)
    assert pause(now) == timedelta(0)
    fail(now, times=breakers.FAILURES - 1)
    assert pause(now) == timedelta(0), "it counts anew"
