"""Whether Google saw that a mail comes from the domain it claims (RFC 8601, RFC 7489)."""

import re
from email.message import Message

from channels.gmail import headers

_SERVER = "mx.google.com"
_INNER_COMMENT = re.compile(r"\([^()]*\)")
_DMARC = re.compile(r"dmarc\s*=\s*(\w+)", re.IGNORECASE)
_HEADER_FROM = re.compile(r"header\.from\s*=\s*\"?([\w.-]+)\"?", re.IGNORECASE)


def is_authenticated(mail: Message, *, from_address: str) -> bool:
    """Whether the topmost Authentication-Results field is Google's and says `dmarc=pass` for
    the domain of the one From address.

    Only the topmost counts: Google writes its own above everything that the sender wrote, and
    a sender may write as many of their own as they like.
    """
    if len(headers.raw_values(mail, "From")) != 1 or len(headers.mailboxes(mail, "From")) != 1:
        return False
    results = headers.raw_value(mail, "Authentication-Results")
    for _ in range(5):
        results = _INNER_COMMENT.sub(" ", results)
    server, *methods = (part.strip() for part in results.split(";"))
    if server.split(" ")[0].lower() != _SERVER:
        return False
    verdicts = [method for method in methods if _DMARC.match(method)]
    if len(verdicts) != 1:
        return False
    verdict, domain = _DMARC.match(verdicts[0]), _HEADER_FROM.search(verdicts[0])
    claimed = from_address.rpartition("@")[2].lower().rstrip(".")
    return (
        verdict is not None
        and verdict[1].lower() == "pass"
        and domain is not None
        and domain[1].lower().rstrip(".") == claimed
    )
