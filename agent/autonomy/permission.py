"""Send, draft or only watch: by the ladder, the intent's risk, and who asks."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from agent.models import AgentRun, Intent, Rung
from agent.types import Stakes
from crm.remembered import Remembered

Action = AgentRun.Decision
Level = Rung.Level
Risk = Intent.Risk

# From which confidence an answer is sent where no rung says otherwise; below it a person looks.
REQUIRED: dict[str, float] = {Risk.LOW: 0.5, Risk.MEDIUM: 0.5, Risk.HIGH: 0.65}
# Where an intent begins under AUTONOMY=earned.
FIRST_LEVEL: dict[str, str] = {
    Risk.LOW: Level.DRAFT,
    Risk.MEDIUM: Level.DRAFT,
    Risk.HIGH: Level.SHADOW,
}


@dataclass(frozen=True, slots=True)
class Permission:
    """The most that may be done, one of AgentRun.Decision, and why it is not more."""

    action: str
    why: str = ""


_rungs = Remembered(lambda: {(rung.channel, rung.intent): rung for rung in Rung.objects.all()})
_risks = Remembered(lambda: dict(Intent.objects.values_list("name", "risk")))


def permit(stakes: Stakes, *, confidence: float) -> Permission:
    """What may be done with a supported answer. Rungs and risks are `Remembered`: a change counts
    within a second."""
    if settings.AUTONOMY == "draft":
        return Permission(Action.DRAFT, _("A person approves every answer (AUTONOMY)."))
    risk = get_risk(stakes.intent)
    rung = _rungs.get().get((stakes.channel, stakes.intent))
    level = rung.effective_level if rung else default_level(risk)
    if level == Level.SHADOW:
        return Permission(Action.SHADOW, _("The agent only watches such questions here so far."))
    if level == Level.DRAFT:
        return Permission(Action.DRAFT, _("A person approves answers to such questions here."))
    required = rung.threshold if rung and rung.threshold else REQUIRED[risk]
    if confidence < required:
        why = _("Sure to %(value).2f; such questions here take %(required).2f.")
        return Permission(Action.DRAFT, why % {"value": confidence, "required": required})
    if risk == Risk.HIGH and not stakes.is_proven:
        return Permission(Action.DRAFT, _("Much is at stake, and who asks is not proven."))
    return Permission(Action.SEND)


def get_risk(intent: str) -> str:
    """Of an unknown intent, medium."""
    return _risks.get().get(intent) or Risk.MEDIUM


def default_level(risk: str) -> str:
    """What counts where there is no rung yet."""
    return FIRST_LEVEL[risk] if settings.AUTONOMY == "earned" else Level.AUTOMATIC
