from django.db import migrations


class Migration(migrations.Migration):
    """What the console counts and the sweeps look for among the queue's rows, most of which are
    finished jobs of the last day."""

    dependencies = [("procrastinate", "0041_post_retry_failed_job")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX allhours_jobs_failed ON procrastinate_jobs (id) WHERE status = 'failed'",
            "DROP INDEX allhours_jobs_failed",
        ),
    ]
