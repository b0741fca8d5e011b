from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0003_one_customer"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="message",
            name="message_answered_once",
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "cancelled"), _negated=True),
                fields=("answers", "author"),
                name="message_answered_once",
            ),
        ),
    ]
