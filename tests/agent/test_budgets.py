"""Calls of models are counted beside each other."""

import pytest
from django.db import connection, transaction
from django.utils import timezone

from agent import budgets
from agent.models import ModelCall
from crm.identity import resolve_identifier
from crm.models import Conversation
from crm.services import start_conversation
from crm.types import Contact
from tests.stage import beside


@pytest.mark.django_db(transaction=True)
def test_a_call_that_waits_for_its_conversation_holds_up_nobody_else() -> None:
    identifier = resolve_identifier(Contact(email="alice@example.com"))
    conversation = start_conversation(identifier=identifier, channel="web", subject="")

    def count() -> None:
        call = ModelCall(
            conversation=conversation,
            model="m",
            failure="",
            input_tokens=1,
            output_tokens=1,
            milliseconds=1,
            created_at=timezone.now(),
        )
        budgets.count_call(call)

    count()
    with beside(count) as start:
        Conversation.objects.select_for_update().get(pk=conversation.pk)
        assert not start().done()

        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT tokens FROM agent_dayspend FOR UPDATE NOWAIT")
            assert cursor.fetchall() == [(2,)]

    assert ModelCall.objects.count() == 2
