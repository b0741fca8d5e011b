"""The mail that asks the owner of an address, and the signed link in it."""

import secrets
from datetime import datetime

from django.conf import settings
from django.core import signing
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from crm.confirmation import CODE_LIFETIME, LINK_LIFETIME, hash_code
from crm.models import ConfirmationCode, Conversation, CustomerIdentifier

_SALT = "crm.confirmation.link"


def mail_confirmation(confirmation_id: int, *, now: datetime) -> bool:
    """Mails the code and the link; False if the confirmation was answered or replaced meanwhile.

    A retry mails a new code, and only the newest is valid.
    """
    confirmation = (
        ConfirmationCode.objects.waiting(now)
        .select_related("identifier", "conversation__identifier")
        .filter(pk=confirmation_id)
        .first()
    )
    if confirmation is None:
        return False
    code = f"{secrets.randbelow(1_000_000):06d}"
    ConfirmationCode.objects.filter(pk=confirmation.pk).waiting(now).update(
        code_hash=hash_code(confirmation.pk, code), expires_at=now + CODE_LIFETIME
    )
    with translation.override(confirmation.language or None):
        send_mail(
            _("Your confirmation code"),
            _write(confirmation, code),
            None,
            [confirmation.identifier.address],
        )
    return True


def make_token(confirmation: ConfirmationCode) -> str:
    """What opens the confirmation's page, signed and dated."""
    return signing.dumps(confirmation.pk, salt=_SALT)


def read_token(token: str, *, now: datetime) -> ConfirmationCode | None:
    """The confirmation behind a link; None if it is forged, too old, replaced or answered."""
    try:
        confirmation_id = signing.loads(token, salt=_SALT, max_age=LINK_LIFETIME)
    except signing.BadSignature:
        return None
    if not isinstance(confirmation_id, int):
        return None
    return (
        ConfirmationCode.objects.waiting(now)
        .select_related("identifier", "conversation__identifier")
        .filter(pk=confirmation_id)
        .first()
    )


def describe_claimant(confirmation: ConfirmationCode) -> str:
    """Who claims the address, for its owner: by which channel, and enough of the address to know
    their own by. "" if nobody claims it elsewhere."""
    conversation = confirmation.conversation
    if conversation is None or confirmation.purpose != ConfirmationCode.Purpose.JOIN:
        return ""
    channel = Conversation.Channel(conversation.channel).label
    masked = mask(conversation.identifier) if conversation.identifier else ""
    return f"{channel}: {masked}" if masked else str(channel)


def mask(identifier: CustomerIdentifier) -> str:
    """The address as its owner recognises it and nobody else can use it: "al…@example.com",
    "…1820"."""
    if identifier.kind == CustomerIdentifier.Kind.EMAIL:
        name, _at, domain = identifier.value.rpartition("@")
        return f"{name[:2]}…@{domain}"
    return f"…{identifier.value[-4:]}"


def _write(confirmation: ConfirmationCode, code: str) -> str:
    link = settings.PUBLIC_URL + reverse("crm:confirm-link", args=[make_token(confirmation)])
    minutes = int(CODE_LIFETIME.total_seconds() // 60)
    values = {"code": code, "minutes": minutes, "link": link, "company": settings.COMPANY_NAME}
    claimant = describe_claimant(confirmation)
    if claimant:
        opening = _(
            "Somebody who writes to us (%(claimant)s) says that this e-mail address is theirs.\n"
            "If that is you, answer there with this code, valid for %(minutes)d minutes:\n\n"
            "    %(code)s\n\n"
            "or open this link and confirm: %(link)s\n\n"
            "Both conversations are then read as yours. If it is not you, do not pass the code "
            "on; under the link you can say so.\n"
        )
        return opening % {**values, "claimant": claimant}
    return (
        _(
            "%(company)s would like to be sure that this e-mail address is yours.\n"
            "Your code, valid for %(minutes)d minutes:\n\n"
            "    %(code)s\n\n"
            "or open this link and confirm: %(link)s\n\n"
            "If you did not write to us, you need not do anything.\n"
        )
        % values
    )
