from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class AllhoursConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks  # registers the system checks


class ConsoleConfig(admin_apps.AdminConfig):
    """The Django admin under its site class `config.console.Console`."""

    default = False
    default_site = "config.console.Console"
