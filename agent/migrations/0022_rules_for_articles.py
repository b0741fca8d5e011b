"""Lets rules look at articles, and gives a desk that has none yet the shipped one, in force."""

from django.db import migrations, models
from django.utils import timezone

from agent.guardrails.defaults import DEFAULTS

CONTENT = (
    "reason", "route", "stage", "action", "patterns", "examples", "threshold", "must_match",
    "must_not_match",
)
STAGES = [
    ("before", "the customer's message"),
    ("after", "the prepared answer"),
    ("both", "both"),
    ("article", "articles, by words, before a model reads them"),
]


def add_rules(apps, schema_editor):
    rules = apps.get_model("agent", "GuardrailRule").objects
    in_force = apps.get_model("agent", "RuleInForce").objects
    for default in DEFAULTS:
        if default.stage != "article":
            continue
        content = {name: getattr(default, name) for name in CONTENT}
        rule, _created = rules.get_or_create(
            name=default.name, defaults={"priority": default.priority, **content}
        )
        in_force.get_or_create(rule=rule, defaults={"since": timezone.now(), **content})


def stage_of(model):
    return migrations.AlterField(
        model_name=model,
        name="stage",
        field=models.CharField(
            choices=STAGES, default="before", max_length=8, verbose_name="looks at"
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("agent", "0021_handover_and_suggestions")]

    operations = [
        stage_of("guardrailrule"),
        stage_of("guardrailtrial"),
        stage_of("historicalguardrailrule"),
        stage_of("ruleinforce"),
        migrations.RunPython(add_rules, migrations.RunPython.noop),
    ]
