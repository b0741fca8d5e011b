"""What channels pass on and what they get back."""

from dataclasses import dataclass, field

from crm.types import IncomingFile


@dataclass(frozen=True, slots=True)
class Submission:
    """A valid question from the web form or its API; `token` is the same for a repeated one."""

    token: str
    name: str
    email: str
    subject: str
    message: str
    category: str
    priority: str
    phone: str = ""
    language: str = ""
    files: tuple[IncomingFile, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the message; its id for it, where it gives one."""

    provider_id: str = ""


class TransportError(Exception):
    """A provider refused or could not be reached.

    `permanent` tells that the same attempt can never succeed. The text is for staff: what
    happened and what to do, without the message's content.
    """

    def __init__(self, explanation: str, *, permanent: bool) -> None:
        super().__init__(explanation)
        self.permanent = permanent
