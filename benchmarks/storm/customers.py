"""The customers: what they write, in which order, and what is sent twice.

Every message carries a marker such as `ref-00042`, so that it can be found wherever it went.
"""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate

import requests

from benchmarks.storm.desk import Desk
from benchmarks.storm.form import post_form
from benchmarks.storm.script import Line
from channels.whatsapp.double.books import BookedMessage

_DUPLICATES, _REORDERED = 0.2, 0.1
# Seconds for which somebody goes on trying, and between two tries.
_PERSISTENCE, _PAUSE = 180.0, 0.5


@dataclass(slots=True)
class Books:
    """What the customers did. `accepted` are the markers that the desk answered 2xx for the form,
    and those that the provider took for the others."""

    accepted: set[str] = field(default_factory=set)
    repeated: int = 0
    retried: Counter[str] = field(default_factory=Counter)
    reordered: int = 0
    refused: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Customers:
    """Writes the lines of each conversation in order, conversations side by side."""

    def __init__(self, desk: Desk, *, seed: int) -> None:
        self.desk = desk
        self.books = Books()
        self._seed = seed
        self._texts: dict[str, BookedMessage] = {}

    def start(self, lines: Sequence[Line], *, threads: int, pause: float) -> list[threading.Thread]:
        """The threads that write, `pause` seconds after each message; done when they end."""
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
        return writers

    def _work(self, queue: Iterator[list[Line]], lock: threading.Lock, pause: float) -> None:
        while True:
            with lock:
                lines = next(queue, None)
            if lines is None:
                return
            rng = random.Random(self._seed * 1_000_003 + lines[0].conversation)
            for line in self._shuffled(lines, rng):
                twice = rng.random() < _DUPLICATES
                self._send(line, times=2 if twice else 1)
                time.sleep(pause)

    def _shuffled(self, lines: list[Line], rng: random.Random) -> list[Line]:
        """Some neighbours change places, as providers deliver them."""
        order = list(lines)
        for at in range(1, len(order) - 1):
            if rng.random() < _REORDERED:
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
        """As a browser or an integration does: with the same key until it is accepted."""
        deadline = time.monotonic() + _PERSISTENCE
        while True:
            try:
                answer = self._post(line)
                if answer.status_code < 500 or time.monotonic() > deadline:
                    answer.raise_for_status()
                    return
                problem = str(answer.status_code)
            except requests.HTTPError:
                raise
            except requests.RequestException as error:
                if time.monotonic() > deadline:
                    raise
                problem = type(error).__name__
            with self.books.lock:
                self.books.retried[problem] += 1
            time.sleep(_PAUSE)

    def _post(self, line: Line) -> requests.Response:
        return post_form(
            self.desk.url,
            customer=f"customer{line.conversation}",
            text=line.text,
            key=str(uuid.uuid5(uuid.NAMESPACE_URL, line.marker)),
        )

    def _mail(self, line: Line, again: int) -> None:
        """The second time it is the same Message-ID, as when a list and the address both get it."""
        mail = EmailMessage()
        mail["From"] = f"Customer {line.conversation} <customer{line.conversation}@example.com>"
        mail["To"] = self.desk.gmail.mailbox.address
        mail["Subject"] = f"Question {line.conversation}"
        mail["Date"] = formatdate()
        mail["Message-ID"] = f"<{line.marker}@example.com>"
        if line.turn:
            first = f"<ref-{int(line.marker[4:]) - line.turn:05d}@example.com>"
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
