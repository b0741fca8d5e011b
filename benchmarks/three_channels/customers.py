"""The customers: what they write, in which order, and what is sent twice.

Every message carries a marker such as `ref-00042`, so that it can be found wherever it went.
"""

import random
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate

import requests

from benchmarks.three_channels.desk import Desk
from channels.whatsapp.double.books import BookedMessage

# Short, for once a person has a conversation the agent answers no more in it.
LENGTH = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a conversation; `turn` counts from 0 within it."""

    marker: str
    channel: str
    conversation: int
    turn: int
    text: str


@dataclass(slots=True)
class Books:
    """What the customers did. `accepted` are the markers that the desk answered 2xx for the form,
    and those that the provider took for the others."""

    accepted: set[str] = field(default_factory=set)
    repeated: int = 0
    reordered: int = 0
    refused: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def write_script(texts: Sequence[str], *, count: int, seed: int) -> list[Line]:
    """`count` messages in conversations of LENGTH, the channels in turn; the form opens a ticket
    for each."""
    rng = random.Random(seed)
    lines = []
    for number in range(count):
        conversation = number // LENGTH
        channel = ("web", "email", "whatsapp")[conversation % 3]
        marker = f"ref-{number:05d}"
        text = f"{rng.choice(texts)} ({marker})"
        lines.append(Line(marker, channel, conversation, number % LENGTH, text))
    return lines


class Customers:
    """Writes the lines of each conversation in order, conversations side by side."""

    def __init__(self, desk: Desk, *, seed: int, duplicates: float, reordered: float) -> None:
        self.desk = desk
        self.books = Books()
        self._seed = seed
        self._duplicates = duplicates
        self._reordered = reordered
        self._texts: dict[str, BookedMessage] = {}

    def write(self, lines: Sequence[Line], *, threads: int, pause: float) -> None:
        conversations: dict[int, list[Line]] = {}
        for line in lines:
            conversations.setdefault(line.conversation, []).append(line)
        queue = iter(conversations.values())
        lock = threading.Lock()
        writers = [
            threading.Thread(target=self._work, args=(queue, lock, pause)) for _ in range(threads)
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()

    def _work(self, queue: Iterator[list[Line]], lock: threading.Lock, pause: float) -> None:
        while True:
            with lock:
                lines = next(queue, None)
            if lines is None:
                return
            rng = random.Random(self._seed * 1_000_003 + lines[0].conversation)
            for line in self._shuffled(lines, rng):
                twice = rng.random() < self._duplicates
                self._send(line, times=2 if twice else 1)
                time.sleep(pause)

    def _shuffled(self, lines: list[Line], rng: random.Random) -> list[Line]:
        """Some neighbours change places, as providers deliver them."""
        order = list(lines)
        for at in range(1, len(order) - 1):
            if rng.random() < self._reordered:
                order[at], order[at + 1] = order[at + 1], order[at]
                with self.books.lock:
                    self.books.reordered += 2
        return order

    def _send(self, line: Line, *, times: int) -> None:
        for again in range(times):
            try:
                {"web": self._submit, "email": self._mail, "whatsapp": self._text}[line.channel](
                    line, again
                )
            except requests.RequestException as error:
                with self.books.lock:
                    self.books.refused.append(f"{line.marker}: {type(error).__name__}")
                continue
            with self.books.lock:
                self.books.accepted.add(line.marker)
                self.books.repeated += again

    def _submit(self, line: Line, again: int) -> None:
        answer = requests.post(
            f"{self.desk.url}/api/v1/support/form",
            json={
                "name": f"Customer {line.conversation}",
                "email": f"customer{line.conversation}@example.com",
                "subject": f"Question {line.conversation}",
                "category": "how_to",
                "message": line.text,
            },
            headers={"Idempotency-Key": str(uuid.uuid5(uuid.NAMESPACE_URL, line.marker))},
            timeout=30,
        )
        answer.raise_for_status()

    def _mail(self, line: Line, again: int) -> None:
        """The second time it is the same Message-ID, as when a list and the address both get it."""
        mail = EmailMessage()
        mail["From"] = f"Customer {line.conversation} <customer{line.conversation}@example.com>"
        mail["To"] = self.desk.gmail.mailbox.address
        mail["Subject"] = f"Question {line.conversation}"
        mail["Date"] = formatdate()
        mail["Message-ID"] = f"<{line.marker}@example.com>"
        if line.turn:
            first = f"<ref-{line.conversation * LENGTH:05d}@example.com>"
            mail["In-Reply-To"] = mail["References"] = first
        mail.set_content(line.text)
        self.desk.gmail.deliver(mail.as_bytes())

    def _text(self, line: Line, again: int) -> None:
        """The second time it is the same message's webhook, as when the first was not answered."""
        if again:
            self.desk.whatsapp.repeat(self._texts[line.marker])
        else:
            number = f"whatsapp:+1415555{line.conversation % 10000:04d}"
            self._texts[line.marker] = self.desk.whatsapp.receive(number, line.text)
