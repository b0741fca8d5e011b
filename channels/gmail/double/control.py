"""Commands to a running double: `POST /_control` with one JSON object, `GET /_books`."""

import base64
import binascii
from typing import TYPE_CHECKING, cast

from channels.gmail.double.faults import Fault

if TYPE_CHECKING:
    from channels.gmail.double.server import GmailDouble

Json = dict[str, object]


class BadCommand(Exception):
    """The text names the part that cannot be understood."""


def run_command(double: "GmailDouble", command: Json) -> Json:
    """Carries out every key of the command, in its order, and answers what they gave.

    `deliver` {raw: base64url, labels?}, `rescue` id, `delete` id, `expire_history`,
    `faults` {operation: [fault, …]}, `chances` {operation: {fault: probability}}, `seed`,
    `clear`, `invalid_grant` bool, `revoke`, `retry_after` text, `hang_seconds`, `flush`,
    `push` {url, audience, service_account}. Raises BadCommand.
    """
    answer: Json = {}
    for name, value in command.items():
        try:
            answer[name] = _run(double, name, value)
        except (KeyError, ValueError, TypeError, AttributeError, binascii.Error) as error:
            raise BadCommand(f"{name}: {type(error).__name__}") from None
    return answer


def _run(double: "GmailDouble", name: str, value: object) -> object:
    if name == "deliver":
        given = cast("dict[str, object]", value)
        raw = base64.urlsafe_b64decode(str(given["raw"]))
        labels = cast("list[str]", given.get("labels", ["INBOX", "UNREAD"]))
        mail = double.deliver(raw, labels=tuple(labels))
        return {"id": mail.gmail_id, "threadId": mail.thread_id}
    if name == "faults":
        for operation, faults in cast("dict[str, list[str]]", value).items():
            double.faults.queue(operation, *map(Fault, faults))
    elif name == "chances":
        for operation, chances in cast("dict[str, dict[str, float]]", value).items():
            for fault, probability in chances.items():
                double.faults.chance(operation, Fault(fault), float(probability))
    elif name == "push":
        given = cast("dict[str, object]", value)
        double.push_to(
            str(given["url"]),
            audience=str(given["audience"]),
            service_account=str(given["service_account"]),
        )
    else:
        _set(double, name, value)
    return True


def _set(double: "GmailDouble", name: str, value: object) -> None:
    if name == "seed":
        double.faults.seed(int(str(value)))
    elif name == "clear":
        double.faults.clear()
    elif name == "invalid_grant":
        double.tokens.invalid_grant = bool(value)
    elif name == "revoke":
        double.tokens.revoke_all()
    elif name == "expire_history":
        double.mailbox.expire_history()
    elif name == "rescue":
        double.mailbox.rescue_from_spam(str(value))
    elif name == "delete":
        double.mailbox.delete(str(value))
    elif name == "retry_after":
        double.retry_after = str(value)
    elif name == "hang_seconds":
        double.hang_seconds = float(str(value))
    elif name == "flush":
        double.pusher.flush()
    else:
        raise KeyError(name)
