"""The Gmail API as the desk uses it. Nothing here retries; the queue does."""

import base64
import binascii
from collections.abc import Iterable
from urllib.parse import quote

from django.conf import settings

from channels.gmail import answers
from channels.gmail.account import Account, get_account
from channels.gmail.connection import Connection, Params
from channels.gmail.credentials import build_credentials
from channels.gmail.errors import HistoryTooOld, NotFound
from channels.gmail.records import (
    Draft,
    HistoryPage,
    MailHeaders,
    MessagePage,
    MessageRef,
    Profile,
    Watch,
    read_draft,
    read_headers,
    read_instant,
    read_ref,
)
from channels.gmail.types import RawMail
from channels.types import TransportError

DELIVERY_HEADER = "X-Allhours-Delivery"
CONNECT_TIMEOUT = 5.0
PAGE_SIZE = 500
# How many sent mails are looked through when there is no thread to look in.
_SEARCH_PAGES, _SEARCH_PAGE_SIZE = 2, 50


class GmailClient:
    """One mailbox. Belongs to one thread; close it, or use it as a context manager.

    `timeout` are the seconds to connect and between two bytes of an answer.

    Every method raises TransportError or one of its kinds in `channels.gmail.errors`.
    """

    def __init__(
        self,
        account: Account | None = None,
        *,
        timeout: tuple[float, float] | None = None,
    ) -> None:
        timeout = timeout or (CONNECT_TIMEOUT, settings.PROVIDER_TIMEOUT_SECONDS)
        self._account = account or get_account()
        self._connection = Connection(
            self._account.api_base, build_credentials(self._account), timeout=timeout
        )

    def __enter__(self) -> "GmailClient":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def profile(self) -> Profile:
        answer = self._connection.get("profile", what="the profile")
        history_id = answers.number_of(answer, "historyId", what="the profile")
        return Profile(answers.text_of(answer, "emailAddress"), history_id)

    def watch(self) -> Watch:
        """Starts or renews the pushes to GMAIL_PUBSUB_TOPIC; Gmail ends them after 7 days.

        Spam is watched too, since a rescue from it is a change of labels like any other.
        """
        body = {"topicName": self._account.pubsub_topic}
        answer = self._connection.post("watch", body, what="the watch", sends=False)
        expiration = answers.number_of(answer, "expiration", what="the watch")
        return Watch(
            answers.number_of(answer, "historyId", what="the watch"),
            read_instant(expiration),
        )

    def history(self, start_id: int, page_token: str = "") -> HistoryPage:
        """What was added since `start_id`, oldest first. Raises HistoryTooOld."""
        params: dict[str, str | int | list[str]] = {
            "startHistoryId": start_id,
            "historyTypes": ["messageAdded", "labelAdded"],
            "maxResults": PAGE_SIZE,
        }
        if page_token:
            params["pageToken"] = page_token
        try:
            answer = self._connection.get("history", params, what="the history")
        except NotFound:
            raise HistoryTooOld("Gmail no longer keeps the history from the cursor on.") from None
        refs = [
            read_ref(answers.object_of(change, "message"), answers.texts_of(change, "labelIds"))
            for record in answers.objects_of(answer, "history")
            for kind in ("messagesAdded", "labelsAdded")
            for change in answers.objects_of(record, kind)
        ]
        return HistoryPage(
            tuple(ref for ref in refs if ref.gmail_id),
            answers.number_of(answer, "historyId", what="the history"),
            answers.text_of(answer, "nextPageToken"),
        )

    def list_messages(
        self, query: str, page_token: str = "", *, page_size: int = PAGE_SIZE
    ) -> MessagePage:
        """The messages that Gmail's search finds, newest first, without spam and trash."""
        params: dict[str, str | int | list[str]] = {"q": query, "maxResults": page_size}
        if page_token:
            params["pageToken"] = page_token
        answer = self._connection.get("messages", params, what="the list of messages")
        refs = [read_ref(found) for found in answers.objects_of(answer, "messages")]
        return MessagePage(
            tuple(ref for ref in refs if ref.gmail_id), answers.text_of(answer, "nextPageToken")
        )

    def get_raw(self, message_id: str) -> RawMail:
        """Raises NotFound, which is final: the message was deleted."""
        path = f"messages/{quote(message_id, safe='')}"
        answer = self._connection.get(path, {"format": "raw"}, what="a message")
        ref = read_ref(answer)
        encoded = answers.text_of(answer, "raw")
        try:
            raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        except (binascii.Error, ValueError):
            raw = b""
        if not raw or ref.gmail_id != message_id:
            raise TransportError("Gmail's answer holds no message.", permanent=False)
        received = answers.number_of(answer, "internalDate", what="a message")
        return RawMail(
            gmail_id=ref.gmail_id,
            thread_id=ref.thread_id,
            label_ids=ref.label_ids,
            received_at=read_instant(received),
            raw=raw,
        )

    def create_draft(self, raw: bytes, thread_id: str = "") -> Draft:
        """Posts once. OutcomeUnknown: `find_draft` tells; a second draft is not a second mail."""
        message = {"raw": base64.urlsafe_b64encode(raw).decode("ascii")}
        if thread_id:
            message["threadId"] = thread_id
        answer = self._connection.post("drafts", {"message": message}, what="a draft", sends=True)
        return read_draft(answer)

    def send_draft(self, draft_id: str) -> MessageRef:
        """Posts once; the draft is gone afterwards and its message is sent under a new id.

        OutcomeUnknown: it may have been sent, see `channels.gmail.outcome`. NotFound: the
        draft was sent before, or deleted.
        """
        answer = self._connection.post("drafts/send", {"id": draft_id}, what="a reply", sends=True)
        return read_ref(answer)

    def get_draft(self, draft_id: str) -> Draft:
        """Raises NotFound once it was sent or deleted."""
        path = f"drafts/{quote(draft_id, safe='')}"
        return read_draft(self._connection.get(path, {"format": "minimal"}, what="a draft"))

    def get_thread_headers(self, thread_id: str) -> tuple[MailHeaders, ...]:
        """The mails of the thread, drafts among them, oldest first. Raises NotFound."""
        params = _metadata()
        path = f"threads/{quote(thread_id, safe='')}"
        answer = self._connection.get(path, params, what="a thread")
        return tuple(read_headers(found) for found in answers.objects_of(answer, "messages"))

    def find_sent(self, delivery_id: str, *, thread_id: str = "") -> MessageRef | None:
        """The sent message that carries the delivery's id, in the thread or else among the
        newest sent ones."""
        if thread_id:
            try:
                found = _carrying(self.get_thread_headers(thread_id), delivery_id)
            except NotFound:
                found = None
            if found:
                return found
        return _carrying(self._newest("in:sent newer_than:3d"), delivery_id)

    def find_draft(self, delivery_id: str, *, thread_id: str = "") -> Draft | None:
        """The draft that carries the delivery's id, among the newest; with a thread only those of
        the thread are looked into."""
        params: Params = {"maxResults": _SEARCH_PAGE_SIZE}
        listed = self._connection.get("drafts", params, what="the list of drafts")
        for draft in map(read_draft, answers.objects_of(listed, "drafts")):
            if thread_id and draft.message.thread_id != thread_id:
                continue
            try:
                headers = self._headers_of(draft.message.gmail_id)
            except NotFound:
                continue
            if headers.fields.get(DELIVERY_HEADER.lower()) == delivery_id:
                return draft
        return None

    def _newest(self, query: str) -> Iterable[MailHeaders]:
        token = ""
        for _ in range(_SEARCH_PAGES):
            page = self.list_messages(query, token, page_size=_SEARCH_PAGE_SIZE)
            for ref in page.messages:
                try:
                    yield self._headers_of(ref.gmail_id)
                except NotFound:
                    continue
            token = page.next_page_token
            if not token:
                return

    def _headers_of(self, message_id: str) -> MailHeaders:
        path = f"messages/{quote(message_id, safe='')}"
        return read_headers(self._connection.get(path, _metadata(), what="a message's headers"))


def _metadata() -> Params:
    names = [DELIVERY_HEADER, "Message-ID", "References", "In-Reply-To", "Subject", "From"]
    return {"format": "metadata", "metadataHeaders": names}


def _carrying(mails: Iterable[MailHeaders], delivery_id: str) -> MessageRef | None:
    wanted = DELIVERY_HEADER.lower()
    for mail in mails:
        labels = mail.message.label_ids
        if mail.fields.get(wanted) == delivery_id and "SENT" in labels and "DRAFT" not in labels:
            return mail.message
    return None
