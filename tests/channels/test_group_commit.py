"""Several events in one commit, on a real connection of its own."""

import asyncio
from collections.abc import Iterator
from datetime import datetime

import pytest
from django.db import DataError, OperationalError, connection
from procrastinate.contrib.django.models import ProcrastinateJob

from channels.group_commit import GroupCommit
from channels.intake import Arrived
from channels.models import InboundEvent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def commits() -> Iterator[GroupCommit]:
    group = GroupCommit()
    yield group
    group.release()


def arrived(name: str, *, now: datetime, text: str = "Hello", sender: str = "alice") -> Arrived:
    return Arrived(
        channel="whatsapp",
        external_id=name,
        sender=sender,
        received_at=now,
        payload={"text": text},
        correlation_id=f"request-{name}",
    )


def keep(commits: GroupCommit, *events: Arrived) -> list[BaseException | None]:
    """What became of each, all handed over at the same time."""

    async def together() -> list[BaseException | None]:
        return await asyncio.gather(*map(commits.keep, events), return_exceptions=True)

    return asyncio.run(together())


def kept() -> list[str]:
    return list(InboundEvent.objects.order_by("id").values_list("external_id", flat=True))


def count_commits() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM channels_inboundevent")
        (count,) = cursor.fetchone()
    return int(count)


def end_other_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_what_arrives_together_is_one_commit_with_a_job_for_each(
    commits: GroupCommit, now: datetime
) -> None:
    names = ["e", "d", "c", "b", "a"]
    assert keep(commits, *(arrived(name, now=now) for name in names)) == [None] * 5
    assert kept() == names
    assert count_commits() == 1
    jobs = ProcrastinateJob.objects.order_by("id")
    ids = InboundEvent.objects.order_by("id").values_list("id", flat=True)
    assert [job.args["event_id"] for job in jobs] == list(ids), "in the order of arrival"
    assert [job.args["correlation_id"] for job in jobs] == [f"request-{name}" for name in names]
    assert {job.lock for job in jobs} == {"inbound:whatsapp:alice"}


def test_those_who_come_right_after_a_commit_of_several_share_the_next(now: datetime) -> None:
    commits = GroupCommit(pause=1)

    async def take_turns() -> None:
        waits = [asyncio.create_task(commits.keep(arrived(name, now=now))) for name in "ab"]
        await asyncio.wait_for(asyncio.gather(*waits), 30)
        first = asyncio.create_task(commits.keep(arrived("c", now=now)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        second = asyncio.create_task(commits.keep(arrived("d", now=now)))
        await asyncio.wait_for(asyncio.gather(first, second), 30)

    asyncio.run(take_turns())
    commits.release()
    assert kept() == ["a", "b", "c", "d"]
    assert count_commits() == 2


def test_more_than_one_commit_takes_are_several(commits: GroupCommit, now: datetime) -> None:
    names = [f"{number:03}" for number in range(100)]
    assert keep(commits, *(arrived(name, now=now) for name in names)) == [None] * 100
    assert kept() == names
    assert count_commits() == 2


def test_what_comes_twice_is_kept_once(commits: GroupCommit, now: datetime) -> None:
    keep(commits, arrived("old", now=now))
    twice = [arrived(name, now=now) for name in ("new", "old", "new")]
    assert keep(commits, *twice) == [None] * 3
    assert kept() == ["old", "new"]
    assert ProcrastinateJob.objects.count() == 2


def test_what_the_database_refuses_is_told_to_all_of_its_commit(
    commits: GroupCommit, now: datetime
) -> None:
    """And not to the next."""
    outcomes = keep(commits, arrived("good", now=now), arrived("bad", now=now, text="\0"))
    assert [type(each) for each in outcomes] == [DataError, DataError]
    assert kept() == []
    assert keep(commits, arrived("good", now=now)) == [None]
    assert kept() == ["good"]


def test_a_connection_that_broke_is_replaced(commits: GroupCommit, now: datetime) -> None:
    assert keep(commits, arrived("one", now=now)) == [None]
    end_other_connections()
    (outcome,) = keep(commits, arrived("two", now=now))
    assert isinstance(outcome, OperationalError)
    assert keep(commits, arrived("two", now=now)) == [None]
    assert kept() == ["one", "two"]


def test_who_left_does_not_stop_the_others(commits: GroupCommit, now: datetime) -> None:
    async def leave() -> None:
        left = asyncio.create_task(commits.keep(arrived("left", now=now)))
        stays = asyncio.create_task(commits.keep(arrived("stays", now=now)))
        await asyncio.sleep(0)
        left.cancel()
        await asyncio.wait_for(stays, 30)

    asyncio.run(leave())
    assert kept() == ["left", "stays"]


def test_a_loop_that_ends_in_the_middle_leaves_nothing_waiting(
    commits: GroupCommit, now: datetime
) -> None:
    async def end() -> None:
        begun = asyncio.create_task(commits.keep(arrived("begun", now=now)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not begun.done()

    async def begin_anew() -> None:
        await asyncio.wait_for(commits.keep(arrived("next", now=now)), 30)

    asyncio.run(end())
    asyncio.run(begin_anew())
    assert kept() == ["begun", "next"]
