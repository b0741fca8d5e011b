"""A mailbox as Gmail keeps it: messages, labels, threads, drafts and a history of changes."""

import email
import itertools
import re
import threading
import time
from dataclasses import dataclass, field
from email.message import Message

_MESSAGE_ID = re.compile(r"<[^<>\s]+>")


@dataclass(slots=True)
class StoredMail:
    gmail_id: str
    thread_id: str
    labels: set[str]
    raw: bytes
    internal_date: int
    history_id: int

    def header(self, name: str) -> str:
        return str(_head(self.raw).get(name, "")).strip()


@dataclass(frozen=True, slots=True)
class SentMail:
    """A line in the books: one message that was accepted for sending."""

    gmail_id: str
    thread_id: str
    delivery_id: str
    to: str
    subject: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Change:
    history_id: int
    kind: str  # messagesAdded, labelsAdded
    gmail_id: str
    thread_id: str
    labels: tuple[str, ...]
    added: tuple[str, ...] = ()


@dataclass(slots=True)
class StoredDraft:
    draft_id: str
    gmail_id: str


@dataclass(slots=True)
class Mailbox:
    """Thread-safe. Ids are hexadecimal as Gmail's; the history has gaps as Gmail's has."""

    address: str
    messages: dict[str, StoredMail] = field(default_factory=dict)
    drafts: dict[str, StoredDraft] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    sent: list[SentMail] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    history_id: int = 1_000
    oldest_history_id: int = 1_000
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(0x18C0000000001))

    def deliver(
        self,
        raw: bytes,
        *,
        labels: tuple[str, ...] = ("INBOX", "UNREAD"),
        thread_id: str = "",
        received_at: float | None = None,
    ) -> StoredMail:
        """A mail arrives; it joins the thread that its References name, as Gmail does."""
        with self.lock:
            gmail_id = self._new_id()
            mail = StoredMail(
                gmail_id,
                thread_id or self._thread_of(raw) or gmail_id,
                set(labels),
                raw,
                int((time.time() if received_at is None else received_at) * 1000),
                self._advance(),
            )
            self.messages[gmail_id] = mail
            self._note("messagesAdded", mail)
            return mail

    def rescue_from_spam(self, gmail_id: str) -> None:
        with self.lock:
            mail = self.messages[gmail_id]
            mail.labels = (mail.labels - {"SPAM"}) | {"INBOX"}
            mail.history_id = self._advance()
            self._note("labelsAdded", mail, added=("INBOX",))

    def delete(self, gmail_id: str) -> None:
        with self.lock:
            self.messages.pop(gmail_id, None)
            self._advance()

    def expire_history(self) -> None:
        """Cursors up to now are too old."""
        with self.lock:
            self._advance()
            self.oldest_history_id = self.history_id
            self.changes.clear()

    def create_draft(self, raw: bytes, thread_id: str = "") -> StoredDraft:
        with self.lock:
            mail = self.deliver(raw, labels=("DRAFT",), thread_id=thread_id)
            draft = StoredDraft(f"r-{self._new_id()}", mail.gmail_id)
            self.drafts[draft.draft_id] = draft
            return draft

    def send_draft(self, draft_id: str) -> StoredMail | None:
        """The draft goes and its message is sent under a new id; None if there is none."""
        with self.lock:
            draft = self.drafts.pop(draft_id, None)
            mail = self.messages.pop(draft.gmail_id, None) if draft else None
            return self.send(mail.raw, mail.thread_id) if mail else None

    def send(self, raw: bytes, thread_id: str = "") -> StoredMail:
        with self.lock:
            mail = self.deliver(raw, labels=("SENT",), thread_id=thread_id)
            self.sent.append(
                SentMail(
                    mail.gmail_id,
                    mail.thread_id,
                    mail.header("X-Allhours-Delivery"),
                    mail.header("To"),
                    mail.header("Subject"),
                    raw,
                )
            )
            return mail

    def newest_change(self) -> int:
        """The history id of the newest change that the history tells."""
        with self.lock:
            return self.changes[-1].history_id if self.changes else self.oldest_history_id

    def thread(self, thread_id: str) -> list[StoredMail]:
        with self.lock:
            return [mail for mail in self.messages.values() if mail.thread_id == thread_id]

    def search(self, query: str) -> list[StoredMail]:
        """Newest first. Knows in:sent, newer_than:Nd, rfc822msgid: and the exclusions of
        drafts and chats; spam and trash are left out, as by the real search."""
        with self.lock:
            found = [m for m in self.messages.values() if not m.labels & {"SPAM", "TRASH"}]
        for term in query.split():
            found = [mail for mail in found if _matches(mail, term)]
        return sorted(found, key=lambda mail: (mail.internal_date, mail.gmail_id), reverse=True)

    def _note(self, kind: str, mail: StoredMail, added: tuple[str, ...] = ()) -> None:
        labels = tuple(sorted(mail.labels))
        self.changes.append(
            Change(mail.history_id, kind, mail.gmail_id, mail.thread_id, labels, added)
        )

    def _thread_of(self, raw: bytes) -> str:
        head = _head(raw)
        cited = f"{head.get('References', '')} {head.get('In-Reply-To', '')}"
        wanted = set(_MESSAGE_ID.findall(cited))
        if not wanted:
            return ""
        for mail in self.messages.values():
            if mail.header("Message-ID") in wanted:
                return mail.thread_id
        return ""

    def _new_id(self) -> str:
        return f"{next(self._ids):x}"

    def _advance(self) -> int:
        self.history_id += 3
        return self.history_id


def _matches(mail: StoredMail, term: str) -> bool:
    if term == "in:sent":
        return "SENT" in mail.labels
    if term in ("-in:drafts", "-in:chats"):
        return "DRAFT" not in mail.labels
    if term.startswith("newer_than:"):
        return mail.internal_date >= (time.time() - int(term[11:-1]) * 86_400) * 1000
    if term.startswith("rfc822msgid:"):
        return mail.header("Message-ID").strip("<>") == term[12:].strip("<>")
    return True


def _head(raw: bytes) -> Message:
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    return email.message_from_bytes(head + b"\n\n")
