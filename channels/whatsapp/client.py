"""The one module that talks to Twilio's API.

Every method makes its request once and raises TransportError: OutcomeUnknown where a message may
be out, RateLimited with the pause asked for, Refused with Twilio's code and a sentence for staff.
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import requests
from django.conf import settings
from django.utils.translation import gettext as _
from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from channels.types import TransportError
from channels.whatsapp.errors import unanswered, unreachable
from channels.whatsapp.numbers import PREFIX
from channels.whatsapp.transport import (
    CONNECT_SECONDS,
    OFFICIAL_BASE,
    OnceHttpClient,
)
from channels.whatsapp.types import ListedMessage, MediaRef

# Twilio's largest: a listing is had as a whole or not at all, so the fewer requests the better.
PAGE_SIZE = 1000
LIST_LIMIT = 5000


class TwilioClient:
    """Sends from one WhatsApp sender and reads what went between it and customers.

    Addresses are `whatsapp:…`, as identities carry them. Timeouts are for connecting and for
    each read, in seconds. May be used by one thread at a time.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        sender: str,
        api_base: str = "",
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float | None = None,
    ) -> None:
        self.sender = channel_address(sender)
        self._base = (api_base or OFFICIAL_BASE).rstrip("/")
        self._client = Client(
            account_sid,
            auth_token,
            http_client=OnceHttpClient(
                base=api_base,
                connect_seconds=connect_seconds,
                read_seconds=read_seconds or settings.PROVIDER_TIMEOUT_SECONDS,
            ),
        )

    def send_text(self, to: str, body: str, status_callback: str) -> str:
        """Sends free text of at most 1,600 characters; returns the message's sid."""
        return self._create(to=to, body=body, status_callback=status_callback)

    def send_template(
        self, to: str, content_sid: str, variables: Mapping[str, str], status_callback: str
    ) -> str:
        """Sends an approved template with its variables filled in; returns the message's sid."""
        return self._create(
            to=to,
            content_sid=content_sid,
            content_variables=json.dumps(dict(variables), ensure_ascii=False),
            status_callback=status_callback,
        )

    def list_messages(
        self,
        *,
        to: str | None = None,
        from_: str | None = None,
        date_sent_after: datetime | None = None,
        limit: int = LIST_LIMIT,
    ) -> list[ListedMessage]:
        """Messages by address and date, newest first, over all pages up to `limit`."""
        after = date_sent_after.astimezone(UTC) if date_sent_after else None
        filters: dict[str, Any] = {
            name: value
            for name, value in (("to", to), ("from_", from_), ("date_sent_after", after))
            if value is not None
        }
        return [_listed(each) for each in self._read(filters, limit)]

    def fetch_message(self, sid: str) -> ListedMessage:
        """Raises Refused with code 20404 for a message that Twilio does not know."""
        try:
            return _listed(self._client.messages(sid).fetch())
        except (TwilioException, ValueError) as error:
            raise unreachable() from error

    def list_media(self, message_sid: str) -> tuple[MediaRef, ...]:
        """The files of a message, as a webhook would have named them."""
        try:
            found = self._client.messages(message_sid).media.list(limit=20)
        except (TwilioException, ValueError) as error:
            raise unreachable() from error
        return tuple(
            MediaRef(
                url=f"{self._base}{str(media.uri).removesuffix('.json')}",
                content_type=str(media.content_type or ""),
            )
            for media in found
        )

    def _create(self, **parameters: Any) -> str:
        try:
            sid = self._client.messages.create(from_=self.sender, **parameters).sid
        except TransportError:
            raise
        except (TwilioException, ValueError, TypeError, AttributeError) as error:
            raise unanswered() from error  # a success that cannot be read is no refusal
        if not isinstance(sid, str) or not sid:
            raise unanswered()
        return sid

    def _read(self, filters: dict[str, Any], limit: int) -> Iterator[Any]:
        try:
            yield from itertools.islice(
                self._client.messages.stream(page_size=min(PAGE_SIZE, limit), **filters), limit
            )
        except (TwilioException, ValueError, requests.RequestException) as error:
            raise unreachable() from error


def missing_settings() -> list[str]:
    """The variables without which the channel cannot talk to Twilio; [] if all are set."""
    needed = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_WHATSAPP_FROM")
    return [name for name in needed if not getattr(settings, name)]


def client_from_settings() -> TwilioClient:
    """A client of the configured account. Raises TransportError that names what is not set."""
    missing = missing_settings()
    if missing:
        raise TransportError(
            _("WhatsApp is not set up: set %(names)s.") % {"names": ", ".join(missing)},
            permanent=True,
        )
    return TwilioClient(
        account_sid=settings.TWILIO_ACCOUNT_SID,
        auth_token=settings.TWILIO_AUTH_TOKEN,
        sender=settings.TWILIO_WHATSAPP_FROM,
        api_base=settings.TWILIO_API_BASE,
    )


def channel_address(address: str) -> str:
    """The address with Twilio's prefix for the channel, whether it was given or not."""
    return address if address.startswith(PREFIX) else f"{PREFIX}{address}"


def _listed(message: Any) -> ListedMessage:
    return ListedMessage(
        sid=str(message.sid),
        outgoing=str(message.direction).startswith("outbound"),
        from_address=str(message.from_ or ""),
        to_address=str(message.to or ""),
        body=str(message.body or ""),
        status=str(message.status or ""),
        error_code=message.error_code,
        created_at=message.date_created or message.date_sent or datetime.min.replace(tzinfo=UTC),
        media_count=int(message.num_media or 0),
    )
