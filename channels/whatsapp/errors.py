"""How a request to Twilio may fail, in the types that deliveries know."""

import json
from datetime import timedelta

from django.utils.translation import gettext as _

from channels.types import OutcomeUnknown, RateLimited, TransportError
from channels.whatsapp.status import RATE_EXCEEDED, explain_error

_PAUSE = timedelta(seconds=30)  # where a 429 does not say how long
_LONGEST_PAUSE = timedelta(hours=1)


class Refused(TransportError):
    """The provider answered and did not take it; `code` is Twilio's, where it gave one."""

    def __init__(self, explanation: str, *, permanent: bool, code: int | None) -> None:
        super().__init__(explanation, permanent=permanent)
        self.code = code


def unreachable() -> TransportError:
    """Nothing was sent, or it was only a question: may be tried again."""
    return TransportError(_("Twilio could not be reached."), permanent=False)


def unanswered() -> OutcomeUnknown:
    return OutcomeUnknown(_("Twilio did not say whether it took the message."))


def error_of_answer(
    *, sends: bool, status: int, text: str, retry_after: str | None
) -> TransportError:
    """The error of an answer that is no success; `sends` where it would have sent a message."""
    code = _code(text)
    if status == 429 or code == RATE_EXCEEDED:
        sentence = explain_error(20429 if code is None else code).sentence
        return RateLimited(sentence, retry_after=_pause(retry_after))
    if status >= 500 or status == 408:
        return unanswered() if sends else unreachable()
    if status in {401, 403} and code is None:
        code = 20003
    if status < 400:
        return Refused(
            _("Twilio's address answers with a redirect. Check TWILIO_API_BASE."),
            permanent=True,
            code=None,
        )
    meaning = explain_error(code or status)
    return Refused(meaning.sentence, permanent=meaning.permanent, code=code)


def _code(text: str) -> int | None:
    try:
        answer = json.loads(text)
    except ValueError:
        return None
    code = answer.get("code") if isinstance(answer, dict) else None
    return code if isinstance(code, int) else None


def _pause(header: str | None) -> timedelta:
    """Seconds as Twilio sends them; a date, which HTTP also allows, counts as not said."""
    try:
        seconds = float(header or "")
    except ValueError:
        return _PAUSE
    if not 0 <= seconds < _LONGEST_PAUSE.total_seconds():  # refuses what is not a number, too
        return _LONGEST_PAUSE if seconds > 0 else _PAUSE
    return timedelta(seconds=seconds)
