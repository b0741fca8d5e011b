"""Drives a running desk as its customers would.

    locust --headless --host http://127.0.0.1:8000 --html smoke.html --csv smoke -t 30s QuickSmoke

`QuickSmoke` is a short look at all paths, `Customers` writes and waits as people do, `Webhooks`
offers 1,000 signed webhooks a second with 100 users. Webhooks need TWILIO_AUTH_TOKEN and
PUBLIC_URL as the desk has them; forms need a desk whose FORM_RATE_LIMIT is 0.
"""

import os
import random
import uuid

from locust import FastHttpUser, between, constant_throughput, tag, task

from channels.whatsapp.signature import sign

_FORM = "/api/v1/support/form"
_WEBHOOK = "/api/v1/webhooks/whatsapp"
_QUESTIONS = (
    "How do I invite a colleague to my workspace?",
    "Can I change my plan in the middle of a month?",
    "I was charged twice, please refund one of the payments.",
)


class _Customer(FastHttpUser):
    abstract = True

    def ask(self) -> dict[str, str] | None:
        """Submits the form; the ticket as the desk answered it, None if it was refused."""
        question = {
            "name": "Alice Example",
            "email": f"customer{random.randrange(100_000)}@example.com",
            "subject": "A question",
            "category": "how_to",
            "message": random.choice(_QUESTIONS),
        }
        key = {"Idempotency-Key": str(uuid.uuid4())}
        with self.client.post(_FORM, json=question, headers=key, catch_response=True) as answer:
            if answer.status_code != 201:
                answer.failure(f"answered {answer.status_code}")
                return None
            ticket: dict[str, str] = answer.json()
            return ticket

    def look(self, ticket: dict[str, str]) -> None:
        self.client.get(
            f"/api/v1/tickets/{ticket['ticket_id']}",
            headers={"X-Ticket-Key": ticket["access_key"]},
            name="/api/v1/tickets/[ticket]",
        )

    def write(self) -> None:
        """What Twilio posts for a WhatsApp message, with its signature."""
        sender = f"1415555{random.randrange(10_000):04d}"
        parameters = {
            "MessageSid": f"SM{uuid.uuid4().hex}",
            "AccountSid": os.environ.get("TWILIO_ACCOUNT_SID", "AC" + "0" * 32),
            "From": f"whatsapp:+{sender}",
            "To": os.environ.get("TWILIO_WHATSAPP_FROM", "whatsapp:+14155238886"),
            "WaId": sender,
            "Body": random.choice(_QUESTIONS),
            "NumMedia": "0",
        }
        address = os.environ.get("PUBLIC_URL", self.host or "") + _WEBHOOK
        token = os.environ.get("TWILIO_AUTH_TOKEN", "")
        signature = sign(address, tuple(parameters.items()), token)
        self.client.post(_WEBHOOK, data=parameters, headers={"X-Twilio-Signature": signature})


class Customers(_Customer):
    """Asks, looks for the answer as the status page does, and writes by WhatsApp."""

    weight = 1
    wait_time = between(3, 7)

    def on_start(self) -> None:
        self.ticket: dict[str, str] | None = None

    @tag("form")
    @task(1)
    def submit(self) -> None:
        self.ticket = self.ask() or self.ticket

    @tag("status")
    @task(6)
    def poll(self) -> None:
        if self.ticket is not None:
            self.look(self.ticket)

    @tag("webhook")
    @task(2)
    def message(self) -> None:
        self.write()


class Webhooks(_Customer):
    """With 100 users: 1,000 requests a second."""

    wait_time = constant_throughput(10)

    @task
    def message(self) -> None:
        self.write()


class QuickSmoke(_Customer):
    """Every path once a second."""

    wait_time = constant_throughput(1)

    @task
    def walk(self) -> None:
        self.client.get("/health")
        self.client.get("/support/")
        ticket = self.ask()
        if ticket is not None:
            self.look(ticket)
        if os.environ.get("TWILIO_AUTH_TOKEN"):
            self.write()
