from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.company import load_company


class Command(BaseCommand):
    help = "Takes over a company's company.md, voice.md and escalation.md. Repeatable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH", help="the folder of the files")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        if not path.is_dir():
            raise CommandError(f"There is no folder {path}. Give one like sample_company/.")
        report = load_company(path)
        for problem in report.skipped:
            self.stdout.write(self.style.WARNING(f"skipped: {problem}"))
        self.stdout.write(f"Hand-over rules for: {', '.join(report.reasons) or 'none'}.")
