"""The rules that a new desk starts with; the rows are staff's from then on."""

from django.db import migrations

from agent.guardrails.defaults import DEFAULTS


FIELDS = ("priority", "reason", "route", "patterns", "must_match", "must_not_match")


def add_rules(apps, schema_editor):
    rules = apps.get_model("agent", "GuardrailRule").objects
    for default in DEFAULTS:
        values = {name: getattr(default, name) for name in FIELDS}
        rules.get_or_create(name=default.name, defaults=values)


class Migration(migrations.Migration):
    dependencies = [("agent", "0002_initial")]

    operations = [migrations.RunPython(add_rules, migrations.RunPython.noop)]
