"""How a message leaves by e-mail: a draft is made, noted, and sent, each once.

Gmail has no key that would make a send repeatable, but it sends a draft only once. So nothing is
sent but a draft whose id `Delivery.intent_ref` holds, and whatever happened before, the same
draft is sent: by then it is either still there, or its message is found among the sent ones.
Without a noted draft nothing can have been sent.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from channels import types
from channels.gmail import errors, outcome, trouble
from channels.gmail.account import get_account
from channels.gmail.automatic import plain_address, takes_no_reply
from channels.gmail.client import GmailClient
from channels.gmail.compose import message_id
from channels.gmail.records import MessageRef
from channels.gmail.threads import THREAD_PREFIX, Thread, compose_reply, find_thread
from channels.models import DeliveryAttempt
from channels.types import Finding, HeldBack, Outgoing, Receipt, Reconciled, TransportError


class GmailAdapter:
    repeatable = False

    def split(self, text: str, *, limit: int | None) -> list[str]:
        """A mail is never split."""
        return [""]

    def send(self, outgoing: Outgoing) -> Receipt:
        _require_account()
        _require_recipient(outgoing)
        thread = find_thread(outgoing.message)
        raw = compose_reply(
            outgoing.message, token=outgoing.token, thread=thread, now=timezone.now()
        )
        with _told(), GmailClient() as client:
            if not outgoing.intent_ref:
                draft_id = _prepare(client, outgoing, raw, thread)
                outgoing.keep_intent(draft_id)
                return _receipt(outgoing, _send(client, draft_id))
            found = _look(client, outgoing, thread)
            if found.message is not None:
                return _receipt(outgoing, found.message)
            if found.draft is None:
                raise _unknown()
            return _receipt(outgoing, _send(client, found.draft.draft_id))

    def reconcile(self, outgoing: Outgoing) -> Reconciled:
        """NOT_SENT while the draft is there, or if none was ever noted, which needs no look: `send`
        goes on with that draft, so that the mail leaves once even if the earlier worker comes
        back. UNCLEAR where the draft is gone and no message is found: a person decides. Looks
        only, and raises TransportError if it cannot."""
        _require_account()
        if not outgoing.intent_ref:
            return Reconciled(Finding.NOT_SENT)
        thread = find_thread(outgoing.message)
        with GmailClient() as client:
            found = _look(client, outgoing, thread)
        if found.message is not None:
            return Reconciled(Finding.SENT, _receipt(outgoing, found.message))
        if found.outcome is outcome.Outcome.WAITING:
            return Reconciled(Finding.NOT_SENT)
        return Reconciled(Finding.UNCLEAR)


def _look(client: GmailClient, outgoing: Outgoing, thread: Thread) -> outcome.Finding:
    return outcome.find_outcome(
        client,
        delivery_id=outgoing.token,
        draft_id=outgoing.intent_ref,
        thread_id=thread.thread_id,
    )


def _prepare(client: GmailClient, outgoing: Outgoing, raw: bytes, thread: Thread) -> str:
    """The id of the delivery's draft: one that an earlier attempt made, or a new one."""
    if DeliveryAttempt.objects.filter(delivery__token=outgoing.token).exists():
        made = client.find_draft(outgoing.token, thread_id=thread.thread_id)
        if made is not None:
            return made.draft_id
    try:
        try:
            return client.create_draft(raw, thread.thread_id).draft_id
        except errors.NotFound:  # the thread was deleted in the mailbox; references remain
            return client.create_draft(raw).draft_id
    except errors.OutcomeUnknown as error:  # perhaps a draft, certainly no mail
        raise TransportError(str(error), permanent=False) from error


def _send(client: GmailClient, draft_id: str) -> MessageRef:
    try:
        return client.send_draft(draft_id)
    except errors.NotFound as error:  # sent by an earlier attempt, or deleted by somebody
        raise _unknown() from error


def _receipt(outgoing: Outgoing, sent: MessageRef) -> Receipt:
    """Gmail may give the mail another Message-ID; it is learnt when the sent mail comes back
    with the history (`channels.own_mail`)."""
    name = message_id(outgoing.token)
    keys = (f"{THREAD_PREFIX}{sent.thread_id}", name) if sent.thread_id else (name,)
    return Receipt(provider_id=name, provider_status="sent", thread_keys=keys)


def _require_account() -> None:
    missing = get_account().missing()
    if missing:
        raise TransportError(
            _("E-mail is not set up. Set %(names)s.") % {"names": ", ".join(missing)},
            permanent=True,
        )


def _require_recipient(outgoing: Outgoing) -> None:
    """The conversation's address and nobody else; neither ourselves nor a machine's."""
    identifier = outgoing.message.conversation.identifier
    if identifier is None:
        raise TransportError(_("The conversation has no address to send to."), permanent=True)
    if plain_address(identifier.address) == plain_address(get_account().support_address):
        raise TransportError(_("It would go to our own address."), permanent=True)
    if takes_no_reply(identifier.address):
        raise TransportError(_("This address takes no replies."), permanent=True)


def _unknown() -> types.OutcomeUnknown:
    return types.OutcomeUnknown(_("The draft is gone, and the sent mail is not found yet."))


@contextmanager
def _told() -> Iterator[None]:
    """Gmail's errors as a delivery knows them. While credentials are refused replies are held
    back; the first sync that succeeds releases them."""
    try:
        yield
    except errors.CredentialsRefused as error:
        trouble.report_refused(str(error), now=timezone.now())
        raise HeldBack(str(error)) from error
    except errors.RateLimited as error:
        wait = timedelta(seconds=error.retry_after)
        raise types.RateLimited(str(error), retry_after=wait) from error
    except errors.OutcomeUnknown as error:
        raise types.OutcomeUnknown(str(error)) from error
