"""Carries webhooks and status callbacks to the desk, with the provider's real signature."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import urllib3
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from channels.whatsapp.double.books import Books, WebhookAttempt
from channels.whatsapp.double.faults import FaultPlan, WebhookFault

ANSWER_SECONDS = 15.0  # after which the provider gives up
Form = dict[str, str]


class Courier:
    """Delivers in the background. `deliver_to` is the scheme and host that requests really go
    to, while the signature stays over the public address, as behind a TLS proxy."""

    def __init__(
        self, books: Books, faults: FaultPlan, *, auth_token: str, deliver_to: str = ""
    ) -> None:
        self.deliver_to = deliver_to
        self.pause_seconds = 0.02
        self.late_seconds = 0.3
        self._books = books
        self._faults = faults
        self._validator = RequestValidator(auth_token)
        self._threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="courier")
        self._idle = threading.Condition()
        self._pending = 0
        self._stopped = threading.Event()
        self._http = urllib3.PoolManager(maxsize=16, retries=False, timeout=ANSWER_SECONDS)

    def carry_inbound(self, url: str, form: Form) -> None:
        """Delivers a customer's message as the next fault of the lane says."""
        fault = self._faults.next_fault("inbound")
        if fault == WebhookFault.DROP:
            self._note("inbound", form, None, dropped=True)
            return
        wait = self.late_seconds if fault == WebhookFault.REORDER else 0.0
        for _copy in range(2 if fault == WebhookFault.DUPLICATE else 1):
            self._submit(lambda: self._post("inbound", url, form, wait=wait))

    def carry_callbacks(
        self, url: str, forms: Sequence[Form], reached: Callable[[Form], None]
    ) -> None:
        """Delivers a message's callbacks one after the other; `reached` hears of each status
        when the provider has it. Without a `url` only that happens."""
        self._submit(lambda: self._walk(url, list(forms), reached))

    def wait_until_idle(self, seconds: float = 10.0) -> bool:
        """Whether everything was delivered within that time."""
        with self._idle:
            return self._idle.wait_for(lambda: self._pending == 0, seconds)

    def close(self) -> None:
        self._stopped.set()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._http.clear()

    def _walk(self, url: str, forms: list[Form], reached: Callable[[Form], None]) -> None:
        order: list[Form] = []
        for form in forms:
            fault = self._faults.next_fault("callback") if url else None
            if fault == WebhookFault.DROP:
                self._note("callback", form, None, dropped=True)
            elif fault == WebhookFault.REORDER:
                order.insert(max(len(order) - 1, 0), form)
            else:
                order += [form] * (2 if fault == WebhookFault.DUPLICATE else 1)
        for form in forms:
            reached(form)
        for form in order if url else ():
            self._post("callback", url, form, wait=self.pause_seconds)

    def _post(self, lane: str, url: str, form: Form, *, wait: float = 0.0) -> None:
        if self._stopped.wait(wait):
            return
        public = urlsplit(url)
        target = self.deliver_to or f"{public.scheme}://{public.netloc}"
        address = f"{target}{public.path}" + (f"?{public.query}" if public.query else "")
        headers = {
            "Host": public.netloc,
            "X-Forwarded-Proto": public.scheme,
            "X-Twilio-Signature": self._validator.compute_signature(url, form),
            "I-Twilio-Idempotency-Token": form["MessageSid"],
            "User-Agent": "TwilioProxy/1.1",
        }
        answer = None
        for _try in range(2):  # the provider tries once more where no connection came about
            try:
                response = self._http.request_encode_body(
                    "POST", address, fields=form, headers=headers, encode_multipart=False
                )
            except urllib3.exceptions.NewConnectionError:
                continue
            except urllib3.exceptions.HTTPError:
                break
            answer = response.status
            break
        self._note(lane, form, answer)

    def _note(self, lane: str, form: Form, answer: int | None, *, dropped: bool = False) -> None:
        status = form.get("MessageStatus") or form.get("SmsStatus", "")
        self._books.note_attempt(
            WebhookAttempt(lane, form["MessageSid"], status, answer, dropped=dropped)
        )

    def _submit(self, work: Callable[[], None]) -> None:
        with self._idle:
            self._pending += 1

        def run() -> None:
            try:
                work()
            finally:
                with self._idle:
                    self._pending -= 1
                    self._idle.notify_all()

        self._threads.submit(run)
