from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def add_briefing(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The one row, empty, to be edited."""
    briefing = apps.get_model("agent", "Briefing")
    if not briefing.objects.exists():
        briefing.objects.create()


class Migration(migrations.Migration):
    dependencies = [("agent", "0004_briefing")]
    operations = [migrations.RunPython(add_briefing, migrations.RunPython.noop)]
