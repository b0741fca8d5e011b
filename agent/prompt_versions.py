"""Versions of a prompt: which one a conversation gets, and how staff change that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Avg, Count, Max, Q, Sum
from django.utils.translation import gettext as _

from agent.models import AgentRun, Draft, Prompt, PromptVersion
from config import jobs
from crm.models import User
from crm.remembered import Remembered

State = PromptVersion.State

_DECIDED = (Draft.State.APPROVED, Draft.State.EDITED, Draft.State.REJECTED)


class PromptVersionError(Exception):
    """The version cannot become what was asked for; the text says why, for staff."""


_in_use = Remembered(
    lambda: list(
        PromptVersion.objects.filter(state__in=[State.ACTIVE, State.TRIAL]).select_related("prompt")
    )
)


def choose_version(name: str, *, conversation_id: int | None = None) -> PromptVersion | None:
    """The version on trial if the conversation falls into its share, else the active one; None
    if there is none. They are `Remembered`: a change counts within a second."""
    by_state = {
        State(version.state): version for version in _in_use.get() if version.prompt.name == name
    }
    trial = by_state.get(State.TRIAL)
    if trial and conversation_id is not None and trial.is_tried_on(conversation_id):
        return trial
    return by_state.get(State.ACTIVE)


@transaction.atomic
def add_version(
    *, prompt: Prompt, text: str, note: str = "", author: User | None, now: datetime
) -> PromptVersion:
    """A draft with the next number. Raises ValidationError for a text that will not do."""
    Prompt.objects.select_for_update().get(pk=prompt.pk)
    newest = prompt.versions.aggregate(newest=Max("number"))["newest"] or 0
    version = PromptVersion(
        prompt=prompt, number=newest + 1, text=text, note=note, author=author, created_at=now
    )
    version.full_clean()
    version.save()
    return version


@transaction.atomic
def activate(version: PromptVersion, *, now: datetime) -> None:
    """Every conversation gets this version with a run begun a second later; a trial of it ends."""
    Prompt.objects.select_for_update().get(pk=version.prompt_id)
    others = PromptVersion.objects.filter(prompt=version.prompt_id, state=State.ACTIVE)
    others.exclude(pk=version.pk).update(state=State.RETIRED)
    PromptVersion.objects.filter(pk=version.pk).exclude(state=State.ACTIVE).update(
        state=State.ACTIVE, share=0, activated_at=now
    )


@transaction.atomic
def start_trial(version: PromptVersion, *, share: int) -> None:
    """Gives the version a share of the conversations, in percent, beside the active one.

    Raises PromptVersionError for the active version, a share that leaves nothing to one of them,
    and while another is on trial.
    """
    if not 1 <= share <= 99:
        raise PromptVersionError(_("The share has to be from 1 to 99 %."))
    Prompt.objects.select_for_update().get(pk=version.prompt_id)
    others = PromptVersion.objects.filter(prompt=version.prompt_id).exclude(pk=version.pk)
    if not others.filter(state=State.ACTIVE).exists():
        raise PromptVersionError(_("There is no active version beside it to compare with."))
    if others.filter(state=State.TRIAL).exists():
        raise PromptVersionError(_("Another version is on trial. End that one first."))
    PromptVersion.objects.filter(pk=version.pk).update(state=State.TRIAL, share=share)


def end_trial(version: PromptVersion) -> None:
    """The active version has all conversations again."""
    PromptVersion.objects.filter(pk=version.pk, state=State.TRIAL).update(
        state=State.RETIRED, share=0
    )


@transaction.atomic
def return_to_previous(prompt: Prompt, *, now: datetime) -> PromptVersion:
    """Activates the version that was active before the present one, and ends a trial.

    Raises PromptVersionError if there was none.
    """
    Prompt.objects.select_for_update().get(pk=prompt.pk)
    previous = (
        prompt.versions.filter(state=State.RETIRED, activated_at__isnull=False)
        .order_by("-activated_at")
        .first()
    )
    if previous is None:
        raise PromptVersionError(_("No version was active before this one."))
    for trial in prompt.versions.filter(state=State.TRIAL):
        end_trial(trial)
    activate(previous, now=now)
    return previous


@transaction.atomic
def request_score(version: PromptVersion, *, suite: str) -> None:
    """Has the worker run the cases of a suite by this version, and keep how many went right."""
    PromptVersion.objects.filter(pk=version.pk).update(
        scored_on=suite, right=None, total=None, scored_at=None
    )
    jobs.enqueue(
        "agent.score_prompt",
        lock="evaluation",
        queue="knowledge",
        version_id=version.pk,
        suite=suite,
    )


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of the runs that a version answered. Shares are 0..1, None without any.

    `unedited` is the share of decided drafts that went out as they were; `rating` is the average
    rating, 1..5, of the conversations by run; `cost` in USD a run, None if a price is not known.
    """

    runs: int
    sent: float | None
    handed_over: float | None
    unedited: float | None
    rating: float | None
    cost: Decimal | None


def measure_outcomes(prompt: Prompt) -> Mapping[int, Outcomes]:
    """By the version's id; a version that answered nothing yet is not in it. Two queries."""
    runs = (
        AgentRun.objects.filter(prompt_version__prompt=prompt, state=AgentRun.State.DONE)
        .order_by()
        .values("prompt_version")
    )
    rated = runs.annotate(rating=Avg("conversation__tickets__satisfaction__score"))
    ratings = dict(rated.values_list("prompt_version", "rating"))
    return {
        row["prompt_version"]: Outcomes(
            runs=row["runs"],
            sent=_share(row["sent"], row["runs"]),
            handed_over=_share(row["handed_over"], row["runs"]),
            unedited=_share(row["approved"], row["decided"]),
            rating=ratings[row["prompt_version"]],
            cost=None if row["unpriced"] else row["total_cost"] / row["runs"],
        )
        for row in runs.annotate(
            runs=Count("pk"),
            sent=Count("pk", filter=Q(decision=AgentRun.Decision.SEND)),
            handed_over=Count("pk", filter=Q(decision=AgentRun.Decision.HAND_OVER)),
            approved=Count("pk", filter=Q(proposal__state=Draft.State.APPROVED)),
            decided=Count("pk", filter=Q(proposal__state__in=_DECIDED)),
            total_cost=Sum("cost"),
            unpriced=Count("pk", filter=Q(cost=None)),
        )
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
