from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def add_channel_settings(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The web form is open from the start."""
    apps.get_model("channels", "ChannelConfig").objects.create(channel="web")


class Migration(migrations.Migration):
    dependencies = [("channels", "0002_initial")]
    operations = [migrations.RunPython(add_channel_settings, migrations.RunPython.noop)]
