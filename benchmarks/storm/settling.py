"""When the desk is done with everything that was written."""

from datetime import datetime

from benchmarks.storm.desk import Desk
from benchmarks.storm.rows import count
from channels.models import SyncCursor

# Jobs that run or are due soon, but for the sweeps, which come again for ever.
_JOBS = (
    "SELECT count(*) FROM procrastinate_jobs WHERE (status = 'doing' OR (status = 'todo' "
    "AND coalesce(scheduled_at, now()) <= now() + interval '2 minutes')) "
    "AND task_name <> 'channels.notify_web_customer' "
    "AND task_name NOT IN (SELECT task_name FROM procrastinate_periodic_defers)"
)
_FOR_THE_AGENT = (
    "SELECT count(*) FROM crm_message m JOIN crm_conversation c ON c.id = m.conversation_id "
    "WHERE m.direction = 'in' AND m.answered_at IS NULL AND c.handler = 'agent' "
    "AND NOT EXISTS (SELECT 1 FROM agent_draft a "
    "WHERE a.conversation_id = c.id AND a.state = 'open')"
)
# An unknown outcome is settled once staff are told, which takes 15 minutes.
_UNKNOWN = (
    "SELECT count(*) FROM channels_delivery d WHERE state = 'unknown' AND NOT EXISTS (SELECT 1 "
    "FROM crm_staffalert a WHERE a.key = 'delivery:' || d.id AND a.cleared_at IS NULL)"
)
_ON_THE_WAY = {
    "jobs": _JOBS,
    "mails to fetch": "SELECT count(*) FROM channels_pendingmail",
    "events to read": "SELECT count(*) FROM channels_inboundevent WHERE state = 'received'",
    "messages for the agent": _FOR_THE_AGENT,
    "deliveries": "SELECT count(*) FROM channels_delivery WHERE state IN ('queued', 'sending')",
    "unknown outcomes": _UNKNOWN,
}


def what_is_open() -> str:
    found = {name: count(query) for name, query in _ON_THE_WAY.items()}
    return ", ".join(f"{name} {n}" for name, n in found.items() if n) or "providers to be read"


def is_settled(desk: Desk, *, written_by: datetime) -> bool:
    """Nothing is due, on its way or waiting for the agent, and both providers were read to their
    end since the last message was written: webhooks and pushes are lost at times."""
    if any(count(query) for query in _ON_THE_WAY.values()):
        return False
    cursors = {cursor.channel: cursor for cursor in SyncCursor.objects.all()}
    mail, texts = cursors.get("email"), cursors.get("whatsapp")
    if mail is None or texts is None or texts.synced_at is None:
        return False
    return mail.position >= desk.gmail.mailbox.newest_change() and texts.synced_at > written_by
