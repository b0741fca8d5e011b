"""Messages and their listing as the API's JSON."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from channels.whatsapp.double.books import BookedMessage, Media

API = "/2010-04-01/Accounts"


def message_resource(account_sid: str, message: BookedMessage) -> dict[str, Any]:
    uri = f"{API}/{account_sid}/Messages/{message.sid}"
    created = format_datetime(message.created_at)
    return {
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": created,
        "date_sent": None if message.status == "queued" else created,
        "date_updated": created,
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": None,
        "from": message.from_address,
        "messaging_service_sid": None,
        "num_media": str(len(message.media)),
        "num_segments": "1",
        "price": None,
        "price_unit": None,
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to_address,
        "uri": f"{uri}.json",
    }


def media_list(account_sid: str, message: BookedMessage) -> dict[str, Any]:
    return {
        "media_list": [media_resource(account_sid, message.sid, media) for media in message.media],
        "next_page_uri": None,
        "page": 0,
        "page_size": 50,
    }


def media_resource(account_sid: str, message_sid: str, media: Media) -> dict[str, Any]:
    return {
        "account_sid": account_sid,
        "content_type": media.content_type,
        "date_created": None,
        "date_updated": None,
        "parent_sid": message_sid,
        "sid": media.sid,
        "uri": f"{API}/{account_sid}/Messages/{message_sid}/Media/{media.sid}.json",
    }


@dataclass(frozen=True, slots=True)
class Listing:
    """A query of the message list; newest first, by page."""

    to: str
    from_address: str
    after: datetime | None
    before: datetime | None
    page: int
    page_size: int

    @classmethod
    def of(cls, query: dict[str, str]) -> "Listing":
        return cls(
            to=query.get("To", ""),
            from_address=query.get("From", ""),
            after=_moment(query.get("DateSent>")),
            before=_moment(query.get("DateSent<")),
            page=int(query.get("Page", "0")),
            page_size=min(max(int(query.get("PageSize", "50")), 1), 1000),
        )

    def answer(self, account_sid: str, messages: list[BookedMessage]) -> dict[str, Any]:
        found = [message for message in reversed(messages) if self._holds(message)]
        start = self.page * self.page_size
        page = found[start : start + self.page_size]
        more = len(found) > start + self.page_size
        return {
            "messages": [message_resource(account_sid, message) for message in page],
            "page": self.page,
            "page_size": self.page_size,
            "start": start,
            "end": start + max(len(page) - 1, 0),
            "uri": self._uri(account_sid, self.page),
            "first_page_uri": self._uri(account_sid, 0),
            "next_page_uri": self._uri(account_sid, self.page + 1) if more else None,
            "previous_page_uri": self._uri(account_sid, self.page - 1) if self.page else None,
        }

    def _holds(self, message: BookedMessage) -> bool:
        dated = self.after is not None or self.before is not None
        if dated and message.status == "queued":  # has no date of sending yet
            return False
        whole_seconds = message.created_at.replace(microsecond=0)
        return (
            (not self.to or message.to_address == self.to)
            and (not self.from_address or message.from_address == self.from_address)
            and (self.after is None or whole_seconds >= self.after)
            and (self.before is None or whole_seconds <= self.before)
        )

    def _uri(self, account_sid: str, page: int) -> str:
        query = {
            "To": self.to,
            "From": self.from_address,
            "DateSent>": self.after.isoformat() if self.after else "",
            "DateSent<": self.before.isoformat() if self.before else "",
            "PageSize": str(self.page_size),
            "Page": str(page),
            "PageToken": f"PA{page}",
        }
        kept = {name: value for name, value in query.items() if value}
        return f"{API}/{account_sid}/Messages.json?{urlencode(kept)}"


def encode(resource: dict[str, Any]) -> bytes:
    return json.dumps(resource).encode()


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
