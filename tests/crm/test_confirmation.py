"""One-time codes and signed links: what they prove, and what they withstand."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail, signing
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from agent.models import AgentRun
from channels.web.submission import submit_reply
from crm import confirmation as confirming
from crm import services
from crm.confirmation import (
    TooManyCodes,
    WrongCode,
    confirm_code,
    decline,
    find_by_address,
    find_by_conversation,
    start_confirmation,
)
from crm.confirmation_mail import mail_confirmation, make_token, mask, read_token
from crm.models import (
    ConfirmationCode,
    Conversation,
    CustomerIdentifier,
    CustomerMerge,
    MergeSuggestion,
    Message,
)
from crm.returned_codes import take_code
from tests.crm.conftest import Writes
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Trust = CustomerIdentifier.Trust
Ask = Callable[..., Ticket]
RunJobs = Callable[[], int]
ALICE, PHONE = "alice@example.com", "+4930901820"
WRONG = "wrong or no longer valid"


def identifier(value: str = ALICE) -> CustomerIdentifier:
    return CustomerIdentifier.objects.get(value=value)


def start(run_jobs: RunJobs, conversation: Conversation | None = None) -> tuple[str, str]:
    """The code and the link's path of the mail that goes out."""
    start_confirmation(identifier=identifier(), conversation=conversation, now=timezone.now())
    run_jobs()
    body = str(mail.outbox[-1].body)
    code = re.search(r"^ +(\d{6})$", body, re.MULTILINE)
    link = re.search(r"https?://[^/\s]+(/confirm/\S+)", body)
    assert code
    assert link
    return code[1], link[1]


def enter(code: str, *, now: datetime | None = None) -> confirming.Confirmed:
    at = now or timezone.now()
    return confirm_code(confirmation=find_by_address(ALICE, now=at), code=code, now=at)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


# --- The code ---------------------------------------------------------------------------------
def test_a_code_confirms_the_address_once(writes: Writes, run_jobs: RunJobs) -> None:
    writes(ALICE, trust=Trust.SEEN)
    code, _link = start(run_jobs)
    assert mail.outbox[0].to == [ALICE]
    assert enter(code).identifier.trust == Trust.CONFIRMED
    with pytest.raises(WrongCode, match=WRONG):
        enter(code)


def test_the_code_is_kept_hashed_only_and_in_no_job(
    writes: Writes, run_jobs: RunJobs, caplog: pytest.LogCaptureFixture
) -> None:
    writes(ALICE)
    code, _link = start(run_jobs)
    row = ConfirmationCode.objects.values().get()
    assert code not in str({**row, "created_at": "", "expires_at": "", "link_expires_at": ""})
    assert len(row["code_hash"]) == 64
    assert code not in caplog.text
    assert ALICE not in caplog.text


def test_five_wrong_codes_and_the_right_one_is_wrong_too(writes: Writes, run_jobs: RunJobs) -> None:
    writes(ALICE, trust=Trust.SEEN)
    code, _link = start(run_jobs)
    for _ in range(confirming.ATTEMPTS):
        with pytest.raises(WrongCode, match=WRONG):
            enter(wrong(code))
    with pytest.raises(WrongCode, match=WRONG):
        enter(code)
    assert identifier().trust == Trust.SEEN


def test_a_code_ends_after_fifteen_minutes(writes: Writes, run_jobs: RunJobs) -> None:
    writes(ALICE)
    code, _link = start(run_jobs)
    late = timezone.now() + confirming.CODE_LIFETIME + timedelta(seconds=1)
    with pytest.raises(WrongCode):
        enter(code, now=late)
    kept = ConfirmationCode.objects.get()
    with pytest.raises(WrongCode):
        confirm_code(confirmation=kept, code=code, now=late)


def test_a_new_code_voids_the_one_before(writes: Writes, run_jobs: RunJobs) -> None:
    writes(ALICE)
    old, old_link = start(run_jobs)
    first = ConfirmationCode.objects.get()
    start(run_jobs)
    with pytest.raises(WrongCode):
        confirm_code(confirmation=first, code=old, now=timezone.now())
    assert read_token(old_link.split("/")[2], now=timezone.now()) is None


