"""The console's frame: dashboard, sidebar, content security policy, the job queue."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape
from procrastinate.contrib.django.models import ProcrastinateJob

from agent.models import AgentMetric
from config import jobs
from config.console.dead_letters import list_dead_letters
from config.job_control import cancel_job, retry_job
from config.rescue import rescue_stalled_jobs
from crm.alerts import raise_alert
from crm.models import Rescue, StaffAlert, User
from crm.rescues import note_rescue
from knowledge.models import Article
from tickets.models import Ticket
from tickets.services import escalate_ticket

Ask = Callable[..., Ticket]
JOBS = "/admin/procrastinate/procrastinatejob/"


def escalate(ticket: Ticket, minutes_ago: int = 0) -> Ticket:
    return escalate_ticket(
        ticket=ticket,
        reason="refund",
        detail="Wants the money back.",
        actor="agent",
        now=timezone.now() - timedelta(minutes=minutes_ago),
    )


def measure(ticket: Ticket, *, answered: bool, seconds: float) -> None:
    AgentMetric.objects.create(
        channel="web",
        recorded_at=timezone.now(),
        conversation=ticket.conversation,
        answered=answered,
        escalated=not answered,
        latency_seconds=seconds,
    )


def make_job(status: str = "failed", **arguments: Any) -> int:
    job_id = jobs.enqueue("crm.mail_alert", key="none", **arguments)
    _set_status(job_id, status)
    return job_id


def _set_status(job_id: int, status: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [status, job_id])


# --- Dashboard ------------------------------------------------------------------------------
def test_dashboard_shows_what_needs_a_person_first(client: Client, carol: User, ask: Ask) -> None:
    escalate(ask("One", subject="Old and normal"), minutes_ago=500)
    escalate(ask("Two", subject="New but urgent", priority="urgent"))
    for seconds in (1.0, 2.0, 6.0):
        measure(ask("Three", subject="No person needed"), answered=True, seconds=seconds)
    measure(ask("Four", subject="No person needed"), answered=False, seconds=2.0)
    raise_alert("tickets:overdue", title="Waiting too long", detail="", now=timezone.now())
    make_job()
    client.force_login(carol)
    shown = client.get("/admin/").content.decode()
    assert shown.index("New but urgent") < shown.index("Old and normal")
    assert "No person needed" not in shown
    assert "Wants the money back." in shown
    assert "Waiting too long" in shown
    assert 'href="/admin/tickets/ticket/?queue=overdue"' in shown
    assert "75 %" in shown
    assert "2.0 s" in shown
    assert "failed jobs" in shown


def test_a_list_is_called_what_it_lists(client: Client, carol: User) -> None:
    client.force_login(carol)
    for page, name in (("tickets/ticket", "Tickets"), ("crm/customer", "Customers")):
        assert f"<title> {name} |" in client.get(f"/admin/{page}/").content.decode()


def test_dashboard_takes_the_same_queries_for_any_length(
    client: Client, carol: User, ask: Ask, django_assert_num_queries: Any
) -> None:
    for number in range(15):
        escalate(ask(email=f"c{number}@example.com"))
    raise_alert("any", title="Alert", detail="", now=timezone.now())
    client.force_login(carol)
    client.get("/admin/")
    # session, user, counts, waiting, alerts, figures, conversations, the chart's past days as they
    # are kept, its today, own articles
    with django_assert_num_queries(10):
        client.get("/admin/")


def test_the_overview_reminds_owners_of_their_articles(
    client: Client, carol: User, dora: User
) -> None:
    today = timezone.localdate()

    def write(title: str, **fields: Any) -> None:
        values = {"owner": carol, "state": "published", "checked_on": today, **fields}
        Article.objects.create(slug=title.lower(), title=title, body="Text.", **values)

    write("Ends", valid_until=today + timedelta(days=3))
    write("Old", checked_on=today - timedelta(days=200))
    write("Fresh")
    write("Draft", state="draft", valid_until=today)
    write("Doras", owner=dora, valid_until=today)
    client.force_login(carol)
    own = client.get("/admin/").context["own_articles"]
    assert [one.article.title for one in own] == ["Ends", "Old"]


def test_empty_desk_says_so(client: Client, bob: User) -> None:
    client.force_login(bob)
    assert b"Nobody waits for a person." in client.get("/admin/").content


@pytest.mark.parametrize(
    ("role", "seen", "hidden"),
    [
        ("bob", ["Needs a person", "Runs", "Deliveries"], ["Guardrails", "Jobs", "Staff"]),
        ("carol", ["Guardrails", "Jobs", "Staff", "Metrics"], []),
        ("dora", ["Guardrails", "Jobs", "Staff", "Channels", "Response targets"], []),
    ],
)
def test_sidebar_by_role(
    role: str,
    seen: list[str],
    hidden: list[str],
    client: Client,
    request: pytest.FixtureRequest,
) -> None:
    client.force_login(request.getfixturevalue(role))
    groups = client.get("/admin/").context["sidebar_navigation"]
    titles = {str(item["title"]) for group in groups for item in group["items"]}
    assert titles.issuperset(seen)
    assert titles.isdisjoint(hidden)


def test_every_link_of_the_sidebar_opens(client: Client, dora: User) -> None:
    client.force_login(dora)
    groups = client.get("/admin/").context["sidebar_navigation"]
    for group in groups:
        for item in group["items"]:
            assert client.get(str(item["link"])).status_code == 200, item["link"]


def test_a_page_is_called_what_the_sidebar_calls_it(client: Client, dora: User) -> None:
    client.force_login(dora)
    groups = client.get("/admin/").context["sidebar_navigation"]
    for group in groups:
        for item in group["items"]:
            if "?" in item["link"] or item["link"] == "/admin/":
                continue
            shown = client.get(str(item["link"])).content.decode()
            header = shown[: shown.index('id="content')]
            trail = re.findall(r'tracking-tight">\s*([^<]*?)\s*<', header)
            assert trail[-2:] == [escape(str(group["title"])), escape(str(item["title"]))]
    shown = client.get("/admin/procrastinate/procrastinatejob/").content.decode()
    assert "Procrastinate jobs" not in shown


EMPTY_PAGES = [
    ("/admin/agent/draft/", "An answer waits here"),
    ("/admin/agent/evaluationcase/", "A case is a question"),
    ("/admin/agent/gap/", "once an hour"),
    ("/admin/channels/delivery/", "No reply is stuck."),
    ("/admin/crm/staffalert/", "No alert is open."),
    ("/admin/procrastinate/procrastinatejob/", "No job failed"),
    ("/admin/tickets/ticket/?queue=mine", "Nothing is yours."),
]


@pytest.mark.parametrize(("address", "advice"), EMPTY_PAGES)
def test_an_empty_list_says_what_will_stand_there(
    address: str, advice: str, client: Client, dora: User
) -> None:
    client.force_login(dora)
    assert advice in client.get(address).content.decode()
    searched = client.get(address, {"q": "walrus"}).content.decode()
    assert "Nothing matches" in searched
    assert advice not in searched


def test_sidebar_counts(client: Client, bob: User, ask: Ask) -> None:
    escalate(ask())
    escalate(ask())
    client.force_login(bob)
    groups = client.get("/admin/").context["sidebar_navigation"]
    badges = {str(item["title"]): item.get("badge") for item in groups[0]["items"]}
    assert badges["Needs a person"] == "2"
    assert badges["Mine"] is None


# --- Content security policy ------------------------------------------------------------------
def test_console_alone_may_evaluate(client: Client, bob: User) -> None:
    login = client.get("/admin/login/?next=/admin/")["Content-Security-Policy"]
    client.force_login(bob)
    for policy in (login, client.get("/admin/")["Content-Security-Policy"]):
        assert "'unsafe-eval'" in policy
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
    public = client.get("/support/")["Content-Security-Policy"]
    assert "unsafe" not in public


def test_login_comes_back_to_the_console(client: Client, bob: User) -> None:
    response = client.get("/admin/login/")
    assert response["Location"] == "/admin/login/?next=%2Fadmin%2F"
    response = client.post(
        response["Location"], {"username": "bob", "password": "a-long-password-1"}
    )
    assert response["Location"] == "/admin/"


# --- Jobs -------------------------------------------------------------------------------------
@pytest.mark.parametrize(("role", "status"), [("bob", 403), ("carol", 200), ("dora", 200)])
def test_jobs_are_for_supervisors(
    role: str, status: int, client: Client, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(role))
    job_id = make_job()
    assert client.get(JOBS).status_code == status
    assert client.get(f"{JOBS}{job_id}/change/").status_code == status
    assert client.post(f"{JOBS}{job_id}/retry/").status_code == (403 if status == 403 else 302)


def test_failed_and_stalled_jobs_come_first(client: Client, carol: User) -> None:
    failed, waiting = make_job(), make_job("todo")
    stalled = make_job("doing")  # no worker has it
    client.force_login(carol)
    ids = {job.pk for job in client.get(JOBS).context["cl"].result_list}
    assert ids == {failed, stalled}
    ids = {job.pk for job in client.get(f"{JOBS}?show=todo").context["cl"].result_list}
    assert ids == {waiting}


def test_a_dead_letter_is_retried_from_the_overview_by_one_click(
    client: Client, carol: User, bob: User
) -> None:
    job_id = make_job()
    why = "crm.mail_alert failed with ConnectionRefusedError."
    raise_alert(f"job:{job_id}", title="A job failed", detail=why, now=timezone.now())
    client.force_login(bob)
    assert f"{JOBS}{job_id}/retry/" not in client.get("/admin/").content.decode()
    client.force_login(carol)
    assert f'action="{JOBS}{job_id}/retry/"' in client.get("/admin/").content.decode()
    assert why in client.get(f"{JOBS}{job_id}/change/").content.decode()
    response = client.post(f"{JOBS}{job_id}/retry/", {"next": "/admin/"}, follow=True)
    assert response.redirect_chain == [("/admin/", 302)]
    assert f"{JOBS}{job_id}/retry/" not in response.content.decode()
    assert ProcrastinateJob.objects.get(pk=job_id).status == "todo"


@pytest.mark.django_db
def test_a_dead_letters_reason_is_the_newest_one_found_by_an_index() -> None:
    failed, unknown = make_job(), make_job()
    key, now = f"job:{failed}", timezone.now()
    for hours, detail in ((3, "It failed before."), (2, "It failed again."), (1, "")):
        StaffAlert.objects.create(key=key, title="A job failed", detail=detail, cleared_at=now)
        StaffAlert.objects.filter(detail=detail).update(raised_at=now - timedelta(hours=hours))
    with CaptureQueriesContext(connection) as captured:
        letters = list_dead_letters(2)
    assert [(each.job.pk, each.reason) for each in letters] == [
        (unknown, ""),
        (failed, "It failed again."),
    ]
    raise_alert("task:crm.mail_alert", title="Mails fail", detail="Refused.", now=now)
    assert [each.reason for each in list_dead_letters(2)] == ["Refused.", "It failed again."]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {captured[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on crm_staffalert" not in plan, plan
    assert plan.count("Index Scan using alert_newest_of_key") == 2 * len(captured), plan


def test_the_jobs_page_counts_what_was_rescued(client: Client, carol: User) -> None:
    now = timezone.now()
    make_job("doing")  # no worker has it
    assert rescue_stalled_jobs() == 1
    make_job("doing")
    note_rescue(Rescue.Kind.STALLED, now=now, count=3)
    note_rescue(Rescue.Kind.LEASE, now=now - timedelta(days=2), count=2)
    note_rescue(Rescue.Kind.OVERDUE, now=now - timedelta(days=9), count=7)
    client.force_login(carol)
    figures = client.get(JOBS).context["figures"]
    assert (figures.stalled, figures.expired, figures.total) == (1, 0, 6)
    assert [count for _kind, count in figures.rescued if count] == [4, 2]


def test_retry_queues_the_job_again(client: Client, carol: User) -> None:
    job_id = make_job()
    client.force_login(carol)
    assert client.get(f"{JOBS}{job_id}/retry/").status_code == 405
    client.post(f"{JOBS}{job_id}/retry/")
    job = ProcrastinateJob.objects.get(pk=job_id)
    assert job.status == "todo"
    assert job.scheduled_at is not None
    assert job.scheduled_at <= timezone.now()
    response = client.post(f"{JOBS}{job_id}/retry/", follow=True)
    assert b"neither failed" in response.content


def test_cancel_stops_a_waiting_job_only(client: Client, carol: User) -> None:
    waiting, failed = make_job("todo"), make_job()
    client.force_login(carol)
    client.post(f"{JOBS}{waiting}/cancellation/")
    assert ProcrastinateJob.objects.get(pk=waiting).status == "cancelled"
    client.post(f"{JOBS}{failed}/cancellation/")
    assert ProcrastinateJob.objects.get(pk=failed).status == "failed"


def test_several_jobs_at_once(client: Client, carol: User) -> None:
    chosen = [make_job() for _number in range(3)]
    client.force_login(carol)
    client.post(JOBS, {"action": "retry", "_selected_action": chosen})
    assert ProcrastinateJob.objects.filter(pk__in=chosen, status="todo").count() == 3
    client.post(f"{JOBS}?show=all", {"action": "cancel", "_selected_action": chosen})
    assert ProcrastinateJob.objects.filter(pk__in=chosen, status="cancelled").count() == 3


def test_job_that_is_gone(db: None) -> None:
    assert retry_job(987654321, now=timezone.now()) is False
    assert cancel_job(987654321) is False


def test_job_list_takes_the_same_queries_for_any_length(
    client: Client, carol: User, django_assert_num_queries: Any
) -> None:
    for _number in range(12):
        make_job()
    client.force_login(carol)
    with django_assert_num_queries(9):
        client.get(JOBS)
