"""What a run thinks with: the wording of its prompt, the models within their budgets, the rules."""

from dataclasses import dataclass

from agent import prompts
from agent.fallback import FallbackModel, get_chat_model
from agent.guardrails.rulebook import Rulebook, get_rulebook
from agent.metering import Account
from agent.models import PromptVersion
from agent.prompt_versions import choose_version


@dataclass(frozen=True, slots=True)
class Mind:
    """`version` is None where the text in the code stands in for a missing one; `is_live` tells a
    run from a trial, which leaves nothing behind."""

    model: FallbackModel
    prompt: str
    version: PromptVersion | None
    is_live: bool
    rulebook: Rulebook


def make_mind(
    account: Account | None = None,
    *,
    version: PromptVersion | None = None,
    model: str | None = None,
    rulebook: Rulebook | None = None,
) -> Mind:
    """New for each run. Without an account nothing is counted, as in a trial, and an account
    without a conversation only pays for one; without a version the conversation gets its own, a
    trial the active one; without a model it is the configured ones."""
    if version is None:
        conversation = account.conversation if account else None
        version = choose_version(
            prompts.ANSWER, conversation_id=conversation.pk if conversation else None
        )
    text = version.text if version else prompts.DEFAULT
    return Mind(
        model=get_chat_model(account, only=model),
        prompt=text,
        version=version,
        is_live=account is not None and account.conversation is not None,
        rulebook=rulebook or get_rulebook(),
    )
