"""Merging from a customer's page: whom with, what would move, and a code as proof."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.confirmation import ConfirmationError, start_confirmation
from crm.finding import find_customers
from crm.merging import FIELDS, MergeError, merge_customers
from crm.models import (
    Conversation,
    Customer,
    CustomerIdentifier,
    CustomerMerge,
    MergeSuggestion,
    User,
)

Trust = CustomerIdentifier.Trust
TRUST_TONES: dict[int, str] = {
    Trust.UNVERIFIED: "warning",
    Trust.SEEN: "",
    Trust.AUTHENTICATED: "info",
    Trust.CONFIRMED: "success",
}
_CHOICES = 20


def customer_context(request: HttpRequest, object_id: str) -> dict[str, Any]:
    """What the customer's page shows above and below its form."""
    customer = Customer.objects.filter(pk=object_id if object_id.isdecimal() else 0).first()
    if customer is None:
        return {}
    unconfirmed = customer.identifiers.filter(
        kind=CustomerIdentifier.Kind.EMAIL, trust__lt=Trust.CONFIRMED
    )
    merges = CustomerMerge.objects.filter(Q(survivor=customer) | Q(merged=customer))
    suggestions = MergeSuggestion.objects.filter(
        Q(first=customer) | Q(second=customer), state=MergeSuggestion.State.OPEN
    )
    return {
        "customer": customer,
        "unconfirmed": unconfirmed,
        "merges": merges.select_related("survivor", "merged", "by", "undone_by"),
        "suggestions": suggestions.select_related("first", "second", "identifier", "message"),
        "may_merge": may_merge(request),
        "may_confirm": request.user.has_perm("crm.add_confirmationcode"),
    }


def merge_page(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Search, then a preview of what would move, then the merge; the customer here remains."""
    if not may_merge(request):
        raise PermissionDenied
    customer = get_object_or_404(Customer, pk=customer_id)
    if request.method == "POST":
        other = get_object_or_404(Customer, pk=_number(request.POST.get("with", "")))
        return _merge(request, customer, other)
    term = request.GET.get("q", "")
    chosen = _number(request.GET.get("with", ""))
    context = {
        **admin.site.each_context(request),
        "title": _("Merge with …"),
        "opts": Customer._meta,
        "original": customer,
        "customer": customer,
        "term": term,
        "found": _search(customer, term) if term.strip() else None,
        **(_preview(customer, get_object_or_404(Customer, pk=chosen)) if chosen else {}),
    }
    return TemplateResponse(request, "crm/admin/merge.html", context)


def confirmation(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Mails a code to an address: of this customer, or of another that says to be this one."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perm("crm.add_confirmationcode"):
        raise PermissionDenied
    customer = get_object_or_404(Customer, pk=customer_id)
    identifier = get_object_or_404(
        CustomerIdentifier,
        pk=_number(request.POST.get("identifier", "")),
        kind=CustomerIdentifier.Kind.EMAIL,
    )
    try:
        start_confirmation(
            identifier=identifier,
            conversation=_claiming_conversation(customer, identifier),
            language=customer.language,
            now=timezone.now(),
        )
    except ConfirmationError as problem:
        messages.error(request, str(problem))
    else:
        text = _("A code is on its way to %(address)s. It is valid for 15 minutes.")
        messages.success(request, text % {"address": identifier.address})
    return redirect("admin:crm_customer_change", customer.pk)


def may_merge(request: HttpRequest) -> bool:
    return request.user.has_perm("crm.add_customermerge")


def matching(search_term: str) -> Q:
    """Customers by words of their name or company or by an address; all for an empty term."""
    return Q(pk__in=find_customers(search_term)) if search_term.strip() else Q()


def _merge(request: HttpRequest, customer: Customer, other: Customer) -> HttpResponse:
    try:
        merge_customers(
            survivor=customer,
            merged=other,
            by=cast("User", request.user),
            now=timezone.now(),
            reason=request.POST.get("reason", "")[:500],
        )
    except MergeError as problem:
        messages.error(request, str(problem))
    else:
        text = _("“%(name)s” is merged into this customer. It can be undone below.")
        messages.success(request, text % {"name": other})
    return redirect("admin:crm_customer_change", customer.pk)


def _search(customer: Customer, term: str) -> list[Customer]:
    found = (
        Customer.objects.filter(matching(term), merged_into=None)
        .exclude(pk=customer.pk)
        .annotate(conversation_count=Count("conversations"))
        .prefetch_related("identifiers")
    )
    return list(found[:_CHOICES])


def _preview(customer: Customer, other: Customer) -> dict[str, Any]:
    conversations = other.conversations.order_by("-last_message_at")
    identifiers = list(other.identifiers.order_by("-trust", "pk"))
    return {
        "other": other,
        "identifiers": identifiers,
        "conversations": conversations[:10],
        "conversation_count": conversations.count(),
        "fields": [
            (label_for_field(name, Customer), getattr(other, name))
            for name in FIELDS
            if getattr(other, name) and not getattr(customer, name)
        ],
        "provable": [*_provable(other, by=customer), *_provable(customer, by=other)],
    }


def _provable(owner: Customer, *, by: Customer) -> list[tuple[CustomerIdentifier, Customer]]:
    """The owner's e-mail addresses, each with the customer who may prove to read them."""
    mailboxes = owner.identifiers.filter(kind=CustomerIdentifier.Kind.EMAIL).order_by("pk")
    return [(mailbox, by) for mailbox in mailboxes] if by.conversations.exists() else []


def _claiming_conversation(
    customer: Customer, identifier: CustomerIdentifier
) -> Conversation | None:
    """Where the code may come back: the newest conversation of the address itself, or else the
    newest one of this customer, one by mail or WhatsApp before one on the web."""
    newest = customer.conversations.order_by("-last_message_at", "-pk")
    if identifier.customer_id == customer.pk:
        return newest.filter(identifier=identifier).first()
    return newest.exclude(channel=Conversation.Channel.WEB).first() or newest.first()


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
