"""Texts of a conversation without the people in it, for what is kept longer than they are.

Addresses, numbers and the like go as in `agent.redaction`, but nothing brings them back. Of names
only those that the desk knows are found: the customer's, their company's and the staff's.
"""

import re
from collections.abc import Iterable, Sequence

from agent.redaction import Redactor
from crm.models import Conversation, User

NAME = "[NAME]"
_MIN_LETTERS = 3


def anonymise(conversation: Conversation, texts: Sequence[str]) -> list[str]:
    """The texts in their order; the same address has the same token in all of them."""
    redactor = Redactor()
    names = _compile(_list_names(conversation))
    masked = (redactor.mask(text) for text in texts)
    return [names.sub(NAME, text) if names else text for text in masked]


def _list_names(conversation: Conversation) -> Iterable[str]:
    customer = conversation.customer
    yield from (customer.company, customer.name, *customer.name.split())
    staff = User.objects.filter(
        pk__in=conversation.messages.filter(staff__isnull=False).values("staff")
    )
    for user in staff:
        yield from (user.get_full_name(), user.first_name, user.last_name, user.username)


def _compile(names: Iterable[str]) -> re.Pattern[str] | None:
    """As they are written or with a capital: a Mark or a Will is also an ordinary word."""
    known = {name.strip() for name in names if len(name.strip()) >= _MIN_LETTERS}
    forms = {form for name in known for form in (name, name.title(), name.upper())}
    if not forms:
        return None
    longest_first = sorted(forms - {form for form in forms if form.islower()}, key=len)[::-1]
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b")
