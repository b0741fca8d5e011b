"""The overdue tickets are counted and ordered from an index alone. It is built while tickets go on
arriving, and the one before it goes once it stands."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0010_answer_due")]

    operations = [
        # Also what an attempt that was interrupted left behind.
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS ticket_overdue", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                fields=["due_at"],
                include=["id", "status", "priority", "conversation", "escalated_at"],
                condition=Q(status__in=["open", "in_progress", "waiting", "escalated"])
                & Q(due_at__isnull=False),
                name="ticket_overdue",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS ticket_response_due",
                    migrations.RunSQL.noop,
                )
            ],
            [migrations.RemoveIndex(model_name="ticket", name="ticket_response_due")],
        ),
    ]