def test_a_job_that_runs_twice_leaves_one_code_valid(writes: Writes, run_jobs: RunJobs) -> None:
    writes(ALICE)
    old, _link = start(run_jobs)
    kept = ConfirmationCode.objects.get()
    mail_confirmation(kept.pk, now=timezone.now())
    new = re.findall(r"^ +(\d{6})$", str(mail.outbox[-1].body), re.MULTILINE)[0]
    if old != new:
        with pytest.raises(WrongCode):
            enter(old)
    enter(new)
    assert not mail_confirmation(kept.pk, now=timezone.now())


def test_codes_are_limited_by_address_and_by_conversation(writes: Writes, now: datetime) -> None:
    writes(ALICE)
    for _ in range(confirming.CODES_AN_HOUR):
        start_confirmation(identifier=identifier(), now=now)
    with pytest.raises(TooManyCodes):
        start_confirmation(identifier=identifier(), now=now)
    start_confirmation(identifier=identifier(), now=now + timedelta(hours=1))
    claiming = writes(PHONE).conversation
    for number in range(confirming.CODES_A_DAY):
        other = writes(f"c{number}@example.com").conversation.identifier
        assert other is not None
        start_confirmation(identifier=other, conversation=claiming, now=now)
    with pytest.raises(TooManyCodes):
        start_confirmation(
            identifier=identifier(), conversation=claiming, now=now + timedelta(hours=3)
        )


def test_only_an_e_mail_address_is_mailed_to(writes: Writes, now: datetime) -> None:
    writes(PHONE)
    with pytest.raises(ValueError, match="e-mail"):
        start_confirmation(identifier=identifier(PHONE), now=now)


# --- Across channels ----------------------------------------------------------------------------
def test_a_code_returned_by_whatsapp_joins_the_two(writes: Writes, run_jobs: RunJobs) -> None:
    mailed = writes(ALICE, "By mail", name="Alice")
    conversation = writes(PHONE, "By WhatsApp", name="Al").conversation
    code, _link = start(run_jobs, conversation)
    assert "WhatsApp: …1820" in mail.outbox[-1].body
    message = writes(PHONE, f"It is {code}", conversation=conversation)
    run_jobs()
    merge = CustomerMerge.objects.get()
    assert (merge.survivor, merge.by) == (mailed.conversation.customer, None)
    assert merge.reason == (
        "The code mailed to alice@example.com came back in a conversation by WhatsApp."
    )
    conversation.refresh_from_db()
    message.refresh_from_db()
    assert conversation.customer == mailed.conversation.customer
    assert message.answered_at is not None
    thanks = conversation.messages.get(author=Message.Author.SYSTEM)
    assert thanks.text == "Thank you: alice@example.com is confirmed as yours."
    assert identifier().trust == Trust.CONFIRMED
    assert ConfirmationCode.objects.get().entered_in == conversation


def agent_jobs() -> int:
    return ProcrastinateJob.objects.filter(
        task_name="agent.answer_conversation", status="todo"
    ).count()


def test_a_returned_code_is_no_question_to_the_agent(
    ask: Ask, run_jobs: RunJobs, now: datetime
) -> None:
    talk = ask("I am Alice.").conversation
    code, _link = start(run_jobs, talk)
    services.hand_back(conversation=talk)
    write_code(talk, code, "1")
    assert agent_jobs() == 0
    run_jobs()
    assert talk.messages.filter(author="customer").latest("id").answered_at is not None
    assert AgentRun.objects.filter(conversation=talk).count() == 1  # on the question alone


def test_a_wrong_code_is_then_the_agents(ask: Ask, run_jobs: RunJobs, now: datetime) -> None:
    talk = ask("I am Alice.").conversation
    code, _link = start(run_jobs, talk)
    write_code(talk, wrong(code), "2")
    assert agent_jobs() == 0
    take_code(talk.messages.latest("id").pk, trust=0, now=timezone.now())
    assert agent_jobs() == 1


def write_code(talk: Conversation, code: str, number: str) -> None:
    submit_reply(
        ticket=Ticket.objects.get(conversation=talk),
        text=f"It is {code}",
        files=(),
        token=f"00000000-0000-4000-9000-00000000000{number}",
        now=timezone.now(),
    )


