from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

MINUTES = {"urgent": 60, "high": 240, "normal": 480, "low": 1440}


def add_response_targets(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A service level to start from; edited in the console."""
    target = apps.get_model("tickets", "ResponseTarget")
    target.objects.bulk_create(
        target(priority=priority, minutes=minutes) for priority, minutes in MINUTES.items()
    )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]
    operations = [migrations.RunPython(add_response_targets, migrations.RunPython.noop)]
