from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Machines write e-mails and texts by themselves; a form is filled in by a person.
DEFAULTS = (
    {"channel": "web"},
    {"channel": "email", "daily_cap": 20},
    {"channel": "whatsapp", "daily_cap": 20, "length_limit": 1500},
)


def add_channel_settings(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Settings to start from; edited in the console."""
    settings = apps.get_model("channels", "ChannelConfig")
    settings.objects.bulk_create(settings(**values) for values in DEFAULTS)


class Migration(migrations.Migration):
    dependencies = [("channels", "0001_initial")]
    operations = [migrations.RunPython(add_channel_settings, migrations.RunPython.noop)]
