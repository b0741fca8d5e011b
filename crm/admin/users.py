"""Staff and their roles. What a role may do is decided in `crm.roles`, not here."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from crm.admin.base import ModelAdmin, display
from crm.models import User
from crm.roles import Role, get_role, give_role

if TYPE_CHECKING:
    from django.contrib.auth import forms as auth

    AdminPasswordChangeForm = auth.AdminPasswordChangeForm[User]
    AdminUserCreationForm = auth.AdminUserCreationForm[User]
    UserChangeForm = auth.UserChangeForm[User]
else:
    from unfold.forms import AdminPasswordChangeForm, UserChangeForm
    from unfold.forms import UserCreationForm as AdminUserCreationForm

admin.site.unregister(Group)


class _RoleMixin(forms.Form):
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[("", _("none: may not sign in to the console")), *Role.choices],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )


class StaffChangeForm(_RoleMixin, UserChangeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            self.fields["role"].initial = get_role(self.instance)


class StaffCreationForm(_RoleMixin, AdminUserCreationForm):
    pass


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = StaffChangeForm
    add_form = StaffCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "show_name", "email", "show_role", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email", "public_name")}),
        (_("Access"), {"fields": ("role", "is_active", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "password1", "password2")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email", "public_name")}),
        (_("Access"), {"fields": ("role",)}),
    )
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users: QuerySet[User] = super().get_queryset(request)
        return users.prefetch_related("groups")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only a superuser changes a superuser, or an administrator could become one."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People who answered stay on record; they are set inactive instead."""
        return False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        user, role = form.instance, form.cleaned_data.get("role", "")
        if role:
            give_role(user, role)
        elif not user.is_superuser:
            user.groups.clear()
            user.is_staff = False
            user.save(update_fields=["is_staff"])

    @display(description=_("name"), ordering="first_name")
    def show_name(self, user: User) -> str:
        return user.get_full_name()

    @display(
        description=_("role"),
        label={"agent": "info", "supervisor": "primary", "administrator": "warning"},
    )
    def show_role(self, user: User) -> tuple[str, str]:
        role = get_role(user)
        return role, str(Role(role).label) if role else "–"
