"""The words and colours of a run and a draft."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from agent.admin.detail import Node, describe
from agent.evaluation import records
from agent.models import AgentRun, AgentStep, Draft, GuardrailRule, PromptVersion, Suggestion
from crm.labels import Label

DECISION_TONES: dict[str, str] = {
    AgentRun.Decision.SEND: "success",
    AgentRun.Decision.DRAFT: "primary",
    AgentRun.Decision.SHADOW: "info",
    AgentRun.Decision.HAND_OVER: "danger",
    AgentRun.Decision.NO_REPLY: "",
}
STATE_TONES: dict[str, str] = {
    AgentRun.State.RUNNING: "info",
    AgentRun.State.DONE: "",
    AgentRun.State.DROPPED: "warning",
    AgentRun.State.FAILED: "danger",
}
RULE_TONES: dict[str, str] = {
    GuardrailRule.State.ACTIVE: "success",
    GuardrailRule.State.CHECKING: "info",
    GuardrailRule.State.REFUSED: "danger",
}
DRAFT_TONES: dict[str, str] = {
    Draft.State.OPEN: "primary",
    Draft.State.APPROVED: "success",
    Draft.State.EDITED: "success",
    Draft.State.REJECTED: "danger",
    Draft.State.OUTDATED: "",
}
OFFER_TONES: dict[str, str] = {
    Suggestion.Kind.PREPARED: "primary",
    Suggestion.Kind.PASSAGE: "info",
    Suggestion.Kind.STAFF: "success",
}
PROMPT_TONES: dict[str, str] = {
    PromptVersion.State.DRAFT: "",
    PromptVersion.State.TRIAL: "info",
    PromptVersion.State.ACTIVE: "success",
    PromptVersion.State.RETIRED: "warning",
}
STEP_ICONS: dict[str, str] = {
    AgentStep.Kind.GUARDRAIL: "shield",
    AgentStep.Kind.LANGUAGE: "translate",
    AgentStep.Kind.SENTIMENT: "mood",
    AgentStep.Kind.INTENT: "category",
    AgentStep.Kind.MODEL: "neurology",
    AgentStep.Kind.TOOL: "build",
    AgentStep.Kind.GROUNDING: "fact_check",
    AgentStep.Kind.DECISION: "flag",
}


_TOOLS: dict[str, Any] = {
    "search_knowledge_base": _("searched the knowledge"),
    "get_customer_history": _("read the customer's history"),
    "create_ticket": _("opened a ticket"),
    "escalate_to_human": _("asked for a person"),
    "send_response": _("proposed an answer"),
}
_DECISIONS = dict(AgentRun.Decision.choices)


def name_suite(suite: str) -> str:
    """A set of cases as staff call it; a file has its name."""
    names = {records.COLLECTED: _t("our own cases"), records.SAMPLE: _t("the sample messages")}
    return names.get(suite, suite)


def step_title(step: AgentStep) -> str:
    """The step's title in words where it is a name of the machine's."""
    words = {AgentStep.Kind.TOOL: _TOOLS, AgentStep.Kind.DECISION: _DECISIONS}
    return str(words.get(AgentStep.Kind(step.kind), {}).get(step.title, step.title))


def step_rows(steps: Sequence[Mapping[str, Any]]) -> list[tuple[AgentStep, str, str, Node]]:
    """A trial's journal (`Journal.dump`) as the rows that `_steps.html` takes."""
    built = [AgentStep(**step) for step in steps]
    return [describe_step(step) for step in built]


def describe_step(step: AgentStep) -> tuple[AgentStep, str, str, Node]:
    """The step with its title in words, its icon and its detail."""
    return step, step_title(step), STEP_ICONS.get(step.kind, "circle"), describe(step.detail)


def outcome(run: AgentRun) -> tuple[str, str, str]:
    """A run's key, words and tone: what it decided, or why it decided nothing that counts."""
    if run.state == AgentRun.State.DONE and run.decision:
        return run.decision, run.get_decision_display(), DECISION_TONES[run.decision]
    return run.state, run.get_state_display(), STATE_TONES[run.state]


def outcome_label(run: AgentRun) -> Label:
    _key, text, tone = outcome(run)
    return Label(text, tone)
