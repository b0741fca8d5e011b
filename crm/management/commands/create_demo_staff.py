from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from crm.models import User
from crm.roles import Role, give_role

_STAFF = (
    ("demo", Role.ADMINISTRATOR, "Dana", "Moreno"),
    ("demo-supervisor", Role.SUPERVISOR, "Sam", "Okafor"),
    ("demo-agent", Role.AGENT, "Ana", "Lindqvist"),
)


class Command(BaseCommand):
    help = "Creates, or gives a new password to, one demo login for each role of the console."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--password", required=True, help="The password of all three.")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for username, role, first_name, last_name in _STAFF:
            user, _created = User.objects.get_or_create(
                username=username,
                defaults={
                    "first_name": first_name,
                    "last_name": last_name,
                    "public_name": first_name,
                },
            )
            user.set_password(options["password"])
            user.is_staff = user.is_active = True
            user.save(update_fields=["password", "is_staff", "is_active"])
            give_role(user, role)
            self.stdout.write(f"{username}  {options['password']}  ({role.label})")