def test_a_wrong_code_in_a_conversation_is_a_message_like_any_other(
    writes: Writes, run_jobs: RunJobs
) -> None:
    writes(ALICE)
    conversation = writes(PHONE).conversation
    code, _link = start(run_jobs, conversation)
    message = writes(PHONE, wrong(code), conversation=conversation)
    run_jobs()
    message.refresh_from_db()
    assert message.answered_at is None
    assert ConfirmationCode.objects.get().attempts_left == confirming.ATTEMPTS - 1
    assert not CustomerMerge.objects.exists()


def test_a_code_counts_only_in_the_conversation_that_claimed(
    writes: Writes, run_jobs: RunJobs
) -> None:
    writes(ALICE)
    code, _link = start(run_jobs, writes(PHONE).conversation)
    stranger = writes("+4930901821").conversation
    writes("+4930901821", code, conversation=stranger)
    run_jobs()
    assert find_by_conversation(stranger.pk, now=timezone.now()) is None
    assert not CustomerMerge.objects.exists()


def test_who_typed_a_victims_address_does_not_get_them_by_confirming_their_own(
    writes: Writes, ask: Ask, run_jobs: RunJobs
) -> None:
    """Mallory types Alice's address into the form and proves her own mailbox there."""
    writes(ALICE, "Private")
    writes("mallory@example.com")
    form = ask("I am Alice").conversation
    start_confirmation(
        identifier=identifier("mallory@example.com"), conversation=form, now=timezone.now()
    )
    run_jobs()
    code = re.findall(r"^ +(\d{6})$", str(mail.outbox[-1].body), re.MULTILINE)[0]
    kept = find_by_conversation(form.pk, now=timezone.now())
    done = confirm_code(confirmation=kept, code=code, now=timezone.now(), entered_in=form)
    assert done.merge is None
    assert not CustomerMerge.objects.exists()
    assert "not proven" in MergeSuggestion.objects.get().evidence


@pytest.mark.parametrize(("trust", "merges"), [(Trust.SEEN, 0), (Trust.AUTHENTICATED, 1)])
def test_a_code_by_mail_joins_only_if_that_very_mail_is_authenticated(
    trust: int, merges: int, writes: Writes, run_jobs: RunJobs
) -> None:
    """Alice's address is trusted from before; the mail with the code claims to be from it."""
    conversation = writes(ALICE, "Genuine").conversation
    writes("mallory@example.com")
    start_confirmation(
        identifier=identifier("mallory@example.com"),
        conversation=conversation,
        now=timezone.now(),
    )
    run_jobs()
    code = re.findall(r"^ +(\d{6})$", str(mail.outbox[-1].body), re.MULTILINE)[0]
    writes(ALICE, code, trust=trust, conversation=conversation)
    run_jobs()
    assert CustomerMerge.objects.count() == merges


# --- The link and the page --------------------------------------------------------------------
def test_a_link_asks_before_it_joins_and_is_used_once(
    writes: Writes, run_jobs: RunJobs, client: Client
) -> None:
    writes(ALICE, trust=Trust.SEEN)
    _code, link = start(run_jobs, writes(PHONE).conversation)
    for _ in range(2):  # a mail scanner opens it too
        page = client.get(link)
        assert "WhatsApp: …1820" in page.content.decode()
    assert not CustomerMerge.objects.exists()
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert not page.cookies
    assert client.post(link, {"confirm": "1"}).status_code == 200
    merge = CustomerMerge.objects.get()
    assert merge.reason == "alice@example.com confirmed by mail what was claimed by WhatsApp."
    assert identifier().trust == Trust.CONFIRMED
    assert client.post(link, {"confirm": "1"}).status_code == 410
    assert client.get(link).status_code == 410


