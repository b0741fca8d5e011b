from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TONES = {
    "tone_web": "Clear and friendly, in full sentences. The page shows who speaks: no salutation.",
    "tone_email": "Friendly and complete, in full sentences and short paragraphs.",
    "tone_whatsapp": "Brief and conversational: a few short sentences, no salutation, no sign-off.",
}


def add_tones(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Tones to start from, where staff have set none."""
    briefings = apps.get_model("agent", "Briefing").objects
    for field, tone in TONES.items():
        briefings.filter(**{field: ""}).update(**{field: tone})


class Migration(migrations.Migration):
    dependencies = [("agent", "0010_corrections")]
    operations = [migrations.RunPython(add_tones, migrations.RunPython.noop)]
