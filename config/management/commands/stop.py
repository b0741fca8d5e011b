from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from config.demo import checkout
from config.embedded.base import DatabaseWrapper

_PATIENCE = 20.0


class Command(BaseCommand):
    help = "Stops this checkout's demo, or what a killed one left behind, and its database."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        data_dir = Path(settings.DATA_DIR).resolve()
        if stubborn := checkout.end_demo(data_dir, patience=_PATIENCE):
            raise CommandError(
                f"The demo, process {stubborn}, does not stop. End it with kill -9 {stubborn}."
            )
        left = checkout.end_leftovers(data_dir)
        connection = connections["default"]
        if isinstance(connection, DatabaseWrapper) and not connection.server.stop_unused():
            raise CommandError("Other processes of this checkout still use the database.")
        if left:
            self.stdout.write(f"Ended {left} processes that a killed demo left behind.")
        self.stdout.write("The demo and its database are stopped.")
