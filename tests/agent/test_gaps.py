"""What was asked in vain, grouped by meaning, with an article drafted from what staff answered."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from agent.gaps.contradictions import find_contradictions
from agent.gaps.decisions import open_article
from agent.gaps.drafting import draft_articles
from agent.gaps.finding import find_gaps
from agent.gaps.stale import list_stale_articles
from agent.models import Contradiction, Gap, GapQuestion, ModelBudget, ModelCall
from crm.models import Message, User
from knowledge.models import Article, EmbeddingIndex
from tests.agent.conftest import ScriptedModel, write_article
from tests.stage import beside
from tickets.models import Ticket
from tickets.services import rate_ticket, reply_to_ticket, resolve_ticket

Ask = Callable[..., Ticket]
RunJobs = Callable[[], int]

GAPS = "/admin/agent/gap/"
CAKE = (
    "Do you have an office dog that visitors may pet?",
    "Is there a dog in your office and may visitors pet it?",
    "Can visitors pet the dog in your office?",
)
REPLY = (
    "Hello Alice,\n\nYes, our office dog may be petted by every visitor between ten and noon."
    "\n\nWrite to alice@example.com beforehand.\n\nKind regards\nBob"
)

pytestmark = pytest.mark.usefixtures("help_centre")


@pytest.fixture
def asked(ask: Ask, run_jobs: RunJobs) -> list[Ticket]:
    """Three customers ask for the same in other words, and one for something else."""
    texts = [*CAKE, "Which wine goes well with grilled trout?"]
    tickets = [
        ask(text, subject="", email=f"c{number}@example.com") for number, text in enumerate(texts)
    ]
    run_jobs()
    return tickets


@pytest.fixture
def gap(asked: list[Ticket], bob: User) -> Gap:
    """Bob answered one of them."""
    reply_to_ticket(ticket=asked[0], staff=bob, text=REPLY, now=timezone.now())
    find_gaps(now=timezone.now())
    draft_articles()
    return Gap.objects.with_counts(now=timezone.now())[0]


def test_questions_of_one_meaning_are_one_gap(asked: list[Ticket]) -> None:
    find_gaps(now=timezone.now())
    counted = Gap.objects.with_counts(now=timezone.now())
    assert [getattr(gap, "count", 0) for gap in counted] == [3, 1]
    assert counted[0].title in CAKE
    assert getattr(counted[0], "recent", 0) == 3


def test_looking_again_changes_nothing_and_more_is_added(
    asked: list[Ticket], ask: Ask, run_jobs: RunJobs
) -> None:
    for _time in range(2):
        find_gaps(now=timezone.now())
    assert (Gap.objects.count(), GapQuestion.objects.count()) == (2, 4)
    ask("May visitors pet your office dog?", subject="", email="new@example.com")
    run_jobs()
    assert find_gaps(now=timezone.now()) == [Gap.objects.with_counts(now=timezone.now())[0].pk]
    assert (Gap.objects.count(), GapQuestion.objects.count()) == (2, 5)


def test_what_was_answered_or_is_a_rule_s_is_no_gap(ask: Ask, run_jobs: RunJobs) -> None:
    ask("How do I export a board to Excel?")
    ask("I want my money back!", email="b@example.com")
    run_jobs()
    assert find_gaps(now=timezone.now()) == []


def test_the_draft_is_what_staff_answered_without_the_people(gap: Gap) -> None:
    assert gap.draft_title in CAKE
    assert "our office dog may be petted by every visitor" in gap.draft_body
    for private in ("Hello", "Alice", "alice@", "Bob", "regards"):
        assert private not in gap.draft_body


def test_a_draft_is_made_anew_only_with_more_to_go_by(
    gap: Gap, asked: list[Ticket], bob: User
) -> None:
    assert draft_articles() == 0
    text = "On Fridays the dog stays at home with its owner."
    reply_to_ticket(ticket=asked[1], staff=bob, text=text, now=timezone.now())
    assert draft_articles() == 1
    gap.refresh_from_db()
    assert text in gap.draft_body


def test_a_configured_model_writes_the_draft(
    asked: list[Ticket], bob: User, model: ScriptedModel
) -> None:
    reply_to_ticket(ticket=asked[0], staff=bob, text=REPLY, now=timezone.now())
    find_gaps(now=timezone.now())
    model.play("# May visitors pet the dog?\n\nYes, between ten and noon.")
    draft_articles()
    gap = Gap.objects.exclude(draft_body="").get()
    assert gap.draft_title == "May visitors pet the dog?"
    assert gap.draft_body == "Yes, between ten and noon."
    assert "alice@example.com" not in model.seen
    assert "Alice" not in model.seen
    assert ModelCall.objects.get().conversation is None


def test_drafting_stops_with_the_budget_of_the_day(
    asked: list[Ticket], bob: User, model: ScriptedModel
) -> None:
    reply_to_ticket(ticket=asked[0], staff=bob, text=REPLY, now=timezone.now())
    find_gaps(now=timezone.now())
    ModelBudget.objects.update_or_create(scope="day", defaults={"usd": None, "tokens": 0})
    model.play("# May visitors pet the dog?\n\nYes, between ten and noon.")
    draft_articles()
    assert model.requests == []
    assert "our office dog may be petted" in Gap.objects.exclude(draft_body="").get().draft_body


# --- In the console --------------------------------------------------------------------------
def test_the_draft_becomes_an_article_in_one_click(client: Client, carol: User, gap: Gap) -> None:
    client.force_login(carol)
    assert gap.title in client.get(GAPS).content.decode()
    shown = client.get(f"{GAPS}{gap.pk}/change/").content.decode()
    assert "asked 3 times" in shown
    assert "our office dog may be petted" in shown
    edit = client.post(f"{GAPS}{gap.pk}/article/")["Location"]
    article = Article.objects.get(state=Article.State.DRAFT)
    assert (article.body, article.owner) == (gap.draft_body, carol)
    assert edit == f"/admin/knowledge/article/{article.pk}/change/"
    assert client.post(f"{GAPS}{gap.pk}/article/")["Location"] == edit
    assert Article.objects.filter(state=Article.State.DRAFT).count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_address_that_somebody_takes_at_the_same_moment_is_numbered() -> None:
    carol = User.objects.create_user("cleo", "cleo@example.com", "x")
    gap = Gap.objects.create(title="May I pet the dog?")
    with beside(lambda: open_article(gap, staff=carol)) as start:
        Article.objects.create(slug="drafts/may-i-pet-the-dog", title="Dogs", body="Yes.")
        opened = start()
    assert opened.result().slug == "drafts/may-i-pet-the-dog-2"


def test_no_article_needed_can_be_taken_back(client: Client, carol: User, gap: Gap) -> None:
    client.force_login(carol)
    client.post(f"{GAPS}{gap.pk}/dismissal/")
    gap.refresh_from_db()
    assert (gap.state, gap.decided_by) == (Gap.State.DISMISSED, carol)
    client.post(f"{GAPS}{gap.pk}/dismissal/", {"undo": "1"})
    gap.refresh_from_db()
    assert gap.state == Gap.State.OPEN


def test_looking_now_asks_for_one_job(client: Client, carol: User, bob: User) -> None:
    client.force_login(carol)
    assert "Look now" in client.get("/admin/agent/gap/").content.decode()
    for _ in range(2):
        shown = client.post("/admin/agent/gap/search/", follow=True).content.decode()
        assert "It is being looked for" in shown
    assert ProcrastinateJob.objects.filter(task_name="agent.find_gaps").count() == 1
    client.force_login(bob)
    assert client.post("/admin/agent/gap/search/").status_code == 403


def test_only_supervisors_decide(client: Client, bob: User, gap: Gap) -> None:
    client.force_login(bob)
    assert client.get(GAPS).status_code == 403
    assert client.post(f"{GAPS}{gap.pk}/article/").status_code == 403
    assert client.get(f"{GAPS}stale/").status_code == 403


def test_lists_take_the_same_queries_for_any_length(
    client: Client, carol: User, django_assert_num_queries: Any
) -> None:
    article = Article.objects.all()[0]
    for number in range(10):
        Gap.objects.create(title=f"Gap {number}", article=article)
        Contradiction.objects.create(
            article=article, other=article, claim="a", counterclaim="b",
            fingerprint=str(number), found_at=timezone.now(),
        )  # fmt: skip
    Article.objects.update(checked_on="2020-01-01")
    client.force_login(carol)
    for path, count in ((GAPS, 5), ("/admin/agent/contradiction/", 5), (f"{GAPS}stale/", 5)):
        client.get(path)
        with django_assert_num_queries(count):
            assert client.get(path).status_code == 200


# --- Contradictions --------------------------------------------------------------------------
def test_articles_that_contradict_each_other_are_found(client: Client, carol: User) -> None:
    write_article(
        "exports/mail", "When do I get my export?", "public",
        "The file comes by e-mail within 30 minutes.",
    )  # fmt: skip
    assert find_contradictions(now=timezone.now()) == 1
    assert find_contradictions(now=timezone.now()) == 0
    found = Contradiction.objects.get()
    assert {found.claim, found.counterclaim} == {
        "The file comes by e-mail within 10 minutes.",
        "The file comes by e-mail within 30 minutes.",
    }
    client.force_login(carol)
    page = "/admin/agent/contradiction/"
    assert "within 30 minutes" in client.get(page).content.decode()
    client.post(f"{page}{found.pk}/dismissal/")
    assert find_contradictions(now=timezone.now()) == 0
    found.refresh_from_db()
    assert found.state == Contradiction.State.DISMISSED


def test_a_contradiction_that_was_mended_is_gone() -> None:
    article = write_article(
        "exports/mail", "When do I get my export?", "public",
        "The file comes by e-mail within 30 minutes.",
    )  # fmt: skip
    find_contradictions(now=timezone.now())
    Article.objects.filter(pk=article.pk).update(state="archived")
    find_contradictions(now=timezone.now())
    assert not Contradiction.objects.exists()


def test_without_an_index_what_was_found_stays() -> None:
    write_article(
        "exports/mail", "When do I get my export?", "public",
        "The file comes by e-mail within 30 minutes.",
    )  # fmt: skip
    find_contradictions(now=timezone.now())
    EmbeddingIndex.objects.all().delete()
    assert find_contradictions(now=timezone.now()) == 0
    assert Contradiction.objects.exists()


# --- Out of date ------------------------------------------------------------------------------
def test_what_ended_or_was_not_checked_for_long_is_listed(help_centre: dict[str, Article]) -> None:
    today = timezone.localdate()
    assert list_stale_articles(now=timezone.now()) == []
    for slug, changes in (
        ("billing/invoices", {"valid_until": today - timedelta(days=1)}),
        ("team/invite", {"valid_until": today + timedelta(days=3)}),
        ("exports/export-board", {"checked_on": today - timedelta(days=200)}),
    ):
        Article.objects.filter(slug=slug).update(**changes)
    stale = {one.article.slug: one for one in list_stale_articles(now=timezone.now())}
    assert set(stale) == {"billing/invoices", "team/invite", "exports/export-board"}
    assert stale["billing/invoices"].has_ended
    assert not stale["team/invite"].has_ended
    assert stale["exports/export-board"].unchecked_since


def test_answers_that_did_not_satisfy_count_against_their_article(
    ask: Ask, run_jobs: RunJobs
) -> None:
    for number in range(2):
        ticket = ask("How do I export a board to Excel?", email=f"c{number}@example.com")
        run_jobs()
        resolve_ticket(ticket=ticket, actor="bob", now=timezone.now())
        rate_ticket(ticket=ticket, score=1, comment="", now=timezone.now())
    assert Message.objects.filter(author="agent").count() == 2
    [stale] = list_stale_articles(now=timezone.now())
    assert stale.article.slug == "exports/export-board"
    assert (stale.answers, stale.bad_ratings, stale.reopened) == (2, 2, 0)


def test_one_click_says_that_it_was_checked(
    client: Client, carol: User, help_centre: dict[str, Article]
) -> None:
    article = help_centre["billing/invoices"]
    Article.objects.filter(pk=article.pk).update(checked_on="2020-01-01")
    client.force_login(carol)
    assert article.title in client.get(f"{GAPS}stale/").content.decode()
    client.post(f"{GAPS}stale/", {"article": article.pk})
    article.refresh_from_db()
    assert article.checked_on == timezone.localdate()
