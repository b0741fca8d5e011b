from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from django.utils import translation

from agent.models import Briefing
from config.company import load_company
from config.sample import load_saved_replies
from crm.models import Message
from tickets import services
from tickets.models import HandoverRule, SavedReply, Ticket

pytestmark = pytest.mark.django_db
SAMPLE = Path(__file__).resolve().parents[2] / "sample_company"


def test_the_sample_company_has_a_rule_for_every_reason() -> None:
    report = load_company(SAMPLE)
    assert report.skipped == ()
    assert set(report.reasons) == set(Ticket.Reason.values)
    steps = HandoverRule.objects.get(reason="security").first_steps
    assert (SAMPLE / "articles" / f"{steps.removeprefix('/help/')}.md").is_file()
    load_company(SAMPLE)
    assert Briefing.objects.count() == 1


def test_the_customer_is_told_in_the_companys_own_words(
    ask: Callable[..., Ticket], now: datetime
) -> None:
    load_company(SAMPLE)
    ticket = services.escalate_ticket(
        ticket=ask(), reason="refund", detail="", actor="agent", now=now
    )
    notice = ticket.conversation.messages.get(author=Message.Author.SYSTEM)
    assert notice.text.startswith(HandoverRule.objects.get(reason="refund").notice)
    assert ticket.reference in notice.text


def test_another_language_keeps_the_general_words(
    ask: Callable[..., Ticket], now: datetime
) -> None:
    load_company(SAMPLE)
    with translation.override("de"):
        ticket = services.escalate_ticket(
            ticket=ask(), reason="refund", detail="", actor="agent", now=now
        )
    notice = ticket.conversation.messages.get(author=Message.Author.SYSTEM)
    assert HandoverRule.objects.get(reason="refund").notice not in notice.text
    assert "Monday" not in notice.text


def test_a_section_without_its_fields_is_named_and_passed_over(tmp_path: Path) -> None:
    (tmp_path / "escalation.md").write_text(
        "## refund\n\n**Route:** Billing\n\n## teleport\n\n**Route:** X\n"
    )
    report = load_company(tmp_path)
    assert report.reasons == ()
    assert [problem.split(":")[0] for problem in report.skipped] == ["refund", "teleport"]


def test_the_sample_company_has_saved_replies_whose_blanks_are_filled() -> None:
    assert load_saved_replies(SAMPLE) >= 4
    assert load_saved_replies(SAMPLE) == 0
    for reply in SavedReply.objects.all():
        reply.full_clean()
