"""The agent in the console: what it did and why, drafts, rules and figures."""

from agent.admin import briefing, drafts, evaluation, guardrails, metrics, panels, runs

__all__ = ["briefing", "drafts", "evaluation", "guardrails", "metrics", "panels", "runs"]
