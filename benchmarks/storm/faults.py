"""How the providers' and the model's doubles misbehave during the storm."""

from agent.double import Behaviour
from agent.double import Fault as ModelFault
from benchmarks.storm.desk import MODEL_TIMEOUT_SECONDS, TIMEOUT_SECONDS, Desk
from channels.gmail.double import Fault

_API = (
    "timeout_before",
    "timeout_after",
    "unavailable_before",
    "unavailable_after",
    "reset_before",
    "reset_after",
    "close_before",
    "close_after",
    "garbled_after",
)
_GMAIL_OPERATIONS = (
    "history",
    "get",
    "create_draft",
    "send_draft",
    "drafts",
    "get_draft",
    "thread",
)
_WEBHOOKS = ("duplicate", "reorder", "drop")
_MODEL = (
    ModelFault.HANG,
    ModelFault.DRIP,
    ModelFault.BAD_JSON,
    ModelFault.NO_CHOICES,
    ModelFault.RESET,
    ModelFault.ERROR,
    ModelFault.RATE_LIMITED,
)
_LIMITED_MORE_RARELY = 10  # for each of them stops all reading for up to a minute
_THINKING_SECONDS = 0.4  # a call: somebody may take over meanwhile


def misbehave(desk: Desk, rate: float) -> None:
    """Every fault of the doubles at the rate, besides what customers write twice or in disorder.

    The model's are rarer, for each message asks it several times; and it is moody: of some
    questions it says what it made up, cites what it did not find, or talks without end.
    """
    hang = TIMEOUT_SECONDS + 2.0
    desk.gmail.hang_seconds = desk.whatsapp.provider.conduct.hold_seconds = hang
    desk.model.hang_seconds = MODEL_TIMEOUT_SECONDS + 2.0
    desk.gmail.retry_after = str(desk.whatsapp.provider.conduct.retry_after)
    for operation in _GMAIL_OPERATIONS:
        for name in (*_API, "unauthorized"):
            desk.gmail.faults.chance(operation, Fault(name), rate)
        for name in ("rate_limited", "user_rate_limited"):
            desk.gmail.faults.chance(operation, Fault(name), rate / _LIMITED_MORE_RARELY)
    for name in _WEBHOOKS:
        desk.gmail.faults.chance("push", Fault(name), rate)
    faults = desk.whatsapp.provider.faults
    for lane in ("send", "read"):
        limited = {"rate_limit": rate / _LIMITED_MORE_RARELY}
        faults.set_rates(lane, dict.fromkeys(_API, rate) | limited)
    for lane in ("inbound", "callback"):
        faults.set_rates(lane, dict.fromkeys(_WEBHOOKS, rate))
    for fault in _MODEL:
        desk.model.faults.chance(fault, rate / 4)
    desk.model.behaviour, desk.model.latency_seconds = Behaviour.MOODY, _THINKING_SECONDS


def relent(desk: Desk) -> None:
    """The model recovers; the providers go on as they are, for what is on its way must arrive
    all the same."""
    desk.model.faults.clear()


def be_inventive(desk: Desk) -> None:
    """The model finds what fits, names it, and says something else."""
    desk.model.behaviour = Behaviour.UNSUPPORTED


def be_slow_to_answer(desk: Desk) -> None:
    """The messenger takes nearly every send and says nothing, not by a callback either: who is
    killed meanwhile leaves a send behind that nobody has recorded."""
    desk.whatsapp.provider.faults.set_rates("send", {"timeout_after": 0.8})
    desk.whatsapp.provider.faults.set_rates("callback", {"drop": 1.0})
