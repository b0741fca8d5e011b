"""`manage.py replay_run ID`: an old question through today's rules, knowledge and model."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from agent.journal import Journal
from agent.models import AgentRun
from agent.replay import list_differences, replay


class Command(BaseCommand):
    help = (
        "Asks the question of an agent run again and shows what differs. Nothing is sent, "
        "recorded or changed; a configured model is called, and costs what it costs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", type=int, metavar="ID", help="as in the console's address")
        parser.add_argument("--steps", action="store_true", help="show each step and its detail")

    def handle(self, *args: Any, run: int, steps: bool, **options: Any) -> None:
        found = AgentRun.objects.select_related("conversation__customer", "message").filter(pk=run)
        old = found.first()
        if old is None:
            raise CommandError(_("There is no run %(id)d.") % {"id": run})
        journal = Journal()
        considered = replay(old, journal=journal)
        if steps:
            for note in journal.notes:
                self.stdout.write(f"{note.kind:10} {note.title}  ({note.milliseconds:.1f} ms)")
                self.stdout.write(f"           {json.dumps(note.detail, ensure_ascii=False)}")
        differences = list_differences(old, considered)
        self.stdout.write(f"{considered.decision.action}: {considered.decision.explanation}")
        if not differences:
            self.stdout.write(self.style.SUCCESS(_("Nothing differs.")))
        for difference in differences:
            self.stdout.write(self.style.WARNING(difference.name))
            self.stdout.write(f"  - {difference.before or '–'}\n  + {difference.after or '–'}")
