"""Which thread a reply belongs to, and the reply as a mail. Reads the database only."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from django.conf import settings
from django.db.models import BinaryField
from django.db.models.functions import Substr
from django.utils.translation import override

from channels.gmail import headers
from channels.gmail.automatic import plain_address
from channels.gmail.compose import compose_mail, compose_text
from channels.gmail.structure import read_structure
from channels.gmail.types import MailProblem, OutgoingMail
from channels.models import ChannelConfig, Delivery, InboundEvent, ThreadKey
from crm.models import Conversation, Message
from crm.types import Source
from tickets import services as tickets

# A mail's head; the files behind it are not read.
_HEAD_BYTES = 128 * 1024
_EARLIER_MESSAGES = 40
THREAD_PREFIX = "gmail:"


@dataclass(frozen=True, slots=True)
class Thread:
    """What a reply joins. `begun_by_us` tells that the customer has not written in it yet, so
    that its subject is ours; `thread_id` is empty for a new thread."""

    subject: str
    thread_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    begun_by_us: bool = False


def find_thread(message: Message) -> Thread:
    """The thread of the customer's newest mail before the message; without one, as after a
    forward by staff, the thread that our own mails began, or a new one."""
    newest = (
        InboundEvent.objects.filter(
            channel=Conversation.Channel.EMAIL,
            state=InboundEvent.State.PROCESSED,
            message__conversation=message.conversation_id,
            message__direction=Message.Direction.INBOUND,
            message_id__lt=message.pk,
        )
        .defer("raw")
        .annotate(head=Substr("raw", 1, _HEAD_BYTES, output_field=BinaryField()))
        .order_by("-message_id", "-id")
        .first()
    )
    answered = newest and _read_thread(newest, message.conversation)
    return answered or _own_thread(message)


def build_mail(message: Message, *, token: str, thread: Thread) -> OutgoingMail:
    """The message as it leaves, to the conversation's address and nobody else."""
    conversation = message.conversation
    identifier = conversation.identifier
    config = ChannelConfig.objects.filter(channel=conversation.channel).first()
    ticket = tickets.get_ticket_of_conversation(conversation)
    return OutgoingMail(
        delivery_id=token,
        to_address=identifier.address if identifier else "",
        to_name=conversation.customer.name,
        subject=thread.subject,
        text=message.text,
        ticket_reference=ticket.reference if ticket else "",
        in_reply_to=thread.in_reply_to,
        references=thread.references,
        automatic=message.author != Message.Author.STAFF,
        greeting=config.greeting if config else "",
        signature=config.signature if config else "",
        sources=tuple(_absolute(source) for source in message.sources),
    )


def compose_reply(message: Message, *, token: str, thread: Thread, now: datetime) -> bytes:
    """The mail's bytes, in the language of what it answers. Raises TransportError (permanent)
    for an address that cannot be sent to.

    In the customer's thread the subject stays as it is, for Gmail threads by it; a thread that
    we begin carries the ticket in its subject. Every mail names the ticket below its text.
    """
    mail = build_mail(message, token=token, thread=thread)
    with override(_language(message)):
        return compose_mail(mail, now=now, tag_subject=thread.begun_by_us)


def list_earlier_texts(conversation: Conversation) -> list[str]:
    """What the conversation holds, ours as it was sent with greeting, sources and signature:
    what a reply may quote. No network."""
    thread = Thread("")
    texts = []
    for message in conversation.messages.order_by("-id")[:_EARLIER_MESSAGES]:
        if message.direction == Message.Direction.OUTBOUND:
            message.conversation = conversation
            mail = build_mail(message, token="", thread=thread)
            with override(_language(message)):
                texts.append(compose_text(mail))
            texts += [source["title"] for source in mail.sources]
        elif message.direction == Message.Direction.INBOUND:
            texts.append(message.full_text or message.text)
    return texts


def _read_thread(event: InboundEvent, conversation: Conversation) -> Thread | None:
    """None for a mail that the conversation's customer did not send, such as a forward."""
    try:
        mail = read_structure(bytes(getattr(event, "head", None) or b""))
    except MailProblem:
        return None
    boxes = (*headers.mailboxes(mail, "From"), *headers.mailboxes(mail, "Reply-To"))
    senders = {plain_address(box.address) for box in boxes}
    identifier = conversation.identifier
    if identifier is None or plain_address(identifier.address) not in senders:
        return None
    answered = headers.message_ids(mail, "Message-ID")
    return Thread(
        subject=headers.text(mail, "Subject"),
        thread_id=str(event.payload.get("thread_id", "")),
        in_reply_to=answered[0] if answered else "",
        references=(
            headers.message_ids(mail, "References") or headers.message_ids(mail, "In-Reply-To")
        ),
    )


def _own_thread(message: Message) -> Thread:
    conversation = message.conversation
    sent = Delivery.objects.filter(
        message__conversation=conversation, message_id__lt=message.pk, state=Delivery.State.SENT
    )
    ours = tuple(sent.order_by("message_id", "part").values_list("provider_id", flat=True))
    keys = ThreadKey.objects.filter(conversation=conversation, key__startswith=THREAD_PREFIX)
    key = keys.order_by("id").last() if ours else None
    return Thread(
        subject=conversation.subject,
        thread_id=key.key.removeprefix(THREAD_PREFIX) if key else "",
        in_reply_to=ours[-1] if ours else "",
        references=ours,
        begun_by_us=True,
    )


def _absolute(source: Source) -> Source:
    """A page of the help centre has an address within the desk, which a mail cannot follow."""
    return {"title": source["title"], "url": urljoin(f"{settings.PUBLIC_URL}/", source["url"])}


def _language(message: Message) -> str | None:
    return (message.answers.language if message.answers else "") or None
