"""The ladder of autonomy: where each intent stands on each channel, why, and what it takes."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from agent.autonomy.ladder import ensure_rungs, fix_rungs, release_rungs, say_next
from agent.autonomy.records import Place, Record, read_records
from agent.autonomy.ruled import list_ruled_intents
from agent.models import Intent, Rung
from crm.admin.base import ModelAdmin, action, display
from crm.models import User

if TYPE_CHECKING:

    class SimpleHistoryAdmin: ...
else:
    from simple_history.admin import SimpleHistoryAdmin

Level = Rung.Level

_RULED = "ruled"
_TONES: dict[str, str] = {
    Level.SHADOW: "", Level.DRAFT: "primary", Level.AUTOMATIC: "success", _RULED: "warning",
}  # fmt: skip


@admin.register(Rung)
class RungAdmin(SimpleHistoryAdmin, ModelAdmin[Rung]):
    list_display = (
        "show_intent", "channel", "show_effect", "show_level", "show_record", "changed_at",
    )  # fmt: skip
    list_filter = (
        ("level", ChoicesDropdownFilter),
        ("channel", ChoicesDropdownFilter),
        "is_fixed",
    )
    list_filter_submit = True
    list_before_template = "agent/admin/_autonomy.html"
    search_fields = ("intent",)
    list_per_page = 60
    show_full_result_count = False
    fields = ("level", "is_fixed", "threshold", "why", "changed_at")
    readonly_fields = ("why", "changed_at")
    actions = ("let_answer", "let_draft", "let_watch", "release")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # there is one for every intent and channel

    def has_delete_permission(self, request: HttpRequest, obj: Rung | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        now = timezone.now()
        ensure_rungs(now=now)
        self._records: Mapping[tuple[Place, str], Record] = read_records(now=now)
        self._intents = {
            name: (title, risk)
            for name, title, risk in Intent.objects.values_list("name", "title", "risk")
        }
        self._ruled = list_ruled_intents()
        effects = Counter(
            self._effect(rung) for rung in Rung.objects.only("intent", "level", "is_fixed")
        )
        context = {
            **(extra_context or {}),
            "autonomy": settings.AUTONOMY,
            "effects": [(level.label, effects[level]) for level in Level],
            "ruled": effects[_RULED],
        }
        return super().changelist_view(request, context)

    def save_model(self, request: HttpRequest, obj: Rung, form: Any, change: bool) -> None:
        if {"level", "is_fixed"} & set(form.changed_data):
            obj.changed_at = timezone.now()
            obj.why = _t("Set by %(staff)s.") % {"staff": request.user}
        super().save_model(request, obj, form, change)

    @display(description=_("intent"), ordering="intent")
    def show_intent(self, rung: Rung) -> str:
        title, risk = self._intents.get(rung.intent, (_("Other, or unknown"), Intent.Risk.MEDIUM))
        return format_html(
            '<span class="ah-cell"><strong>{}</strong><span class="ah-cell__sub">{}</span></span>',
            title,
            _t("risk: %(risk)s") % {"risk": Intent.Risk(risk).label},
        )

    @display(description=_("what it does now"), label=_TONES)
    def show_effect(self, rung: Rung) -> tuple[str, str]:
        effect = self._effect(rung)
        if effect == _RULED:
            return effect, _t("people answer: a rule hands it over")
        return effect, str(Level(effect).label)

    def _effect(self, rung: Rung) -> str:
        """What really happens: a rule that hands a question over is asked before the ladder."""
        return _RULED if rung.intent in self._ruled else str(rung.effective_level)

    @display(description=_("on the ladder"), ordering="level")
    def show_level(self, rung: Rung) -> str:
        return format_html(
            '<span class="ah-cell">{}<span class="ah-cell__sub">{}</span></span>',
            rung.get_level_display(),
            _t("fixed by staff") if rung.is_fixed else "",
        )

    @display(description=_("since then"))
    def show_record(self, rung: Rung) -> str:
        record = self._records.get(((rung.channel, rung.intent), rung.level), Record())
        counted = record.since(rung.changed_at)
        figures = _t("%(good)s of %(total)s good") % {"good": counted.good, "total": counted.total}
        _title, risk = self._intents.get(rung.intent, ("", Intent.Risk.MEDIUM))
        return format_html(
            '<span class="ah-cell">{}<span class="ah-cell__sub">{}</span></span>',
            figures if counted.total else _t("nothing measured yet"),
            self._say_next(rung, counted, risk),
        )

    def _say_next(self, rung: Rung, counted: Record, risk: str) -> str:
        if rung.is_fixed or settings.AUTONOMY != "earned":
            return ""  # no figure moves it
        return say_next(rung, counted, risk=risk)

    @action(description=_("Let it answer by itself, and fix that"), permissions=["change"])
    def let_answer(self, request: HttpRequest, rungs: QuerySet[Rung]) -> None:
        self._fix(request, rungs, Level.AUTOMATIC)

    @action(description=_("Let it draft, and fix that"), permissions=["change"])
    def let_draft(self, request: HttpRequest, rungs: QuerySet[Rung]) -> None:
        self._fix(request, rungs, Level.DRAFT)

    @action(description=_("Let it only watch, and fix that"), permissions=["change"])
    def let_watch(self, request: HttpRequest, rungs: QuerySet[Rung]) -> None:
        self._fix(request, rungs, Level.SHADOW)

    @action(description=_("Let the figures move it again"), permissions=["change"])
    def release(self, request: HttpRequest, rungs: QuerySet[Rung]) -> None:
        self._say(request, release_rungs(rungs, staff=cast("User", request.user)))

    def _fix(self, request: HttpRequest, rungs: QuerySet[Rung], level: str) -> None:
        staff = cast("User", request.user)
        self._say(request, fix_rungs(rungs, level=level, staff=staff, now=timezone.now()))

    def _say(self, request: HttpRequest, count: int) -> None:
        text = ngettext("%(count)d rung changed.", "%(count)d rungs changed.", count)
        messages.success(request, text % {"count": count})
