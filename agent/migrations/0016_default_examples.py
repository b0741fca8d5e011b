"""Puts every rule in force as it stands, and gives the shipped ones their example sentences.

What staff changed stays: a rule that was deleted is not brought back, patterns are not touched,
and example sentences are added only where the rule has its shipped name and reason. What the
sentences mean is learned by the first worker that asks a rule.
"""

from django.db import migrations
from django.utils import timezone

from agent.guardrails.defaults import DEFAULTS

CONTENT = (
    "reason", "route", "stage", "action", "patterns", "examples", "threshold", "must_match",
    "must_not_match",
)


def put_in_force(apps, schema_editor):
    rules = apps.get_model("agent", "GuardrailRule").objects
    for default in DEFAULTS:
        rule = rules.filter(name=default.name, reason=default.reason).first()
        if rule is None and default.stage == "after":
            rule = rules.model(name=default.name, priority=default.priority)
            for name in CONTENT:
                setattr(rule, name, getattr(default, name))
        if rule is not None:
            for name in ("stage", "action", "examples", "threshold"):
                setattr(rule, name, getattr(default, name))
            rule.save()
    in_force = apps.get_model("agent", "RuleInForce").objects
    for rule in rules.all():
        content = {name: getattr(rule, name) for name in CONTENT}
        in_force.create(rule=rule, since=timezone.now(), **content)


class Migration(migrations.Migration):
    dependencies = [("agent", "0015_rules_in_force")]

    operations = [migrations.RunPython(put_in_force, migrations.RunPython.noop)]
