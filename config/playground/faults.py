"""What the providers can be told to do wrong, as switches for people."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from config.playground import customers

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# How often an armed fault strikes, in percent.
RATES = (20, 50, 100)
_KEPT_SECONDS = 24 * 3600
_SEND = ("create_draft", "send_draft")


@dataclass(frozen=True, slots=True)
class Switch:
    """`chat` names Twilio's lanes and `mail` Gmail's operations that the fault strikes."""

    key: str
    label: "StrOrPromise"
    hint: "StrOrPromise"
    chat_fault: str
    mail_fault: str
    chat: tuple[str, ...] = ("send",)
    mail: tuple[str, ...] = _SEND


SWITCHES = (
    Switch(
        "refuse",
        _("Refuse to send"),
        _(
            "They answer 503 and send nothing. The desk cannot know that: it makes sure, which "
            "takes a minute or three, and sends again only what is not there."
        ),
        "unavailable_before",
        "unavailable_before",
    ),
    Switch(
        "deny",
        _("Send, then claim the opposite"),
        _(
            "The customer gets the message, and the desk gets a 503. It looks at the provider "
            "before anything is sent again."
        ),
        "unavailable_after",
        "unavailable_after",
    ),
    Switch(
        "silence",
        _("Send, then never answer"),
        _(
            "The customer gets the message, and the desk waits in vain. It gives up, looks what "
            "became of it, and does not repeat it."
        ),
        "timeout_after",
        "timeout_after",
    ),
    Switch(
        "limit",
        _("Too many requests"),
        _("They answer 429 and say when to come back. The desk does."),
        "rate_limit",
        "rate_limited",
    ),
    Switch(
        "twice",
        _("Deliver twice"),
        _("Every message from the customer is announced twice. It is answered once."),
        "duplicate",
        "duplicate",
        ("inbound", "callback"),
        ("push",),
    ),
    Switch(
        "mix",
        _("Mix up the order"),
        _("News come late and out of order. A status never steps back."),
        "reorder",
        "reorder",
        ("inbound", "callback"),
        ("push",),
    ),
    Switch(
        "lose",
        _("Lose the news"),
        _(
            "The desk is not told of new messages. It finds them when it looks by itself, every "
            "few minutes."
        ),
        "drop",
        "drop",
        ("inbound", "callback"),
        ("push",),
    ),
)


@dataclass(frozen=True, slots=True)
class Misconduct:
    """Which switches are on, and how often they strike in percent."""

    on: frozenset[str] = field(default=frozenset())
    rate: int = RATES[-1]


def get_misconduct() -> Misconduct:
    """What was set last, for these very doubles: those of another start begin well-behaved."""
    kept = cache.get(_key())
    if kept is None:
        return Misconduct()
    return Misconduct(frozenset(kept["on"]), int(kept["rate"]))


def set_misconduct(wanted: Misconduct) -> None:
    """Tells both doubles, and remembers it. Raises customers.OutOfReach."""
    known = Misconduct(wanted.on & {switch.key for switch in SWITCHES}, wanted.rate)
    apply_misconduct(known)
    cache.set(_key(), {"on": sorted(known.on), "rate": known.rate}, _KEPT_SECONDS)


def apply_misconduct(wanted: Misconduct) -> None:
    """Tells both doubles; to be repeated at will. Raises customers.OutOfReach."""
    active = [switch for switch in SWITCHES if switch.key in wanted.on]
    if customers.plays_chat():
        lanes = {switch.key: (switch.chat, switch.chat_fault) for switch in active}
        everywhere: dict[str, dict[str, float]] = {
            lane: {} for lane in ("send", "inbound", "callback")
        }
        customers.control_chat({"rates": everywhere | _chances(lanes.values(), wanted.rate)})
    if customers.plays_mail():
        operations = {switch.key: (switch.mail, switch.mail_fault) for switch in active}
        chances = _chances(operations.values(), wanted.rate)
        customers.control_mail({"clear": True, "chances": chances, "flush": True})


def _chances(
    faults: Collection[tuple[tuple[str, ...], str]], percent: int
) -> dict[str, dict[str, float]]:
    """Probabilities by place and fault; those of one place add up to `percent`."""
    places: dict[str, list[str]] = defaultdict(list)
    for where, fault in faults:
        for place in where:
            places[place].append(fault)
    return {
        place: {fault: percent / 100 / len(found) for fault in found}
        for place, found in places.items()
    }


def _key() -> str:
    return f"playground:{settings.GMAIL_API_BASE}:{settings.TWILIO_API_BASE}"
