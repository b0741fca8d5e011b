"""What an edit would have done to past messages, seen before it is saved."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from agent.models import GuardrailRule, GuardrailTrial
from crm.models import User
from tests.agent.guardrails.conftest import EXAMPLES
from tickets.models import Ticket

Ask = Callable[..., Ticket]
Save = Callable[..., GuardrailRule]
RunJobs = Callable[[], int]

pytestmark = pytest.mark.django_db

TRY = {"agent_guardrailrule_try_rule": "1"}


def as_form(rule: GuardrailRule, **changes: Any) -> dict[str, Any]:
    names = ("name", "priority", *GuardrailRule.CONTENT)
    return {"enabled": "on", **{name: getattr(rule, name) for name in names}, **changes}


def test_a_trial_tells_what_would_change_and_saves_nothing(
    client: Client, carol: User, ask: Ask, save_rule: Save, run_jobs: RunJobs
) -> None:
    ink = ask("Do you sell ink?", email="a@example.com")
    glass = ask("The glass was shattered when I opened the parcel", email="b@example.com")
    ask("How do I invite a colleague?", email="c@example.com")
    rule = save_rule(examples="", patterns=r"\bink\b", must_match="Ink?")
    client.force_login(carol)
    changes = {"patterns": "", "examples": EXAMPLES, "must_match": "The cup came broken"}
    url = f"/admin/agent/guardrailrule/{rule.pk}/change/"
    response = client.post(url, as_form(rule, **changes, **TRY))
    trial = GuardrailTrial.objects.get()
    assert response["Location"] == f"/admin/agent/guardrailrule/trials/{trial.pk}/"
    assert 'hx-trigger="every 2s"' in client.get(response["Location"]).content.decode()
    run_jobs()
    page = client.get(response["Location"]).content.decode()
    assert trial.findings.get(change="fires").message.conversation_id == glass.conversation_id
    assert trial.findings.get(change="rests").message.conversation_id == ink.conversation_id
    assert f"/admin/tickets/ticket/{glass.pk}/change/" in page
    assert "invite a colleague" not in page
    rule.refresh_from_db()
    assert rule.patterns == r"\bink\b"

    client.post(f"{response['Location']}adoption/")
    rule.refresh_from_db()
    assert (rule.patterns, rule.state) == ("", "checking")
    run_jobs()
    rule.refresh_from_db()
    assert rule.state == "active"
    assert rule.history.first().history_user == carol


def test_a_trial_whose_examples_go_wrong_cannot_be_saved_from_there(
    client: Client, carol: User, save_rule: Save, run_jobs: RunJobs
) -> None:
    rule = save_rule()
    run_jobs()
    client.force_login(carol)
    changes = as_form(rule, must_match="How do I invite a colleague?", **TRY)
    response = client.post(f"/admin/agent/guardrailrule/{rule.pk}/change/", changes)
    run_jobs()
    page = client.get(response["Location"]).content.decode()
    assert "Not caught: How do I invite a colleague?" in page
    assert "adoption/" not in page


def test_the_state_of_a_rule_is_shown(
    client: Client, carol: User, save_rule: Save, run_jobs: RunJobs
) -> None:
    rule = save_rule(must_match="How do I invite a colleague?")
    client.force_login(carol)
    url = f"/admin/agent/guardrailrule/{rule.pk}/change/"
    assert "Being checked" in client.get(url).content.decode()
    run_jobs()
    page = client.get(url).content.decode()
    assert "Refused" in page
    assert "Not caught: How do I invite a colleague?" in page
    assert "refused" in client.get("/admin/agent/guardrailrule/").content.decode()


def test_trials_are_the_supervisors(
    client: Client, bob: User, carol: User, save_rule: Save
) -> None:
    rule = save_rule(examples="", patterns="x", must_match="x")
    client.force_login(carol)
    url = f"/admin/agent/guardrailrule/{rule.pk}/change/"
    page = client.post(url, as_form(rule, **TRY))["Location"]
    client.force_login(bob)
    assert client.get(page).status_code == 403
    assert client.post(f"{page}adoption/").status_code == 403
