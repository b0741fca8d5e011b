"""What the provider refuses, with its own status, code and words."""

import json
import re
from dataclasses import dataclass

from channels.whatsapp.double.books import Books

_ADDRESS = re.compile(r"whatsapp:(\+[1-9]\d{6,14}|[A-Z]{2}(\.ENT)?\.[0-9A-Za-z]{1,128})")
BODY_LIMIT = 1600


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    code: int
    message: str

    def as_json(self) -> bytes:
        return json.dumps(
            {
                "code": self.code,
                "message": self.message,
                "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
                "status": self.status,
            }
        ).encode()


UNAUTHORISED = Refusal(401, 20003, "Authenticate")
NOT_FOUND = Refusal(404, 20404, "The requested resource was not found")
TOO_MANY = Refusal(429, 20429, "Too Many Requests")
UNAVAILABLE = Refusal(503, 20503, "Service unavailable")
OUTSIDE_WINDOW = Refusal(
    400, 63016, "Failed to send freeform message because you are outside the allowed window."
)


def refuse_send(form: dict[str, str], *, sender: str, books: Books) -> Refusal | None:
    """Why this request to send is refused, or None."""
    to, body = form.get("To", ""), form.get("Body", "")
    if not _ADDRESS.fullmatch(to):
        return Refusal(400, 21211, "Invalid 'To' Phone Number")
    if form.get("From") != sender:
        return Refusal(
            400, 63007, "Twilio could not find a Channel with the specified From address"
        )
    if not body and not form.get("ContentSid"):
        return Refusal(400, 21619, "A text message body or media urls must be specified.")
    if len(body) > BODY_LIMIT:
        return Refusal(400, 21617, "The concatenated message body exceeds the 1600 character limit")
    if to in books.opted_out:
        return Refusal(400, 21610, "Attempt to send to unsubscribed recipient")
    if form.get("ContentVariables"):
        try:
            json.loads(form["ContentVariables"])
        except ValueError:
            return Refusal(400, 21656, "The ContentVariables Parameter is invalid")
    return None
