"""The last days through a change that is not live: what would be answered otherwise."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.test import Client
from django.utils import timezone

from agent.models import (
    AgentRun,
    GuardrailRule,
    ModelBudget,
    ModelCall,
    Prompt,
    Replay,
    ReplayResult,
)
from agent.prompt_versions import add_version
from agent.prompts import ANSWER, DEFAULT
from agent.replays.requests import request_replay
from crm.models import Message, User
from knowledge.models import Article, Passage
from knowledge.search import search_passages
from tests.agent.conftest import ScriptedModel
from tickets.models import Ticket, TicketEvent

Kind = Replay.Kind
RunJobs = Callable[[], int]
REPLAYS = "/admin/agent/replay/"
EXPORT = "How do I export a board to Excel?"
INVITE = "How do I invite people to my workspace?"


@pytest.fixture
def past(
    ask: Callable[..., Ticket], run_jobs: RunJobs, help_centre: dict[str, Article]
) -> list[AgentRun]:
    """Two questions that were answered."""
    for number, text in enumerate((EXPORT, INVITE)):
        ask(text, subject="", email=f"c{number}@example.com")
    run_jobs()
    runs = list(AgentRun.objects.order_by("pk"))
    assert [run.decision for run in runs] == ["send", "send"]
    return runs


@pytest.fixture
def replay(run_jobs: RunJobs) -> Callable[..., Replay]:
    """Runs a replay as the worker does."""

    def run(**fields: Any) -> Replay:
        tried = request_replay(Replay(**fields), staff=None, now=timezone.now())
        run_jobs()
        tried.refresh_from_db()
        return tried

    return run


def list_changes(tried: Replay) -> list[tuple[int, str, str, str]]:
    return list(tried.results.values_list("run", "cause", "before_action", "after_action"))


def test_nothing_differs_and_nothing_is_touched(
    past: list[AgentRun], replay: Callable[..., Replay]
) -> None:
    before = (Message.objects.count(), TicketEvent.objects.count(), AgentRun.objects.count())
    tried = replay()
    assert (tried.state, tried.done, tried.total) == ("done", 2, 2)
    assert list_changes(tried) == []
    after = (Message.objects.count(), TicketEvent.objects.count(), AgentRun.objects.count())
    assert after == before


def test_an_article_that_would_be_withdrawn(
    past: list[AgentRun], replay: Callable[..., Replay], help_centre: dict[str, Article]
) -> None:
    article = help_centre["exports/export-board"]
    tried = replay(kind=Kind.ARTICLE, article=article)
    assert list_changes(tried) == [(past[0].pk, "change", "send", "hand_over")]
    article.refresh_from_db()
    assert article.state == Article.State.PUBLISHED


def test_an_article_that_would_read_otherwise(
    past: list[AgentRun], replay: Callable[..., Replay], help_centre: dict[str, Article]
) -> None:
    article = help_centre["exports/export-board"]
    texts = list(Passage.objects.values_list("text", flat=True))
    draft = article.body.replace("Choose Excel or CSV", "Choose XLSX or CSV")
    tried = replay(kind=Kind.ARTICLE, article=article, draft=draft)
    [result] = tried.results.all()
    assert "Choose Excel or CSV" in result.before_text
    assert "Choose XLSX or CSV" in result.after_text
    assert result.after_sources[0]["url"].startswith("/help/exports/export-board")
    assert list(Passage.objects.values_list("text", flat=True)) == texts
    assert not Article.objects.filter(slug__startswith="replay/").exists()
    assert not Article.history.filter(slug__startswith="replay/").exists()


def test_a_draft_that_would_be_published(
    ask: Callable[..., Ticket], run_jobs: RunJobs, replay: Callable[..., Replay],
    help_centre: dict[str, Article],
) -> None:  # fmt: skip
    draft = Article.objects.create(
        slug="office/dog", title="May visitors pet the office dog?", state="draft",
        body="Every visitor may pet the office dog between ten and noon.",
    )  # fmt: skip
    ask("May visitors pet the office dog?", subject="")
    run_jobs()
    tried = replay(kind=Kind.ARTICLE, article=draft)
    assert [change[2:] for change in list_changes(tried)] == [("hand_over", "send")]
    assert search_passages("May visitors pet the office dog?")[0].article_id != draft.pk


def test_a_rule_that_would_catch_more_or_nothing(
    past: list[AgentRun], replay: Callable[..., Replay], ask: Callable[..., Ticket],
    run_jobs: RunJobs,
) -> None:  # fmt: skip
    ask("I want my money back for last month.", email="r@example.com")
    run_jobs()
    rule = GuardrailRule.objects.filter(reason="refund")[0]
    tried = replay(kind=Kind.RULE, rule=rule, draft=f"{rule.patterns}\nto excel")
    assert list_changes(tried) == [(past[0].pk, "change", "send", "hand_over")]
    assert "to excel" not in GuardrailRule.objects.get(pk=rule.pk).patterns


def test_another_model_answers_and_nobody_hears_of_it(
    past: list[AgentRun], replay: Callable[..., Replay], model: ScriptedModel, settings: Any
) -> None:
    settings.LLM_MODEL = "offline"
    model.play([("escalate_to_human", {"reason": "no_knowledge", "summary": "Too hard."})])
    tried = replay(kind=Kind.MODEL, model="openai/gpt-4o-mini")
    assert [change[2:] for change in list_changes(tried)] == [("send", "hand_over")] * 2
    assert model.requests


def test_another_wording_of_the_prompt_is_what_the_model_is_told(
    past: list[AgentRun], replay: Callable[..., Replay], model: ScriptedModel
) -> None:
    prompt, _created = Prompt.objects.get_or_create(name=ANSWER)
    version = add_version(
        prompt=prompt, text=f"{DEFAULT}\nAlways rhyme.", author=None, now=timezone.now()
    )
    model.play([("escalate_to_human", {"reason": "no_knowledge", "summary": "Too hard."})])
    replay(kind=Kind.PROMPT, prompt_version=version)
    assert "Always rhyme." in model.seen


def test_what_changed_meanwhile_is_told_apart(
    past: list[AgentRun], replay: Callable[..., Replay], help_centre: dict[str, Article]
) -> None:
    Article.objects.filter(slug="team/invite").update(state="archived")
    tried = replay(kind=Kind.ARTICLE, article=help_centre["exports/export-board"])
    assert list_changes(tried) == [
        (past[0].pk, "change", "send", "hand_over"),
        (past[1].pk, "meanwhile", "send", "hand_over"),
    ]


@pytest.mark.usefixtures("db")
def test_a_replay_that_says_nothing_fails_with_a_sentence(replay: Callable[..., Replay]) -> None:
    tried = replay(kind=Kind.MODEL)
    assert (tried.state, tried.error) == ("failed", "It does not say what changes.")


def test_the_command_prints_both_sides(
    past: list[AgentRun], help_centre: dict[str, Article], tmp_path: Path
) -> None:
    article, output = help_centre["exports/export-board"], StringIO()
    draft = tmp_path / "draft.md"
    draft.write_text(article.body.replace("Choose Excel or CSV", "Choose XLSX or CSV"))
    call_command("replay", article=article.pk, draft=draft, days=7, stdout=output)
    printed = output.getvalue()
    assert "- send" in printed
    assert "Choose XLSX or CSV" in printed
    assert "2 questions: 1 differ by this change, 0 by what changed." in printed
    with pytest.raises(CommandError, match="There is no article 0"):
        call_command("replay", "--article=0", stdout=output)


@pytest.mark.parametrize("bound", ["--days=0", "--days=400", "--limit=0", "--limit=100000"])
def test_a_replay_is_bounded(bound: str, help_centre: dict[str, Article]) -> None:
    with pytest.raises(CommandError, match="Ensure this value"):
        call_command("replay", bound, stdout=StringIO())
    assert not Replay.objects.exists()


def test_a_replay_counts_for_the_day_and_ends_with_its_budget(
    past: list[AgentRun], replay: Callable[..., Replay], model: ScriptedModel
) -> None:
    ModelBudget.objects.all().delete()
    ModelBudget.objects.create(scope="day", tokens=150)
    model.play(
        [("search_knowledge_base", {"query": "export"})],
        [("escalate_to_human", {"reason": "account", "summary": "A person has to look."})],
    )
    tried = replay(kind=Kind.MODEL, model="openai/gpt-4o-mini")
    assert (tried.state, tried.done, tried.total) == ("failed", 0, 2)
    assert "budget is used up" in tried.error
    assert len(model.requests) == 2
    assert ModelCall.objects.filter(conversation=None).count() == 2
    assert not Message.objects.filter(author="agent", created_at__gt=tried.created_at).exists()


# --- In the console --------------------------------------------------------------------------
def test_a_replay_is_started_watched_and_read(
    client: Client, carol: User, past: list[AgentRun], run_jobs: RunJobs,
    help_centre: dict[str, Article],
) -> None:  # fmt: skip
    client.force_login(carol)
    article = help_centre["exports/export-board"]
    assert client.get(f"{REPLAYS}add/?kind=article&article={article.pk}").status_code == 200
    form = {"kind": "article", "days": 7, "limit": 100, "article": article.pk}
    page = client.post(f"{REPLAYS}add/", form)["Location"]
    assert "every 2s" in client.get(page).content.decode()
    run_jobs()
    answer = client.get(page)
    shown = answer.content.decode()
    counts = ReplayResult.objects.values_list("cause").annotate(count=Count("pk")).order_by()
    assert answer.context["counts"] == dict(counts) != {}
    assert "every 2s" not in shown
    assert "What this change would turn" in shown
    assert "Choose Excel or CSV" in shown
    assert EXPORT in shown
    assert Replay.objects.get().started_by == carol


def test_what_changes_has_to_be_said(client: Client, carol: User) -> None:
    client.force_login(carol)
    answer = client.post(f"{REPLAYS}add/", {"kind": "model", "days": 7, "limit": 100})
    assert "Say what changes." in answer.content.decode()
    assert not Replay.objects.exists()


def test_only_supervisors_replay(client: Client, bob: User) -> None:
    client.force_login(bob)
    assert client.get(REPLAYS).status_code == 403
    assert client.get(f"{REPLAYS}add/").status_code == 403


def test_list_takes_the_same_queries_for_any_length(
    client: Client, carol: User, django_assert_num_queries: Any
) -> None:
    for _number in range(10):
        Replay.objects.create(created_at=timezone.now(), started_by=carol)
    client.force_login(carol)
    client.get(REPLAYS)
    with django_assert_num_queries(5):
        client.get(REPLAYS)
    assert not ReplayResult.objects.exists()


def test_one_run_is_asked_again_from_its_page(
    past: list[AgentRun], run_jobs: RunJobs, client: Client, carol: User, bob: User
) -> None:
    run = past[0]
    page, again = (f"/admin/agent/agentrun/{run.pk}/{name}/" for name in ("change", "replay"))
    client.force_login(bob)
    assert again not in client.get(page).content.decode()
    assert client.post(again).status_code == 403
    client.force_login(carol)
    assert again in client.get(page).content.decode()
    before = Message.objects.count(), AgentRun.objects.count()
    shown = client.post(again)["Location"]
    run_jobs()
    assert "the same, word for word" in client.get(shown).content.decode()
    Article.objects.get(slug="exports/export-board").delete()
    shown = client.post(again)["Location"]
    run_jobs()
    [result] = Replay.objects.latest("pk").results.all()
    assert (result.run, result.after_action) == (run, "hand_over")
    assert "What goes otherwise today" in client.get(shown).content.decode()
    assert (Message.objects.count(), AgentRun.objects.count()) == before
