"""What the double does apart from HTTP: accept sends, let customers write, report statuses."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.whatsapp.double.books import BookedMessage, Books, Media, new_sid, now
from channels.whatsapp.double.courier import Courier, Form
from channels.whatsapp.double.faults import FaultPlan
from channels.whatsapp.double.rules import OUTSIDE_WINDOW, Refusal, refuse_send


@dataclass(slots=True)
class Conduct:
    """How the double behaves when nothing is wrong; may be changed while it runs.

    The real provider accepts free text outside of the window and reports 63016 by callback;
    with `refuse_window_at_once` it is refused as an answer to the send.
    """

    inbound_url: str = ""
    statuses: tuple[str, ...] = ("queued", "sent", "delivered", "read")
    refuse_window_at_once: bool = False
    hold_seconds: float = 30.0
    retry_after: int = 1
    media_redirect: str = ""  # instead of the double's own file host


class Provider:
    """One account with one WhatsApp sender."""

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        sender: str,
        deliver_to: str = "",
        conduct: Conduct | None = None,
        seed: int = 0,
    ) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.sender = sender
        self.conduct = conduct or Conduct()
        self.books = Books()
        self.faults = FaultPlan(seed)
        self.courier = Courier(
            self.books, self.faults, auth_token=auth_token, deliver_to=deliver_to
        )
        self.stopped = threading.Event()
        # Error codes that sends to an address end in, reported by callback.
        self.failing: dict[str, int] = {}

    def accept(self, form: Form) -> BookedMessage | Refusal:
        """Takes a message to send, and reports on it from then on."""
        refusal = refuse_send(form, sender=self.sender, books=self.books)
        if refusal is not None:
            return refusal
        error = self.failing.get(form["To"])
        if not form.get("ContentSid") and not self.books.window_is_open(form["To"]):
            if self.conduct.refuse_window_at_once:
                return OUTSIDE_WINDOW
            error = OUTSIDE_WINDOW.code
        message = BookedMessage(
            sid=new_sid("SM"),
            direction="outbound-api",
            from_address=self.sender,
            to_address=form["To"],
            body=form.get("Body", ""),
            status="queued",
            created_at=now(),
            status_callback=form.get("StatusCallback", ""),
            content_sid=form.get("ContentSid", ""),
            content_variables=form.get("ContentVariables", ""),
        )
        self.books.book(message)
        self._report(message, error)
        return message

    def receive(
        self,
        from_address: str,
        body: str = "",
        *,
        profile_name: str = "Alice",
        media: Sequence[tuple[str, bytes]] = (),
        parameters: Form | None = None,
        at: datetime | None = None,
        base: str = "",
        silently: bool = False,
    ) -> BookedMessage:
        """A customer writes. `parameters` are added to the webhook; with `silently` it is never
        sent, and `at` dates the message."""
        message = BookedMessage(
            sid=new_sid("MM" if media else "SM"),
            direction="inbound",
            from_address=from_address,
            to_address=self.sender,
            body=body,
            status="received",
            created_at=at or now(),
            media=[Media(new_sid("ME"), kind, content) for kind, content in media],
        )
        self.books.book(message)
        if self.conduct.inbound_url and not silently:
            form = self.inbound_form(message, profile_name=profile_name, base=base)
            self.courier.carry_inbound(self.conduct.inbound_url, form | (parameters or {}))
        return message

    def inbound_form(self, message: BookedMessage, *, profile_name: str, base: str) -> Form:
        """The webhook's parameters; files are at `base`."""
        bare = message.from_address.removeprefix("whatsapp:")
        form = {
            "SmsMessageSid": message.sid,
            "NumMedia": str(len(message.media)),
            "ProfileName": profile_name,
            "MessageType": "text" if not message.media else "image",
            "SmsSid": message.sid,
            "SmsStatus": "received",
            "Body": message.body,
            "To": message.to_address,
            "NumSegments": "1",
            "ReferralNumMedia": "0",
            "MessageSid": message.sid,
            "AccountSid": self.account_sid,
            "From": message.from_address,
            "ApiVersion": "2010-04-01",
        }
        if bare.startswith("+"):
            form["WaId"] = bare.removeprefix("+")
        else:
            form["ExternalUserId"] = bare
        for number, media in enumerate(message.media):
            path = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{message.sid}"
            form[f"MediaUrl{number}"] = f"{base}{path}/Media/{media.sid}"
            form[f"MediaContentType{number}"] = media.content_type
        return form

    def close(self) -> None:
        self.stopped.set()
        self.courier.close()

    def _report(self, message: BookedMessage, error: int | None) -> None:
        statuses = self.conduct.statuses if error is None else ("queued", "undelivered")
        forms = [self._callback_form(message, status, error) for status in statuses]

        def reached(form: Form) -> None:
            message.status = form["MessageStatus"]
            message.error_code = int(form["ErrorCode"]) if "ErrorCode" in form else None

        self.courier.carry_callbacks(message.status_callback, forms, reached)

    def _callback_form(self, message: BookedMessage, status: str, error: int | None) -> Form:
        form = {
            "ChannelPrefix": "whatsapp",
            "ChannelToAddress": message.to_address,
            "ApiVersion": "2010-04-01",
            "MessageStatus": status,
            "SmsSid": message.sid,
            "SmsStatus": status,
            "MessageSid": message.sid,
            "AccountSid": self.account_sid,
            "From": message.from_address,
            "To": message.to_address,
        }
        if status in {"delivered", "read", "undelivered"}:
            form["EventType"] = status.upper()
        if error is not None and status in {"failed", "undelivered"}:
            form["ErrorCode"] = str(error)
            form["ErrorMessage"] = f"error {error}"
        return form
