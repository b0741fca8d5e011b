from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0004_office_minutes"),
    ]

    operations = [
        migrations.AddField(
            model_name="ticket",
            name="approval_since",
            field=models.DateTimeField(
                blank=True,
                help_text="A prepared answer needs a person's consent; any change ends it.",
                null=True,
                verbose_name="waits for approval since",
            ),
        ),
    ]
