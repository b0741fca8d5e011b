import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from knowledge.ingestion import NothingToImportError, import_folder
from knowledge.minilm import ModelFilesError
from knowledge.types import ImportReport


class Command(BaseCommand):
    help = "Imports a folder of Markdown files as articles, and makes them searchable."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH", help="a folder of Markdown files")
        parser.add_argument(
            "--collection",
            default="",
            help="under which name to keep them together; the folder's name if not given",
        )

    def handle(self, *args: Any, path: Path, collection: str, **options: Any) -> None:
        if not path.is_dir():
            raise CommandError(
                _("There is no folder %(path)s. Give a folder that holds Markdown files.")
                % {"path": path}
            )
        self._shown = 0.0
        try:
            report = import_folder(path, collection=collection, progress=self._show)
        except (NothingToImportError, ModelFilesError) as error:
            raise CommandError(str(error)) from None
        self._print(report)

    def _show(self, done: int, total: int, path: str) -> None:
        """One line that is rewritten on a terminal, else a line every two seconds."""
        now = time.monotonic()
        terminal = self.stderr.isatty()
        if done < total and not terminal and now - self._shown < 2:
            return
        self._shown = now
        line = f"{done}/{total} {path}"
        if terminal:
            self.stderr.write(f"\r\033[K{line[:100]}", ending="" if done < total else "\n")
        else:
            self.stderr.write(line.rstrip())
        self.stderr.flush()

    def _print(self, report: ImportReport) -> None:
        for label, paths in (
            (_("added"), report.added),
            (_("changed"), report.changed),
            (_("removed"), report.removed),
        ):
            for path in paths:
                self.stdout.write(f"{label}: {path}")
        for path, reason in report.skipped:
            self.stdout.write(self.style.WARNING(f"{_('skipped')}: {path}: {reason}"))
        self.stdout.write(
            _(
                "%(added)d added, %(changed)d changed, %(removed)d removed (archived), "
                "%(unchanged)d unchanged, %(skipped)d skipped."
            )
            % {
                "added": len(report.added),
                "changed": len(report.changed),
                "removed": len(report.removed),
                "unchanged": len(report.unchanged),
                "skipped": len(report.skipped),
            }
        )
