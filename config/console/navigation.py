"""The sidebar: what a role may open, with the numbers that call for a person."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateJob

from agent.models import (
    AgentMetric,
    AgentRun,
    Briefing,
    Contradiction,
    Correction,
    Draft,
    EvaluationCase,
    EvaluationRun,
    Gap,
    GuardrailRule,
    Intent,
    IntentExample,
    IntentModel,
    ModelBudget,
    Prompt,
    Replay,
    Rung,
    Suggestion,
)
from channels.models import ChannelConfig, Delivery, InboundEvent, Suppression
from config.console.counts import Counts, get_counts
from crm.models import Conversation, Customer, CustomerMerge, MergeSuggestion, StaffAlert, User
from knowledge.models import Article, EmbeddingIndex, KnowledgeSource
from tickets.models import HandoverRule, ResponseTarget, Satisfaction, SavedReply, Ticket

Item = dict[str, Any]


def build_sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the sidebar, as unfold takes them; empty groups are left out."""
    counts = get_counts(request)
    page = _Page(request)
    inbox = [
        page.link(_("Overview"), "space_dashboard", reverse("admin:index"), exact=True),
        *page.queues(counts),
        page.model(_("Drafts"), "rate_review", Draft, counts.drafts, "primary"),
        page.model(_("Alerts"), "notifications", StaffAlert, counts.alerts, "warning"),
    ]
    groups = [
        (_("Inbox"), inbox),
        (
            _("Customers"),
            [
                page.model(_("Customers"), "group", Customer),
                page.model(_("Possible duplicates"), "person_search", MergeSuggestion),
                page.model(_("Merges"), "merge", CustomerMerge),
                page.model(_("Conversations"), "forum", Conversation),
                page.model(_("Ratings"), "star", Satisfaction),
            ],
        ),
        (
            _("Knowledge"),
            [
                page.model(_("Articles"), "menu_book", Article),
                page.model(_("Sources"), "cloud_download", KnowledgeSource),
                page.model(_("Search index"), "database_search", EmbeddingIndex),
            ],
        ),
        (
            _("Agent"),
            [
                page.model(_("Runs"), "neurology", AgentRun),
                page.model(_("Guardrails"), "shield", GuardrailRule),
                page.model(_("Autonomy"), "stairs", Rung),
                page.model(_("Intents"), "category", Intent),
                page.model(_("Examples of intents"), "label", IntentExample),
                page.model(_("Intent models"), "model_training", IntentModel),
                page.model(_("Hand-over rules"), "move_up", HandoverRule),
                page.model(_("Briefing"), "record_voice_over", Briefing),
                page.model(_("Prompts"), "edit_note", Prompt),
                page.model(_("Model budgets"), "savings", ModelBudget),
                page.model(_("Metrics"), "monitoring", AgentMetric),
            ],
        ),
        (
            _("Quality"),
            [
                page.model(_("Evaluations"), "grading", EvaluationRun),
                page.model(_("Cases"), "checklist", EvaluationCase),
                page.model(_("Replays"), "replay", Replay),
                page.model(_("Knowledge gaps"), "help_center", Gap),
                page.model(_("Contradictions"), "compare_arrows", Contradiction),
                page.model(_("Corrections"), "history_edu", Correction),
                page.model(_("Suggested replies"), "quickreply", Suggestion),
            ],
        ),
        (
            _("Operations"),
            [
                page.model(_("Jobs"), "settings_suggest", ProcrastinateJob, counts.failed_jobs),
                page.model(_("Deliveries"), "outbox", Delivery, counts.undelivered),
                page.model(_("Suppressed addresses"), "block", Suppression),
                page.model(_("Inbound events"), "move_to_inbox", InboundEvent),
            ],
        ),
        (
            _("Settings"),
            [
                page.model(_("Staff"), "badge", User),
                page.model(_("Channels"), "hub", ChannelConfig),
                page.model(_("Response targets"), "timer", ResponseTarget),
                page.model(_("Saved replies"), "bookmark", SavedReply),
            ],
        ),
    ]
    return [
        {"title": title, "items": shown}
        for title, items in groups
        if (shown := [item for item in items if item is not None])
    ]


class _Page:
    """The page that the sidebar stands beside: who looks, and where they are."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def link(
        self,
        title: object,
        icon: str,
        link: str,
        count: int = 0,
        tone: str = "danger",
        *,
        exact: bool = False,
        active: bool | None = None,
    ) -> Item:
        path = self.request.path
        if active is None:
            active = path == link if exact else path.startswith(link)
        item: Item = {"title": title, "icon": icon, "link": link, "active": active}
        if count:
            item.update(badge=str(count), badge_variant=tone)
        return item

    def model(
        self, title: object, icon: str, model: type[Model], count: int = 0, tone: str = "danger"
    ) -> Item | None:
        """The model's list, if it is in the console and this member of staff may open it."""
        if not admin.site.is_registered(model):
            return None
        if not admin.site.get_model_admin(model).has_view_permission(self.request):
            return None
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        return self.link(title, icon, reverse(name), count, tone)

    def queues(self, counts: Counts) -> list[Item]:
        """The inbox's views; the one that is shown is marked, whichever ticket is open."""
        listed = reverse("admin:tickets_ticket_changelist")
        if self.model("", "", Ticket) is None:
            return []
        chosen = self.request.GET.get("queue")
        at_list = self.request.path == listed
        in_ticket = not at_list and self.request.path.startswith(listed)
        first = not set(self.request.GET) - {"p", "o"}

        def queue(title: object, icon: str, name: str, count: int, tone: str) -> Item:
            shown = at_list and (chosen == name or (not chosen and first and name == "person"))
            active = shown or (in_ticket and name == "person")
            return self.link(title, icon, f"{listed}?queue={name}", count, tone, active=active)

        return [
            queue(_("Needs a person"), "support_agent", "person", counts.needs_person, "danger"),
            queue(_("Mine"), "person_check", "mine", counts.mine, "info"),
            queue(_("Overdue"), "timer_off", "overdue", counts.overdue, "danger"),
            queue(_("All tickets"), "confirmation_number", "all", 0, ""),
        ]
