"""What an answer names that its passages do not: links, addresses, numbers of other people.

The passages are the only list of what may be named, with the public pages that they stand on;
another customer's data can stand in none of them.
"""

import re
from collections.abc import Callable, Iterator, Sequence

import phonenumbers
from django.conf import settings
from django.utils.translation import gettext as _
from stdnum import iban, luhn

from agent.plaintext import from_markdown
from knowledge.types import FoundPassage

_ENDINGS = (
    "com|net|org|info|biz|io|co|app|dev|ai|me|ly|gl|to|cc|tv|xyz|top|link|site|online|shop|click"
    "|website|live|example|ru|cn|su|de|at|ch|fr|es|pt|br|it|nl|uk|eu|us|in"
)
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"')\]]+"
    # Written without "https://": still a link in most programmes.
    rf"|(?<![\w@./-])(?:[a-z0-9-]{{1,63}}\.){{1,5}}(?:{_ENDINGS})\b(?![\w-]|\.\w)(?:/[^\s<>\"')\]]*)?",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_TICKET = re.compile(r"\bTKT-\d{1,12}\b", re.IGNORECASE)
_CARD = re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8}\b")


def list_foreign(answer: str, passages: Sequence[FoundPassage]) -> list[str]:
    """One sentence for staff for each kind of foreign data, without repeating it."""
    sources = "\n".join(f"{passage.text}\n\n{from_markdown(passage.text)}" for passage in passages)
    pages = {
        f"{settings.PUBLIC_URL.rstrip('/')}{passage.url}".lower()
        for passage in passages
        if passage.audience == "public" and passage.url.startswith("/")
    }
    pages |= {page.split("#")[0] for page in pages}
    # Each kind with how it is found, and what it is called; what one found, the next leaves out.
    kinds: tuple[tuple[Callable[[str], Iterator[str]], str], ...] = (
        (_find_emails, _("It contains %(count)d foreign e-mail address(es).")),
        (_find_links, _("It contains %(count)d link(s) that the passages lack.")),
        (_find_tickets, _("It names %(count)d ticket number(s).")),
        (_find_ibans, _("It contains %(count)d bank account number(s).")),
        (_find_cards, _("It contains %(count)d card number(s).")),
        (_find_phones, _("It contains %(count)d foreign phone number(s).")),
    )
    complaints = []
    for find, complaint in kinds:
        found = list(find(answer))
        known = {_bare(value) for value in find(sources)} | pages
        foreign = [value for value in found if _bare(value) not in known]
        if foreign:
            complaints.append(complaint % {"count": len(foreign)})
        for value in found:
            answer = answer.replace(value, " ")
    return complaints


def _find_emails(text: str) -> Iterator[str]:
    return (match.rstrip(".") for match in _EMAIL.findall(text))


def _find_links(text: str) -> Iterator[str]:
    return (match.rstrip(".,;:!?") for match in _LINK.findall(text))


def _find_tickets(text: str) -> Iterator[str]:
    return iter(_TICKET.findall(text))


def _find_ibans(text: str) -> Iterator[str]:
    return (match for match in _IBAN.findall(text) if iban.is_valid(match))


def _find_cards(text: str) -> Iterator[str]:
    found = (match[0] for match in _CARD.finditer(text))
    return (value for value in found if luhn.is_valid(_bare(value)))


def _find_phones(text: str) -> Iterator[str]:
    """Written with a country's prefix: others cannot be told from any number, which has to stand
    in the passages anyway."""
    return (match.raw_string for match in phonenumbers.PhoneNumberMatcher(text, None))


def _bare(value: str) -> str:
    """As it is compared: "+49 30 123-4" is "+49301234"."""
    return re.sub(r"[ ()-]", "", value).lower().rstrip("/")
