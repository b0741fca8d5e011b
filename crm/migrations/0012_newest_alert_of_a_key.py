from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("crm", "0011_last_message_at")]

    operations = [
        # Also what an attempt that was interrupted left behind.
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS alert_newest_of_key", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name="staffalert",
            index=models.Index(fields=["key", "-raised_at"], name="alert_newest_of_key"),
        ),
    ]
