"""Which of the learned models is used."""

from django.db import transaction

from agent.models import IntentModel


@transaction.atomic
def activate(model: IntentModel, *, note: str = "") -> None:
    """Puts the model in the place of the active one."""
    IntentModel.objects.filter(is_active=True).exclude(pk=model.pk).update(is_active=False)
    model.is_active, model.note = True, note
    model.save(update_fields=["is_active", "note"])
