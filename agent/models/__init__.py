from agent.models.autonomy import Rung
from agent.models.briefing import Briefing
from agent.models.budget import DaySpend, ModelBudget
from agent.models.call import ModelCall
from agent.models.correction import Correction
from agent.models.draft import Draft
from agent.models.evaluation import EvaluationCase, EvaluationResult, EvaluationRun
from agent.models.gap import Contradiction, Gap, GapQuestion
from agent.models.guardrail import GuardrailRule, RuleContent, RuleInForce
from agent.models.guardrail_trial import GuardrailTrial, TrialFinding
from agent.models.handover import Handover
from agent.models.intent import Intent, IntentExample, IntentModel
from agent.models.metric import AgentMetric
from agent.models.prompt import Prompt, PromptVersion
from agent.models.replay import Replay, ReplayResult
from agent.models.run import AgentRun, AgentStep
from agent.models.suggestion import PastReply, Suggestion
from agent.models.summary import ConversationSummary

__all__ = [
    "AgentMetric",
    "AgentRun",
    "AgentStep",
    "Briefing",
    "Contradiction",
    "ConversationSummary",
    "Correction",
    "DaySpend",
    "Draft",
    "EvaluationCase",
    "EvaluationResult",
    "EvaluationRun",
    "Gap",
    "GapQuestion",
    "GuardrailRule",
    "GuardrailTrial",
    "Handover",
    "Intent",
    "IntentExample",
    "IntentModel",
    "ModelBudget",
    "ModelCall",
    "PastReply",
    "Prompt",
    "PromptVersion",
    "Replay",
    "ReplayResult",
    "RuleContent",
    "RuleInForce",
    "Rung",
    "Suggestion",
    "TrialFinding",
]
