"""The agent in the console: what it did and why, drafts, rules, prompts, budgets and figures."""

from agent.admin import (
    autonomy,
    briefing,
    budgets,
    corrections,
    drafts,
    evaluation,
    gaps,
    guardrails,
    intent_models,
    intents,
    metrics,
    moods,
    panels,
    prompts,
    replays,
    runs,
)

__all__ = [
    "autonomy",
    "briefing",
    "budgets",
    "corrections",
    "drafts",
    "evaluation",
    "gaps",
    "guardrails",
    "intent_models",
    "intents",
    "metrics",
    "moods",
    "panels",
    "prompts",
    "replays",
    "runs",
]
