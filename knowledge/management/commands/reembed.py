"""`manage.py reembed`: the vectors of the configured embedding model, while search goes on."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from knowledge.embeddings import EmbeddingError
from knowledge.reembedding import Progress, ReembeddingRunsError, reembed
from knowledge.vectors import drop_kept

_EVERY_SECONDS = 5.0


class Command(BaseCommand):
    help = (
        "Builds the vectors of the embedding model that the settings name beside those that are "
        "searched, and swaps them in. Goes on where it was cut off."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--keep",
            action="store_true",
            help="keep the vectors of the model before, so that going back takes only a moment",
        )
        parser.add_argument(
            "--drop-kept", action="store_true", help="remove the vectors that were kept"
        )

    def handle(self, *args: Any, keep: bool, drop_kept: bool, **options: Any) -> None:
        if drop_kept:
            self._drop_kept()
            return
        self._printed = 0.0
        try:
            index = reembed(keep=keep, report=self._report)
        except (ReembeddingRunsError, EmbeddingError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Searched from now on: {index.model}, {index.dimensions} dimensions.")

    def _drop_kept(self) -> None:
        count = drop_kept()
        self.stdout.write(f"{count} kept index(es) removed." if count else "None was kept.")

    def _report(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.done >= progress.total or now - self._printed >= _EVERY_SECONDS:
            self._printed = now
            self.stdout.write(f"{progress.done} of {progress.total} passages")
            self.stdout.flush()
