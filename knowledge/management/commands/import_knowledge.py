import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from knowledge.imports import NothingToImportError, import_addresses, import_folder
from knowledge.minilm import ModelFilesError
from knowledge.types import ImportReport


class Command(BaseCommand):
    help = (
        "Imports folders, files (Markdown, HTML, PDF, DOCX, CSV, JSON, text, .zip) and web "
        "addresses (pages, a sitemap) as articles, and makes them searchable."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths", nargs="+", metavar="PATH", help="a folder, a file, or a web address"
        )
        parser.add_argument(
            "--collection",
            default="",
            help="under which name to keep them together; the folder's or website's if not given",
        )

    def handle(self, *args: Any, paths: list[str], collection: str, **options: Any) -> None:
        addresses = [path for path in paths if "://" in path]
        folders = [Path(path) for path in paths if "://" not in path]
        for folder in folders:
            if not folder.exists():
                raise CommandError(
                    _("There is no file or folder %(path)s. Give one that holds documents.")
                    % {"path": folder}
                )
        if collection and len(folders) + bool(addresses) > 1:
            raise CommandError(_("--collection names one collection: import one at a time."))
        try:
            for folder in folders:
                self._print(import_folder(folder, collection=collection, progress=self._show))
            if addresses:
                name = collection or urlsplit(addresses[0]).hostname or "web"
                self._print(import_addresses(addresses, collection=name, progress=self._show))
        except (NothingToImportError, ModelFilesError) as error:
            raise CommandError(str(error)) from None

    _shown = 0.0

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
        for label, told in ((_("skipped"), report.skipped), (_("note"), report.remarks)):
            for path, reason in told:
                self.stdout.write(self.style.WARNING(f"{label}: {path}: {reason}"))
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
