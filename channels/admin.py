"""What came in and what went out, with retry and cancel, and how channels speak."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import F, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from channels.inbound import reprocess_event
from channels.models import ChannelConfig, Delivery, InboundEvent, Suppression
from channels.recovery import cancel_delivery, lift_suppression, retry_delivery
from channels.settings import save_channel
from crm.admin.base import DropdownFilter, ModelAdmin, ReadOnlyAdmin, display
from crm.models import Conversation, Message
from crm.timeline import Mark, mark_messages

State = Delivery.State
_STUCK = [State.FAILED, State.UNKNOWN, State.HELD]
_TONES: dict[str, str] = {
    State.QUEUED: "info",
    State.SENDING: "info",
    State.SENT: "success",
    State.FAILED: "danger",
    State.UNKNOWN: "warning",
    State.HELD: "warning",
    State.CANCELLED: "",
}


@mark_messages(
    troubled=ArraySubquery(
        Delivery.objects.filter(message=OuterRef("pk"))
        .exclude(state=State.SENT, attempts__lte=1)
        .order_by("part")
        .values(
            delivery=JSONObject(
                pk="pk", state=F("state"), attempts=F("attempts"), problem=F("problem")
            )
        )
    )
)
def mark_deliveries(message: Message) -> Sequence[Mark]:
    """Under a message that did not leave at once: how often it was tried and what was wrong."""
    read = [Delivery(**each) for each in getattr(message, "troubled", ())]
    marks = [mark for delivery in read if (mark := _mark(delivery))]
    return marks[-1:]


@mark_messages()
def mark_remarks(message: Message) -> Sequence[Mark]:
    """Under a message: what its channel had to leave out, such as a file that did not come."""
    return [Mark(str(remark), "warning") for remark in message.remarks]


def _mark(delivery: Delivery) -> Mark | None:
    link = reverse("admin:channels_delivery_change", args=[delivery.pk])
    count = {"count": delivery.attempts}
    tried = ngettext("%(count)d attempt", "%(count)d attempts", delivery.attempts) % count
    if delivery.state in _STUCK:
        text = f"{delivery.problem or delivery.get_state_display()} · {tried} · "
        return Mark(text + _t("retry or cancel"), "danger", link)
    if delivery.state == State.CANCELLED and delivery.problem:
        return Mark(delivery.problem, "warning")
    return Mark(tried, "warning", link) if delivery.attempts > 1 else None


class DeliveryFilter(DropdownFilter):
    """What did not arrive is what opens."""

    title = _("state")
    parameter_name = "show"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        self.untouched = not set(request.GET) - {"p", "o"}
        return [("stuck", _("not delivered")), ("all", _("all")), *State.choices]

    def value(self) -> str:
        return super().value() or ("stuck" if self.untouched else "all")

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        shown = self.value()
        if shown == "stuck":
            return queryset.filter(state__in=_STUCK)
        return queryset if shown == "all" else queryset.filter(state=shown)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin[Delivery]):
    empty_advice = _("No reply is stuck. The filter shows those that were sent.")
    list_display = (
        "show_state", "show_customer", "show_channel", "attempts", "problem", "created_at",
        "sent_at",
    )  # fmt: skip
    list_display_links = ("show_state", "show_customer")
    list_filter = (
        DeliveryFilter,
        ("message__conversation__channel", ChoicesDropdownFilter),
    )
    list_filter_submit = True
    list_select_related = ("message__conversation__customer",)
    search_fields = ("message__conversation__customer__name", "provider_id", "problem")
    fields = readonly_fields = (
        "show_state", "show_customer", "show_channel", "show_text", "attempts", "problem",
        "provider_id", "created_at", "sent_at",
    )  # fmt: skip
    change_form_outer_before_template = "channels/admin/_delivery.html"
    actions = ("retry", "cancel")

    def has_work_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("channels.change_delivery")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:delivery_id>/retry/", wrap(retry_view), name="channels_delivery_retry"),
            path(
                "<int:delivery_id>/cancellation/",
                wrap(cancel_view),
                name="channels_delivery_cancellation",
            ),
            *super().get_urls(),
        ]

    @display(description=_("state"), ordering="state", label=_TONES)
    def show_state(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.state, delivery.get_state_display()

    @display(description=_("to"))
    def show_customer(self, delivery: Delivery) -> str:
        conversation = delivery.message.conversation
        return format_html(
            '<span class="ah-cell"><strong>{}</strong><span class="ah-cell__sub">{}</span></span>',
            conversation.customer,
            conversation,
        )

    @display(description=_("channel"), ordering="message__conversation__channel")
    def show_channel(self, delivery: Delivery) -> str:
        return delivery.message.conversation.get_channel_display()

    @display(description=_("message"))
    def show_text(self, delivery: Delivery) -> str:
        return format_html('<div class="ah-pre" dir="auto">{}</div>', delivery.message.text)

    @admin.action(description=_("Retry"), permissions=["work"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        now = timezone.now()
        count = sum(retry_delivery(delivery, now=now) for delivery in queryset)
        text = ngettext("%(n)d message queued again.", "%(n)d messages queued again.", count)
        messages.success(request, text % {"n": count})

    @admin.action(description=_("Cancel"), permissions=["work"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        now = timezone.now()
        count = sum(cancel_delivery(delivery, now=now) for delivery in queryset)
        text = ngettext("%(n)d message cancelled.", "%(n)d messages cancelled.", count)
        messages.success(request, text % {"n": count})


def _changes(change: Callable[[Delivery], bool], done: Any, late: Any) -> Callable[..., Any]:
    """A POST that changes one delivery, says what came of it and returns to its page."""

    def view(request: HttpRequest, delivery_id: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("channels.change_delivery"):
            raise PermissionDenied
        delivery = get_object_or_404(
            Delivery.objects.select_related("message__conversation"), pk=delivery_id
        )
        if change(delivery):
            messages.success(request, str(done))
        else:
            messages.warning(request, str(late))
        return redirect("admin:channels_delivery_change", delivery.pk)

    return view


retry_view = _changes(
    lambda delivery: retry_delivery(delivery, now=timezone.now()),
    _("Queued again."),
    _("It did not fail, or was queued again already."),
)
cancel_view = _changes(
    lambda delivery: cancel_delivery(delivery, now=timezone.now()),
    _("Cancelled: this message will not be sent."),
    _("Too late: it was sent, is being sent or was cancelled already."),
)


@admin.register(InboundEvent)
class InboundEventAdmin(ReadOnlyAdmin[InboundEvent]):
    """What was accepted from outside. What it says word for word is for supervisors."""

    list_display = ("show_state", "channel", "external_id", "problem", "received_at")
    list_display_links = ("show_state", "external_id")
    list_filter = (("state", ChoicesDropdownFilter), ("channel", ChoicesDropdownFilter))
    list_filter_submit = True
    search_fields = ("external_id",)
    fields = ("channel", "external_id", "state", "problem", "message", "received_at")
    actions = ("read_again",)

    def has_work_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("channels.change_delivery")

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboundEvent]:
        return super().get_queryset(request).defer("payload")

    def get_fields(self, request: HttpRequest, obj: InboundEvent | None = None) -> list[Any]:
        payload = ["show_payload"] if request.user.has_perm("channels.view_channelconfig") else []
        return [*self.fields, *payload]

    def get_readonly_fields(
        self, request: HttpRequest, obj: InboundEvent | None = None
    ) -> list[str]:
        return ["show_payload"]

    @display(description=_("state"), label={"parked": "warning", "received": "info"})
    def show_state(self, event: InboundEvent) -> tuple[str, str]:
        return event.state, event.get_state_display()

    @admin.action(description=_("Read again"), permissions=["work"])
    def read_again(self, request: HttpRequest, queryset: QuerySet[InboundEvent]) -> None:
        now = timezone.now()
        count = sum(reprocess_event(event, now=now) for event in queryset)
        text = ngettext("%(n)d event is read again.", "%(n)d events are read again.", count)
        messages.success(request, text % {"n": count})

    @display(description=_("payload"))
    def show_payload(self, event: InboundEvent) -> str:
        text = json.dumps(event.payload, indent=2, ensure_ascii=False, sort_keys=True)
        return format_html('<pre class="ah-pre">{}</pre>', text[:20_000])


@admin.register(ChannelConfig)
class ChannelConfigAdmin(ModelAdmin[ChannelConfig]):
    list_display = ("channel", "enabled", "greeting")

    def get_fieldsets(self, request: HttpRequest, obj: ChannelConfig | None = None) -> Any:
        """What the channel makes use of, and nothing else."""
        fields = ["channel", "enabled", "greeting", "signature", "daily_cap"]
        if obj is None or obj.channel == Conversation.Channel.WHATSAPP:
            fields += ["length_limit", "template_id"]
        tone = _("The tone in which the agent writes here is set under “Company and voice”.")
        return [(None, {"fields": fields, "description": tone})]

    def get_readonly_fields(
        self, request: HttpRequest, obj: ChannelConfig | None = None
    ) -> tuple[str, ...]:
        return ("channel",) if obj else ()

    def save_model(self, request: HttpRequest, obj: ChannelConfig, form: Any, change: bool) -> None:
        released = save_channel(obj)
        if released:
            text = ngettext(
                "%(n)d message that was held back is sent now.",
                "%(n)d messages that were held back are sent now.",
                released,
            )
            messages.success(request, text % {"n": released})


@admin.register(Suppression)
class SuppressionAdmin(ModelAdmin[Suppression]):
    """Addresses that nothing is sent to. Deleting one sends what was held back."""

    empty_advice = _(
        "Addresses whose mail came back for good, and numbers that asked for no more, stand here. "
        "Nothing is sent to them."
    )
    list_display = ("address", "channel", "reason", "created_at")
    list_filter = (("channel", ChoicesDropdownFilter),)
    search_fields = ("address",)
    fields = readonly_fields = ("address", "channel", "reason", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Suppression) -> None:
        lift_suppression(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> None:
        for suppression in queryset:
            lift_suppression(suppression)
