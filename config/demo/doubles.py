"""The stand-ins for Gmail and Twilio, for every channel that has no real account."""

import secrets
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from config.demo.processes import reachable
from config.playground import ACCOUNT_SID, CLIENT_ID
from config.supervision import Child

SUPPORT_ADDRESS = "support@brightlane.example"
SENDER = "whatsapp:+14155238886"
_PUSHER = "push@playground.iam.gserviceaccount.com"
# Any of them set means that the operator has an account of their own.
_MAIL = (
    "GMAIL_SUPPORT_ADDRESS", "GMAIL_CLIENT_ID", "GMAIL_CLIENT_SECRET", "GMAIL_REFRESH_TOKEN",
    "GMAIL_SERVICE_ACCOUNT_FILE", "GMAIL_PUBSUB_TOPIC", "GMAIL_PUBSUB_AUDIENCE",
    "GMAIL_PUBSUB_SERVICE_ACCOUNT", "GMAIL_API_BASE", "GOOGLE_TOKEN_URI", "GOOGLE_CERTS_URL",
)  # fmt: skip
_CHAT = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_WHATSAPP_FROM", "TWILIO_API_BASE")


@dataclass(frozen=True, slots=True)
class Play:
    """What the doubles add to the demo: variables for its processes, children, and a word on it.

    `real` names the channels that an account of the operator's serves.
    """

    environment: dict[str, str] = field(default_factory=dict)
    children: tuple[Child, ...] = ()
    real: tuple[str, ...] = ()
    off: str = ""

    def describe(self, address: str) -> str:
        """The line for the terminal."""
        if self.off:
            return f"off, {self.off}"
        own = f"; {' and '.join(self.real)} by your own account" if self.real else ""
        return f"{address}/playground/   write as a customer{own}"


def prepare(logs: Path, environment: Mapping[str, str], *, host: str, wanted: bool) -> Play:
    """Chooses free ports, starts nothing yet. Without a playground there are no doubles."""
    if not wanted:
        return Play(off="since PLAYGROUND is 0")
    if settings.DATABASE_URL and not settings.DEBUG:
        return Play(off="since DATABASE_URL is set")
    if settings.PUBLIC_URL.startswith("https:"):
        return Play(off="since PUBLIC_URL is an https address")
    web = _web_address(host)
    added = {"PLAYGROUND": "1", "ALLOWED_HOSTS": _allow(reachable(host))}
    children: list[Child] = []
    real: list[str] = []
    for name, label, variables, make in (
        ("e-mail", "gmail-double", _MAIL, _mailbox),
        ("WhatsApp", "twilio-double", _CHAT, _whatsapp),
    ):
        if any(environment.get(variable, "").strip() for variable in variables):
            real.append(name)
            continue
        given, command = make(web)
        added |= given
        children.append(
            Child(
                label,
                command,
                environment,
                folder=Path(settings.BASE_DIR),
                log=logs / f"{label}.log",
            )
        )
    return Play(added, tuple(children), tuple(real))


def _mailbox(web: str) -> tuple[dict[str, str], list[str]]:
    port = _free_port()
    base = f"http://127.0.0.1:{port}"
    webhook = "/api/v1/webhooks/gmail"
    variables = {
        "GMAIL_SUPPORT_ADDRESS": SUPPORT_ADDRESS,
        "GMAIL_CLIENT_ID": CLIENT_ID,
        "GMAIL_CLIENT_SECRET": secrets.token_urlsafe(24),
        "GMAIL_REFRESH_TOKEN": secrets.token_urlsafe(24),
        "GMAIL_PUBSUB_TOPIC": "projects/playground/topics/gmail",
        "GMAIL_PUBSUB_AUDIENCE": f"{settings.PUBLIC_URL}{webhook}",
        "GMAIL_PUBSUB_SERVICE_ACCOUNT": _PUSHER,
        "GMAIL_API_BASE": base,
        "GOOGLE_TOKEN_URI": f"{base}/token",
        "GOOGLE_CERTS_URL": f"{base}/certs",
    }
    command = [
        sys.executable, "-m", "config.demo.mailbox",
        "--port", str(port),
        "--address", SUPPORT_ADDRESS,
        "--push-to", f"{web}{webhook}",
        "--audience", variables["GMAIL_PUBSUB_AUDIENCE"],
        "--service-account", _PUSHER,
    ]  # fmt: skip
    return variables, command


def _whatsapp(web: str) -> tuple[dict[str, str], list[str]]:
    port = _free_port()
    variables = {
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "TWILIO_WHATSAPP_FROM": SENDER,
        "TWILIO_API_BASE": f"http://127.0.0.1:{port}",
    }
    command = [
        sys.executable, "-m", "channels.whatsapp.double",
        "--port", str(port),
        "--account-sid", ACCOUNT_SID,
        "--auth-token", variables["TWILIO_AUTH_TOKEN"],
        "--sender", SENDER,
        "--inbound-url", f"{settings.PUBLIC_URL}/api/v1/webhooks/whatsapp",
        "--deliver-to", web,
    ]  # fmt: skip
    return variables, command


def _web_address(host: str) -> str:
    name = reachable(host)
    return f"http://[{name}]:{settings.PORT}" if ":" in name else f"http://{name}:{settings.PORT}"


def _allow(name: str) -> str:
    """ALLOWED_HOSTS with the host that Gmail's double calls."""
    literal = f"[{name}]" if ":" in name else name
    return ",".join(dict.fromkeys([*settings.ALLOWED_HOSTS, literal]))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
