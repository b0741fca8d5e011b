"""Whose conversations staff look for: by an address, a name, or words that were said.

However many rows there are, a search reads a bounded number of them, by indexes. What more rows
fit than that is found where it is among the newest; another word leads to the older ones.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Reverse

from crm.models import Conversation, Customer, CustomerIdentifier, Message
from crm.models.conversation import SEARCHED_TEXT

# Customers, and conversations, that a search brings up.
MOST = 200
# Messages whose words fit that are read; and the newest ones, in which parts of words count too.
_READ = 2000
NEWEST = 2000
# Shorter beginnings of a word fit too many.
_BEGINNING = 3
_NUMBER = re.compile(r"[+\d][\d\s()/.-]{4,}")


@dataclass(frozen=True, slots=True)
class Found:
    """The keys of conversations, the newest first; `has_more` says that others fit too. Parts of
    words were looked for in the newest `parts_in` messages only; None if in all."""

    conversations: list[int]
    has_more: bool
    parts_in: int | None


def find_customers(term: str) -> list[int]:
    """The keys of customers by words of their name or company, or by how one of their addresses
    begins or ends: a domain, a phone number as it is dialled at home. One query."""
    named = _with_words(Customer.objects.all(), term, "name", "company").values("pk")
    ending = CustomerIdentifier.objects.annotate(ending=Reverse("value"))
    begins, ends = _as_address(term)
    found = named.union(
        CustomerIdentifier.objects.filter(value__startswith=begins)
        .order_by()
        .values("customer")[:MOST],
        ending.filter(ending__startswith=ends[::-1]).order_by().values("customer")[:MOST],
    )
    return [row["pk"] for row in found]


def find_conversations(term: str) -> Found:
    """The newest conversations whose customer, subject or messages fit. Three queries."""
    theirs = Conversation.objects.filter(customer__in=find_customers(term))
    newest = Message.objects.filter(pk__in=Message.objects.order_by("-pk").values("pk")[:NEWEST])
    for word in term.split():
        newest = newest.filter(text__icontains=word)
    found = (
        theirs.order_by("-pk")
        .values("pk")[:MOST]
        .union(
            _with_words(Conversation.objects.all(), term, "subject").values("pk"),
            _with_words(Message.objects.all(), term, SEARCHED_TEXT, most=_READ).values(
                "conversation"
            ),
            newest.order_by().values("conversation"),
        )
    )
    keys = sorted((row["pk"] for row in found), reverse=True)
    older = Message.objects.order_by("-pk")[NEWEST : NEWEST + 1]
    parts_in = NEWEST if older.exists() else None
    return Found(keys[:MOST], has_more=len(keys) > MOST, parts_in=parts_in)


def _with_words(
    rows: QuerySet[Any], term: str, *fields: str | Combinable, most: int = MOST
) -> QuerySet[Any]:
    """Rows that have all words of the term, the last of which may be unfinished; by an index that
    the model names over the same fields."""
    having = rows.annotate(words=SearchVector(*fields, config="simple"))
    found: QuerySet[Any] = having.filter(words=_Words(term, config="simple")).order_by()[:most]
    return found


class _Words(SearchQuery):
    """All of the words; of a last one that is long enough, its beginning."""

    def __init__(self, value: str, **options: Any) -> None:
        super().__init__(value, **options)
        if len(value.rsplit(maxsplit=1)[-1]) >= _BEGINNING:
            self.template = "(nullif(%(function)s(%(expressions)s)::text, '') || ':*')::tsquery"


def _as_address(term: str) -> tuple[str, str]:
    """How a normalised address begins, or else ends, that somebody writes so."""
    cleaned = term.strip().lower()
    if _NUMBER.fullmatch(cleaned):
        digits = re.sub(r"\D", "", cleaned)
        return "+" + digits, digits.lstrip("0")
    return cleaned, cleaned
