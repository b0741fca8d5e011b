"""Who may do what: three groups, kept by the application after every migration.

What a role may do is decided here and nowhere else: the permissions of the three groups are set
anew whenever the database is migrated, so a release that adds a page also opens it.
"""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import User


class Role(models.TextChoices):
    AGENT = "agent", _("agent")
    SUPERVISOR = "supervisor", _("supervisor")
    ADMINISTRATOR = "administrator", _("administrator")


_AGENT = {
    "crm": {
        "view_customer", "view_customeridentifier", "view_conversation", "view_message",
        "view_attachment", "view_staffalert", "view_customermerge", "view_mergesuggestion",
        "add_confirmationcode",
    },
    "tickets": {
        "view_ticket", "change_ticket", "view_ticketevent", "view_satisfaction",
        "view_savedreply",
    },
    "knowledge": {"view_article", "view_passage", "view_knowledgesource"},
    "channels": {"view_delivery", "view_inboundevent"},
    "agent": {
        "add_intentexample", "view_agentrun", "view_agentstep", "view_draft", "view_handover",
        "view_suggestion",
    },
}  # fmt: skip
_SUPERVISOR = {
    "crm": {
        "add_customer", "change_customer", "change_conversation", "change_staffalert", "view_user",
        "add_customermerge", "change_customermerge", "change_mergesuggestion",
    },
    "tickets": {
        "view_responsetarget", "add_handoverrule", "change_handoverrule", "view_handoverrule",
        "add_savedreply", "change_savedreply", "delete_savedreply",
    },
    "knowledge": {
        "add_article", "change_article", "delete_article", "view_historicalarticle",
        "view_embeddingindex", "add_knowledgesource", "change_knowledgesource",
        "delete_knowledgesource", "view_sourcedocument",
    },
    "channels": {
        "change_delivery", "view_channelconfig", "view_suppression", "delete_suppression",
    },
    "agent": {
        "change_draft", "view_agentmetric", "add_guardrailrule", "change_guardrailrule",
        "delete_guardrailrule", "view_guardrailrule", "view_historicalguardrailrule",
        "view_replay", "add_replay", "view_gap", "change_gap", "view_contradiction",
        "change_contradiction",
        "view_correction", "add_correction",
        "view_evaluationrun", "add_evaluationrun", "view_evaluationcase", "add_evaluationcase",
        "change_evaluationcase", "delete_evaluationcase",
        "add_briefing", "change_briefing", "view_briefing",
        "add_intent", "change_intent", "delete_intent", "view_intent",
        "change_intentexample", "delete_intentexample", "view_intentexample",
        "add_intentmodel", "change_intentmodel", "view_intentmodel",
        "view_prompt", "view_promptversion", "add_promptversion", "change_promptversion",
        "view_modelbudget", "change_modelbudget", "view_modelcall",
        "view_rung", "change_rung", "view_historicalrung",
    },
    "procrastinate": {"view_procrastinatejob", "change_procrastinatejob"},
}  # fmt: skip
_APPS = {"crm", "tickets", "knowledge", "channels", "agent", "procrastinate"}


def keep_roles(*, app_config: AppConfig, using: str, **kwargs: Any) -> None:
    """Gives each role exactly its permissions of the app that was just migrated.

    A receiver of `post_migrate`; Django has created the app's permissions when it runs.
    """
    label = app_config.label
    if label not in _APPS:
        return
    known = list(
        Permission.objects.using(using).filter(content_type__app_label=label).order_by("pk")
    )
    for role in Role:
        group, _created = Group.objects.using(using).get_or_create(name=role.value)
        wanted = {permission for permission in known if _may(role, label, permission.codename)}
        held = set(group.permissions.using(using).filter(content_type__app_label=label))
        group.permissions.remove(*(held - wanted))
        group.permissions.add(*(wanted - held))


def give_role(user: User, role: str) -> None:
    """Makes the user staff with this role and no other. Raises Group.DoesNotExist before the
    first migration."""
    if not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    user.groups.remove(*user.groups.filter(name__in=Role.values).exclude(name=role))
    user.groups.add(Group.objects.get(name=role))


def get_role(user: User) -> str:
    """The user's role, "" without one; of several the one that may do most."""
    names = {group.name for group in user.groups.all()}
    return next((role.value for role in reversed(Role) if role.value in names), "")


def _may(role: Role, label: str, codename: str) -> bool:
    if role == Role.ADMINISTRATOR:
        return True
    permissions = _AGENT.get(label, set())
    if role == Role.SUPERVISOR:
        permissions = permissions | _SUPERVISOR.get(label, set())
    return codename in permissions
