"""The agent in the console: what it did and why, drafts, rules and figures."""

from agent.admin import briefing, drafts, guardrails, metrics, panels, runs

__all__ = ["briefing", "drafts", "guardrails", "metrics", "panels", "runs"]