def test_not_me_confirms_nothing_and_ends_the_claim(
    writes: Writes, run_jobs: RunJobs, client: Client
) -> None:
    writes(ALICE, trust=Trust.SEEN)
    claiming = writes(PHONE).conversation
    code, link = start(run_jobs, claiming)
    assert b"Nothing was confirmed" in client.post(link, {"decline": "1"}).content
    assert client.post(link, {"confirm": "1"}).status_code == 410
    with pytest.raises(WrongCode):
        enter(code)
    with pytest.raises(TooManyCodes, match="not them"):
        start_confirmation(identifier=identifier(), conversation=claiming, now=timezone.now())
    assert not decline(ConfirmationCode.objects.get(), now=timezone.now())
    assert identifier().trust == Trust.SEEN


def test_forged_old_and_foreign_links_open_nothing(
    writes: Writes, run_jobs: RunJobs, client: Client
) -> None:
    writes(ALICE)
    _code, link = start(run_jobs)
    kept = ConfirmationCode.objects.get()
    token = make_token(kept)
    for forged in (
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        "x" + token,
        signing.dumps(kept.pk),
        signing.dumps(kept.pk, salt="another"),
        signing.dumps("none", salt="crm.confirmation.link"),
        str(kept.pk),
    ):
        assert client.get(f"/confirm/{forged}/").status_code == 410, forged
        assert client.post(f"/confirm/{forged}/", {"confirm": "1"}).status_code == 410
    with time_machine.travel(timezone.now() + confirming.LINK_LIFETIME + timedelta(seconds=1)):
        assert client.post(link, {"confirm": "1"}).status_code == 410
    assert identifier().trust == Trust.AUTHENTICATED


def test_no_other_site_sends_the_form(writes: Writes, run_jobs: RunJobs, client: Client) -> None:
    writes(ALICE, trust=Trust.SEEN)
    _code, link = start(run_jobs)
    response = client.post(link, {"confirm": "1"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert identifier().trust == Trust.SEEN


def test_the_page_takes_a_code_and_tells_no_more_than_that_it_is_wrong(
    writes: Writes, run_jobs: RunJobs, client: Client
) -> None:
    writes(ALICE, trust=Trust.SEEN)
    code, _link = start(run_jobs)
    assert client.get("/confirm/").status_code == 200
    unknown = client.post("/confirm/", {"email": "x@example.com", "code": code})
    mistaken = client.post("/confirm/", {"email": ALICE, "code": wrong(code)})
    assert unknown.status_code == mistaken.status_code == 422
    assert WRONG in unknown.content.decode()
    assert WRONG in mistaken.content.decode()
    malformed = client.post("/confirm/", {"email": "x", "code": "12"}).content.decode()
    assert "six digits" in malformed
    spaced = f"{code[:3]} {code[3:]}"
    done = client.post("/confirm/", {"email": "Alice@Example.com", "code": spaced})
    assert b"Your address is confirmed" in done.content
    assert identifier().trust == Trust.CONFIRMED


def test_one_client_tries_so_often_and_no_more(
    writes: Writes, run_jobs: RunJobs, client: Client
) -> None:
    writes(ALICE)
    _code, link = start(run_jobs)
    soon = datetime.now(UTC).replace(minute=5, second=0, microsecond=0) + timedelta(hours=1)
    with time_machine.travel(soon, tick=False):
        for number in range(20):
            data = {"email": f"a{number}@example.com", "code": "123456"}
            assert client.post("/confirm/", data).status_code == 422
        for address in ("/confirm/", link):
            response = client.post(address, {"confirm": "1"})
            assert (response.status_code, response.headers["Retry-After"]) == (429, "3300")
        assert b"Try again in 55 minutes" in response.content
    assert client.get(link).status_code == 200
    other = client.post(link, {"confirm": "1"}, REMOTE_ADDR="192.0.2.7")
    assert b"Your address is confirmed" in other.content


def test_the_mail_speaks_the_customers_language(writes: Writes, now: datetime) -> None:
    writes(ALICE)
    start = start_confirmation(identifier=identifier(), language="de", now=now)
    mail_confirmation(start.pk, now=now)
    assert mail.outbox[0].subject == "Ihr Bestätigungscode"


def test_an_address_is_masked_for_who_does_not_know_it() -> None:
    masked = mask(CustomerIdentifier(kind="email", value="alice@example.com"))
    assert masked == "al…@example.com"
    assert mask(CustomerIdentifier(kind="phone", value=PHONE)) == "…1820"
