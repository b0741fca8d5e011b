"""The index of messages' words is built while messages go on arriving. It takes the beginning of a
text: PostgreSQL refuses a row whose words to be indexed are more than a megabyte."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.contrib.postgres.search import SearchVector
from django.db import migrations
from django.db.models.functions import Left


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("crm", "0009_growing_lists")]

    operations = [
        # Also what an attempt that was interrupted left behind.
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS message_words", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name="message",
            index=GinIndex(
                SearchVector(Left("text", 100_000), config="simple"), name="message_words"
            ),
        ),
    ]
