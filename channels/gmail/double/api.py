"""The Gmail API's calls on a mailbox: an operation's name, then its answer as Google's JSON."""

import base64
import binascii
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from channels.gmail.double.mailbox import Change, Mailbox, StoredDraft, StoredMail

Json = dict[str, object]
Query = dict[str, list[str]]
Item = TypeVar("Item")

_PATH = re.compile(r"/gmail/v1/users/[^/]+/(.+)")
_STATUS_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}


@dataclass(frozen=True, slots=True)
class Call:
    """`run` has the effect and gives status and body."""

    operation: str
    run: Callable[[], tuple[int, Json]]


def route(mailbox: Mailbox, method: str, path: str, query: Query, body: Json) -> Call | None:
    """None for an address that Gmail does not have, or this double not."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    name, _, rest = match[1].partition("/")
    calls: dict[tuple[str, str, bool], Call] = {
        ("GET", "profile", False): Call("profile", lambda: _profile(mailbox)),
        ("POST", "watch", False): Call("watch", lambda: _watch(mailbox, body)),
        ("POST", "stop", False): Call("stop", lambda: (204, {})),
        ("GET", "history", False): Call("history", lambda: _history(mailbox, query)),
        ("GET", "messages", False): Call("list", lambda: _list(mailbox, query)),
        ("GET", "messages", True): Call("get", lambda: _get(mailbox, rest, query)),
        ("POST", "messages", True): Call("send", lambda: _send(mailbox, body)),
        ("GET", "drafts", False): Call("drafts", lambda: _drafts(mailbox, query)),
        ("POST", "drafts", False): Call("create_draft", lambda: _create_draft(mailbox, body)),
        ("GET", "drafts", True): Call("get_draft", lambda: _get_draft(mailbox, rest)),
        ("POST", "drafts", True): Call("send_draft", lambda: _send_draft(mailbox, body)),
        ("GET", "threads", True): Call("thread", lambda: _thread(mailbox, rest, query)),
    }
    if method == "POST" and rest not in ("", "send"):
        return None
    return calls.get((method, name, bool(rest)))


def error_body(status: int, message: str, reason: str) -> Json:
    """Google's shape of an error."""
    return {
        "error": {
            "code": status,
            "message": message,
            "errors": [{"message": message, "domain": "global", "reason": reason}],
            "status": _STATUS_WORDS.get(status, "UNKNOWN"),
        }
    }


def _profile(mailbox: Mailbox) -> tuple[int, Json]:
    with mailbox.lock:
        return 200, {
            "emailAddress": mailbox.address,
            "messagesTotal": len(mailbox.messages),
            "threadsTotal": len({mail.thread_id for mail in mailbox.messages.values()}),
            "historyId": str(mailbox.history_id),
        }


def _watch(mailbox: Mailbox, body: Json) -> tuple[int, Json]:
    if not re.fullmatch(r"projects/[^/]+/topics/[^/]+", str(body.get("topicName", ""))):
        return 400, error_body(400, "Invalid topicName", "invalidArgument")
    expiration = int((time.time() + 7 * 86_400) * 1000)
    return 200, {"historyId": str(mailbox.history_id), "expiration": str(expiration)}


def _history(mailbox: Mailbox, query: Query) -> tuple[int, Json]:
    start = _first(query, "startHistoryId")
    if not start.isdigit():
        return 400, error_body(400, "Invalid startHistoryId", "invalidArgument")
    with mailbox.lock:
        if int(start) < mailbox.oldest_history_id:
            return _not_found()
        types = {_KINDS[kind] for kind in query.get("historyTypes", _KINDS) if kind in _KINDS}
        found = [c for c in mailbox.changes if c.history_id > int(start) and c.kind in types]
        page, token = _page(found, query, most=500)
        answer: Json = {"historyId": str(mailbox.history_id)}
    if page:
        answer["history"] = [_change(change) for change in page]
    if token:
        answer["nextPageToken"] = token
    return 200, answer


_KINDS = {"messageAdded": "messagesAdded", "labelAdded": "labelsAdded"}


def _change(change: Change) -> Json:
    ref: Json = {"id": change.gmail_id, "threadId": change.thread_id}
    described: Json = {"message": {**ref, "labelIds": list(change.labels)}}
    if change.added:
        described["labelIds"] = list(change.added)
    return {"id": str(change.history_id), "messages": [ref], change.kind: [described]}


