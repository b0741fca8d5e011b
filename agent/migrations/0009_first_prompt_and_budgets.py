"""The first version of the prompt, and bounds that a small desk stays well below."""

from decimal import Decimal

from django.db import migrations
from django.utils import timezone

from agent.prompts import ANSWER, DEFAULT

BUDGETS = {
    "conversation": (Decimal("1.00"), 400_000),
    "customer": (Decimal("2.00"), 800_000),
    "day": (Decimal("50.00"), 20_000_000),
}


def create_defaults(apps, schema_editor):
    prompt = apps.get_model("agent", "Prompt").objects.create(
        name=ANSWER, description="How a configured model answers customers."
    )
    now = timezone.now()
    apps.get_model("agent", "PromptVersion").objects.create(
        prompt=prompt, number=1, text=DEFAULT, state="active", created_at=now, activated_at=now
    )
    for scope, (usd, tokens) in BUDGETS.items():
        apps.get_model("agent", "ModelBudget").objects.create(scope=scope, usd=usd, tokens=tokens)


class Migration(migrations.Migration):

    dependencies = [("agent", "0008_prompts_calls_and_budgets")]

    operations = [migrations.RunPython(create_defaults, migrations.RunPython.noop)]
