from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from agent.intents.seeds import load_seeds
from config import sample
from config.company import load_company


class Command(BaseCommand):
    help = "Loads the sample company: its help centre, intents and first questions. Repeatable."

    def handle(self, *args: Any, **options: Any) -> None:
        folder = settings.BASE_DIR / "sample_company"
        load_company(folder)
        load_seeds(folder / "intents.yaml")
        sample.load_saved_replies(folder)
        report = sample.load_articles(folder)
        asked = sample.ask_first_questions(folder, now=timezone.now())
        articles = len(report.added) + len(report.changed) + len(report.unchanged)
        self.stdout.write(f"{articles} articles, {asked} first questions.")
