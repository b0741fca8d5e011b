from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = _("Customers and conversations")

    def ready(self) -> None:
        from crm.roles import keep_roles

        post_migrate.connect(keep_roles, dispatch_uid="crm.keep_roles")
