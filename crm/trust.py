"""The trust ladder: how sure we are of who writes, and what they may hear for it.

unverified     anybody may have typed the address      this conversation and the public knowledge
address seen   it wrote, and nobody vouches for it     the same
authenticated  DMARC or the provider's signature       the customer's history on every channel,
                                                       and their account
confirmed      its owner answered a code or a link     the same; joins it with another channel

An address proves nothing about who typed it into a web form, however well it is trusted: there
the writer has to return a code in the conversation itself.
"""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from crm.models import ConfirmationCode, Conversation, CustomerIdentifier

Trust = CustomerIdentifier.Trust
Channel = Conversation.Channel


def may_hear_of_account(identifier: CustomerIdentifier | None) -> bool:
    """Whether who writes from this address may be told about the account that belongs to it."""
    return identifier is not None and identifier.trust >= Trust.AUTHENTICATED


def may_see_history_across_channels(identifier: CustomerIdentifier | None) -> bool:
    """Whether who writes from this address may hear what its owner wrote on every channel."""
    return identifier is not None and identifier.trust >= Trust.AUTHENTICATED


def get_proven_identifier(conversation: Conversation) -> CustomerIdentifier | None:
    """The address that the conversation's writer writes from, if writing there proves it.

    Its trust still decides what they may hear. One query; reads the rows anew.
    """
    addresses = CustomerIdentifier.objects.filter(conversations=conversation.pk)
    if conversation.channel == Channel.WEB:
        addresses = addresses.filter(Exists(_returned(conversation.pk, OuterRef("pk"))))
    return addresses.first()


def writer_is_proven(conversation: str) -> Q:
    """`get_proven_identifier` as a condition of rows that lead to a conversation by that name."""
    returned = _returned(OuterRef(conversation), OuterRef(f"{conversation}__identifier"))
    typed = Q(**{f"{conversation}__channel": Channel.WEB}) & ~Q(Exists(returned))
    return ~Q(**{f"{conversation}__identifier": None}) & ~typed


def _returned(conversation: int | OuterRef, identifier: OuterRef) -> QuerySet[ConfirmationCode]:
    """The codes mailed to the address that were returned in the conversation."""
    return ConfirmationCode.objects.filter(
        entered_in=conversation, identifier=identifier, used_at__isnull=False
    )


def explain_account_trust(conversation: Conversation) -> str:
    """For staff who are asked about an account: may it be told, and if not, what helps."""
    proven = get_proven_identifier(conversation)
    if proven is not None and may_hear_of_account(proven):
        return _("The sender is proven (%(address)s, %(trust)s).") % {
            "address": proven.address,
            "trust": proven.get_trust_display(),
        }
    identifier = proven or conversation.identifier
    if identifier is None:
        return _("Nobody knows who wrote this: give no account data here.")
    if identifier.kind == CustomerIdentifier.Kind.EMAIL:
        how = _(
            "They can confirm it: “Send a code” on the customer's page mails them a code, which "
            "they return in this conversation."
        )
    else:
        how = _(
            "They can confirm the e-mail address of their account: “Merge with …” on the "
            "customer's page mails a code there, which they return in this conversation."
        )
    return _("The sender is not proven (%(address)s, %(trust)s): give no account data. %(how)s") % {
        "address": identifier.address,
        "trust": identifier.get_trust_display(),
        "how": how,
    }
