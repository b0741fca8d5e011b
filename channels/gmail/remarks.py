"""What staff are told of a mail beside its text, in sentences."""

from django.utils.translation import gettext as _

from channels.gmail.account import get_account
from channels.gmail.automatic import plain_address
from channels.gmail.types import AutomaticKind, OmissionReason, ParsedMail

_SHOWN_RECIPIENTS = 10


def list_remarks(mail: ParsedMail, *, answered_at: str) -> tuple[str, ...]:
    """Files that were left out, who else received it, and where answers go if not to From."""
    reasons = {
        OmissionReason.TOO_MANY: _("too many files"),
        OmissionReason.TOO_LARGE: _("too large"),
        OmissionReason.UNREADABLE: _("unreadable"),
    }
    remarks = [
        _("The file %(name)s was left out: %(reason)s (%(size)d bytes).")
        % {"name": file.name, "reason": reasons[file.reason], "size": file.size}
        for file in mail.omitted
    ]
    if answered_at.lower() != mail.from_address.lower():
        remarks.append(
            _("Written from %(sender)s; answers go to %(address)s, as the mail asks.")
            % {"sender": mail.from_address, "address": answered_at}
        )
    own = plain_address(get_account().support_address)
    others = [each for each in (*mail.to, *mail.cc) if plain_address(each) != own]
    if others:
        shown = ", ".join(others[:_SHOWN_RECIPIENTS])
        more = len(others) - _SHOWN_RECIPIENTS
        remarks.append(
            _("It also went to %(addresses)s%(more)s; answers go to the sender only.")
            % {"addresses": shown, "more": f" (+{more})" if more > 0 else ""}
        )
    return tuple(remarks)


def explain_automatic(kind: AutomaticKind | None) -> str:
    sentences = {
        AutomaticKind.AUTO_REPLY: _("An automatic reply."),
        AutomaticKind.BULK: _("A mailing list or bulk mail."),
        AutomaticKind.NO_REPLY: _("From an address that takes no replies."),
        AutomaticKind.OWN_ADDRESS: _("From our own address."),
        AutomaticKind.BOUNCE: _("A delivery report."),
    }
    return sentences[kind] if kind else ""