def _list(mailbox: Mailbox, query: Query) -> tuple[int, Json]:
    page, token = _page(mailbox.search(_first(query, "q")), query, most=500)
    refs = [{"id": mail.gmail_id, "threadId": mail.thread_id} for mail in page]
    answer: Json = {"resultSizeEstimate": len(refs)}
    if refs:
        answer["messages"] = refs
    if token:
        answer["nextPageToken"] = token
    return 200, answer


def _get(mailbox: Mailbox, gmail_id: str, query: Query) -> tuple[int, Json]:
    mail = mailbox.messages.get(gmail_id)
    return (200, _describe(mail, query)) if mail else _not_found()


def _send(mailbox: Mailbox, body: Json) -> tuple[int, Json]:
    raw, thread_id = _decoded(body)
    if raw is None:
        return 400, error_body(400, "Invalid raw", "invalidArgument")
    return 200, _ref(mailbox.send(raw, thread_id))


def _drafts(mailbox: Mailbox, query: Query) -> tuple[int, Json]:
    with mailbox.lock:
        page, token = _page(list(reversed(mailbox.drafts.values())), query, most=500)
        answer: Json = {"drafts": [_draft(mailbox, draft) for draft in page]} if page else {}
    if token:
        answer["nextPageToken"] = token
    return 200, answer


def _create_draft(mailbox: Mailbox, body: Json) -> tuple[int, Json]:
    message = body.get("message")
    raw, thread_id = _decoded(message if isinstance(message, dict) else {})
    if raw is None:
        return 400, error_body(400, "Invalid raw", "invalidArgument")
    return 200, _draft(mailbox, mailbox.create_draft(raw, thread_id))


def _get_draft(mailbox: Mailbox, draft_id: str) -> tuple[int, Json]:
    with mailbox.lock:
        draft = mailbox.drafts.get(draft_id)
        return (200, _draft(mailbox, draft)) if draft else _not_found()


def _send_draft(mailbox: Mailbox, body: Json) -> tuple[int, Json]:
    mail = mailbox.send_draft(str(body.get("id", "")))
    return (200, _ref(mail)) if mail else _not_found()


def _thread(mailbox: Mailbox, thread_id: str, query: Query) -> tuple[int, Json]:
    mails = mailbox.thread(thread_id)
    if not mails:
        return _not_found()
    return 200, {"id": thread_id, "messages": [_describe(mail, query) for mail in mails]}


def _describe(mail: StoredMail, query: Query) -> Json:
    answer = _ref(mail)
    answer |= {"internalDate": str(mail.internal_date), "historyId": str(mail.history_id)}
    answer["sizeEstimate"] = len(mail.raw)
    if _first(query, "format") == "raw":
        answer["raw"] = base64.urlsafe_b64encode(mail.raw).decode("ascii")
    else:
        names = query.get("metadataHeaders", [])
        found = [{"name": name, "value": value} for name in names if (value := mail.header(name))]
        answer["payload"] = {"mimeType": "text/plain", "headers": found}
    return answer


def _ref(mail: StoredMail) -> Json:
    return {"id": mail.gmail_id, "threadId": mail.thread_id, "labelIds": sorted(mail.labels)}


def _draft(mailbox: Mailbox, draft: StoredDraft) -> Json:
    return {"id": draft.draft_id, "message": _ref(mailbox.messages[draft.gmail_id])}


def _decoded(message: Json) -> tuple[bytes | None, str]:
    try:
        raw = base64.urlsafe_b64decode(str(message.get("raw", "")))
    except (binascii.Error, ValueError):
        raw = b""
    return raw or None, str(message.get("threadId", ""))


def _page(found: list[Item], query: Query, *, most: int) -> tuple[list[Item], str]:
    size = min(int(_first(query, "maxResults") or "100"), most)
    start = int(_first(query, "pageToken") or "0")
    following = start + size
    return found[start:following], str(following) if following < len(found) else ""


def _first(query: Query, name: str) -> str:
    return query.get(name, [""])[0]


def _not_found() -> tuple[int, Json]:
    return 404, error_body(404, "Requested entity was not found.", "notFound")
