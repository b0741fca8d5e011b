"""The rules that a new desk starts with; the rows are staff's from then on."""

import dataclasses

from django.db import migrations

from agent.guardrail_defaults import DEFAULTS


def add_rules(apps, schema_editor):
    rules = apps.get_model("agent", "GuardrailRule").objects
    for default in DEFAULTS:
        values = {name: value.strip() for name, value in _texts(default).items()}
        rules.get_or_create(name=default.name, defaults={"priority": default.priority, **values})


def _texts(default):
    return {
        name: value for name, value in dataclasses.asdict(default).items() if name != "priority"
    }


class Migration(migrations.Migration):
    dependencies = [("agent", "0002_initial")]

    operations = [migrations.RunPython(add_rules, migrations.RunPython.noop)]
