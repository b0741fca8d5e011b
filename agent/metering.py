"""A configured model behind its circuit breaker and the budgets, with a row for each call."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from agent import budgets
from agent.model import ChatMessage, ChatModel, Deadline, ModelError, ModelTurn, ToolSpec
from agent.models import AgentRun, ModelCall
from crm import breakers
from crm.models import Conversation


def _now() -> datetime:
    return datetime.now(tz=UTC)


@dataclass(frozen=True, slots=True)
class Account:
    """Whose calls they are: of a run, in a conversation; without one the desk's own, which count
    for its day. A trial has no account and is not counted."""

    conversation: Conversation | None = None
    run: AgentRun | None = None


class MeteredModel:
    """Asks its model unless that one is down or a budget is used up; both are a ModelError."""

    def __init__(
        self,
        model: ChatModel,
        account: Account | None,
        *,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._model = model
        self._account = account
        self._clock = clock

    @property
    def name(self) -> str:
        return self._model.name

    def complete(
        self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec], deadline: Deadline
    ) -> ModelTurn:
        self._admit()
        if not deadline.remaining:
            raise ModelError(_("There was no time left."), permanent=False)
        started = time.perf_counter()
        try:
            turn = self._model.complete(messages, tools, deadline)
        except ModelError as error:
            again = error.timed_out and self._failed_lately()
            self._keep(ModelTurn(()), started, failure=str(error))
            if not error.blames_request and not again:
                self._note_failure(error)
            raise
        cut = _("Its answer was cut off at its longest.") if turn.is_cut else ""
        self._keep(turn, started, failure=cut)
        breakers.note_success(self._service, now=self._clock())
        if cut:
            raise ModelError(cut, permanent=False, blames_request=True)
        return turn

    @property
    def _service(self) -> str:
        return f"model:{self.name}"

    def _admit(self) -> None:
        if self._account is not None:
            scope = budgets.find_exhausted(self._account.conversation, now=self._clock())
            if scope:
                label = budgets.Scope(scope).label
                why = _("the budget is used up (%(scope)s)") % {"scope": label}
                raise ModelError(why, permanent=True)
        if breakers.admit(self._service, now=self._clock()) is not None:
            raise ModelError(_("left alone for a while after failures"), permanent=False)

    def _failed_lately(self) -> bool:
        """Whether this model failed this customer a while ago. Then another time-out says nothing
        new of the model: one customer who asks for endless answers must not close it to others."""
        if self._account is None or self._account.conversation is None:
            return False
        return (
            ModelCall.objects.filter(
                conversation__customer=self._account.conversation.customer_id,
                model=self.name[:120],
                created_at__gt=self._clock() - breakers.LONGEST_PAUSE,
            )
            .exclude(failure="")
            .exists()
        )

    def _keep(self, turn: ModelTurn, started: float, *, failure: str = "") -> None:
        if self._account is None:
            return
        budgets.count_call(
            ModelCall(
                run=self._account.run,
                conversation=self._account.conversation,
                model=self.name[:120],
                failure=failure[:200],
                input_tokens=turn.input_tokens,
                output_tokens=turn.output_tokens,
                cost=turn.cost,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
                created_at=self._clock(),
            )
        )

    def _note_failure(self, error: ModelError) -> None:
        """What asking again cannot help, such as a key that is missing, is told at once."""
        breakers.note_failure(
            self._service,
            title=_("%(model)s does not answer") % {"model": self.name},
            detail=_(
                "It is left alone for a while. Fallback models and the offline model answer "
                "meanwhile, and what they cannot goes to people. The last failure: %(why)s"
            )
            % {"why": error},
            now=self._clock(),
            limit=1 if error.permanent else breakers.FAILURES,
        )
