"""Versions of a prompt: drafted, tried on a share, made active, and taken back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from agent.evaluation.records import begin_evaluation
from agent.models import AgentRun, Briefing, EvaluationCase, Prompt, PromptVersion
from agent.prompt_versions import (
    PromptVersionError,
    activate,
    add_version,
    choose_version,
    end_trial,
    measure_outcomes,
    return_to_previous,
    start_trial,
)
from agent.prompts import ANSWER, DEFAULT, RULES, compose
from crm.models import User
from tests.agent.conftest import ScriptedModel
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

Ask = Callable[..., Ticket]
Answer = Callable[[Ticket], AgentRun]
ESCALATE = [("escalate_to_human", {"reason": "account", "summary": "A person has to look."})]


@pytest.fixture
def prompt() -> Prompt:
    return Prompt.objects.get(name=ANSWER)


def draft(prompt: Prompt, text: str = "Another wording.") -> PromptVersion:
    return add_version(prompt=prompt, text=text, author=None, now=timezone.now())


def test_a_new_desk_has_one_active_version(prompt: Prompt) -> None:
    version = choose_version(ANSWER)
    assert version is not None
    assert (version.number, version.text, version.prompt) == (1, DEFAULT, prompt)


def test_a_draft_gets_the_next_number_and_changes_nothing(prompt: Prompt, bob: User) -> None:
    version = add_version(prompt=prompt, text="Hello.", author=bob, now=timezone.now())
    assert (version.number, version.state, version.author) == (2, "draft", bob)
    chosen = choose_version(ANSWER, conversation_id=1)
    assert chosen is not None
    assert chosen.number == 1


@pytest.mark.parametrize("text", ["{{ price }}", "Hello {{ company", "{{}}", "a }} b", " "])
def test_a_placeholder_that_means_nothing_is_refused(prompt: Prompt, text: str) -> None:
    with pytest.raises(ValidationError):
        draft(prompt, text)


def test_the_briefing_and_the_channels_tone_are_put_in_and_the_rules_stay() -> None:
    Briefing.objects.update(profile="We sell {{ voice }} kites.", voice="Warm.", tone_email="Long.")
    text = compose(
        "{{ company }}|{{voice}}|{{ tone }}|{{ language }}", channel="email", language="de"
    )
    assert text.startswith("We sell {{ voice }} kites.|Warm.|Long.|de")
    assert text.endswith(RULES)
    assert "Long." not in compose("{{ tone }}", channel="web", language="en")


def test_one_click_returns_to_the_version_before(prompt: Prompt) -> None:
    first = choose_version(ANSWER)
    second = draft(prompt)
    activate(second, now=timezone.now())
    assert choose_version(ANSWER) == second
    assert return_to_previous(prompt, now=timezone.now()) == first
    assert choose_version(ANSWER) == first
    assert return_to_previous(prompt, now=timezone.now()) == second


def test_there_is_nothing_to_return_to_at_first(prompt: Prompt) -> None:
    draft(prompt)
    with pytest.raises(PromptVersionError):
        return_to_previous(prompt, now=timezone.now())


def test_a_trial_has_its_share_and_a_conversation_keeps_its_version(prompt: Prompt) -> None:
    version = draft(prompt)
    start_trial(version, share=30)
    chosen = {number: choose_version(ANSWER, conversation_id=number) for number in range(1000)}
    tried = {number for number, one in chosen.items() if one == version}
    assert 250 < len(tried) < 350
    start_trial(version, share=60)
    more = {n for n in range(1000) if choose_version(ANSWER, conversation_id=n) == version}
    assert tried < more
    assert choose_version(ANSWER) != version, "a test run gets the active one"
    end_trial(version)
    assert choose_version(ANSWER, conversation_id=next(iter(tried))) != version


def test_what_a_trial_cannot_be(prompt: Prompt) -> None:
    version, other = draft(prompt), draft(prompt)
    for share in (0, 100):
        with pytest.raises(PromptVersionError):
            start_trial(version, share=share)
    start_trial(version, share=10)
    with pytest.raises(PromptVersionError):
        start_trial(other, share=10)
    active = choose_version(ANSWER)
    assert active is not None
    with pytest.raises(PromptVersionError):
        start_trial(active, share=10)


@pytest.mark.usefixtures("help_centre")
def test_the_run_says_which_version_answered(
    prompt: Prompt, ask: Ask, answer: Answer, model: ScriptedModel
) -> None:
    version = draft(prompt, "You are the desk's kite expert.")
    activate(version, now=timezone.now())
    model.play(ESCALATE)
    run = answer(ask("How do I export a board to Excel?"))
    assert run.prompt_version == version
    assert "kite expert" in model.requests[0]["messages"][0]["content"]
    outcomes = measure_outcomes(prompt)[version.pk]
    assert (outcomes.runs, outcomes.sent, outcomes.handed_over) == (1, 0, 1)
    assert outcomes.cost == run.cost


@pytest.mark.usefixtures("help_centre")
def test_the_offline_model_answers_by_no_version(ask: Ask, answer: Answer) -> None:
    assert answer(ask("How do I export a board to Excel?")).prompt_version is None


@pytest.mark.usefixtures("help_centre")
def test_without_any_version_the_text_in_the_code_is_used(
    ask: Ask, answer: Answer, model: ScriptedModel, settings: Any
) -> None:
    PromptVersion.objects.all().delete()
    model.play(ESCALATE)
    run = answer(ask("How do I export a board to Excel?"))
    assert run.reason == "account"
    assert "You answer customers of a support desk" in model.seen


def test_a_supervisor_writes_tries_activates_and_takes_back(
    prompt: Prompt, carol: User, client: Client
) -> None:
    client.force_login(carol)
    first = prompt.versions.get()
    page = client.get(f"/admin/agent/promptversion/add/?from={first.pk}")
    assert "You answer customers" in page.content.decode()
    refused = client.post(
        f"/admin/agent/promptversion/add/?from={first.pk}", {"text": "{{ price }}", "note": ""}
    )
    assert "Nothing is known by this name: price" in refused.content.decode()
    client.post(
        f"/admin/agent/promptversion/add/?from={first.pk}", {"text": "Be brief.", "note": "Brief"}
    )
    version = prompt.versions.get(number=2)
    assert (version.author, version.state) == (carol, "draft")
    act(client, version, "trial", share="25")
    assert prompt.versions.get(number=2).share == 25
    act(client, version, "trial/end")
    act(client, version, "activation")
    assert choose_version(ANSWER) == version
    changed = client.post(f"/admin/agent/promptversion/{version.pk}/change/", {"text": "Other."})
    assert changed.status_code == 403, "what was used never changes"
    shown = act(client, version, "trial", share="many")
    assert "from 1 to 99" in shown
    shown = client.post(f"/admin/agent/prompt/{prompt.pk}/return/", follow=True).content.decode()
    assert "Version 1 answers again" in shown
    assert choose_version(ANSWER) == first


def test_an_agent_may_not_touch_prompts(prompt: Prompt, bob: User, client: Client) -> None:
    client.force_login(bob)
    version = draft(prompt)
    assert client.get(f"/admin/agent/prompt/{prompt.pk}/change/").status_code == 403
    for what in ("activation", "trial", "trial/end"):
        response = client.post(f"/admin/agent/promptversion/{version.pk}/{what}/")
        assert response.status_code == 403
    assert client.post(f"/admin/agent/prompt/{prompt.pk}/return/").status_code == 403


def test_a_prompts_page_asks_no_more_for_more_versions(
    prompt: Prompt, dora: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(dora)
    for _number in range(12):
        draft(prompt)
    with django_assert_max_num_queries(12):
        page = client.get(f"/admin/agent/prompt/{prompt.pk}/change/").content.decode()
    assert "Version 13" in page


def act(client: Client, version: PromptVersion, what: str, **values: str) -> str:
    path = f"/admin/agent/promptversion/{version.pk}/{what}/"
    return client.post(path, values, follow=True).content.decode()


@pytest.mark.usefixtures("help_centre")
def test_a_version_is_scored_on_a_test_set(
    prompt: Prompt, dora: User, client: Client, model: ScriptedModel, run_jobs: Callable[[], int]
) -> None:
    client.force_login(dora)
    version = draft(prompt, "You are the desk's kite expert.")
    for reason in ("account", "no_knowledge"):
        EvaluationCase.objects.create(
            message="How do I export a board to Excel?",
            expected_action="hand_over",
            expected_reason=reason,
        )
    model.play(ESCALATE)
    act(client, version, "score", suite="collected")
    act(client, version, "score", suite="/etc/passwd")
    run_jobs()
    version.refresh_from_db()
    assert (version.right, version.total) == (1, 2)
    assert (version.scored_on, version.scored_with) == ("collected", "openai/gpt-4o-mini")
    assert all("kite expert" in one["messages"][0]["content"] for one in model.requests)
    page = client.get(f"/admin/agent/prompt/{prompt.pk}/change/").content.decode()
    assert "1/2" in page


def test_a_test_set_is_any_that_staff_tried(
    prompt: Prompt, dora: User, client: Client, tmp_path: Path
) -> None:
    client.force_login(dora)
    version = draft(prompt, "You are the desk's kite expert.")
    suite = tmp_path / "of_our_own.yaml"
    suite.write_text("[]")
    begin_evaluation(suite=str(suite), staff=None, now=timezone.now())
    page = client.get(f"/admin/agent/prompt/{prompt.pk}/change/").content.decode()
    assert f'value="{suite}"' in page
    act(client, version, "score", suite=str(suite))
    version.refresh_from_db()
    assert version.scored_on == str(suite)
