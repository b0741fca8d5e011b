"""`manage.py replay --days 7`: the last days through a change, before it goes live."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from agent.models import GuardrailRule, PromptVersion, Replay, ReplayResult
from agent.replays.comparing import run_replay
from knowledge.models import Article

Kind = Replay.Kind


class Command(BaseCommand):
    help = (
        "Asks the questions of the last days again through one change, and lists which answers "
        "would be others. Nothing is sent; a configured model is called, and costs what it costs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=7)
        parser.add_argument("--limit", type=int, default=500, metavar="QUESTIONS")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--model", help="as LLM_MODEL takes it, or offline")
        what.add_argument("--prompt", type=int, metavar="ID", help="a version of the prompt")
        what.add_argument("--rule", type=int, metavar="ID", help="a guardrail; see --draft")
        what.add_argument("--article", type=int, metavar="ID", help="an article; see --draft")
        parser.add_argument(
            "--draft",
            type=Path,
            metavar="FILE",
            help=(
                "the article's new text, or the guardrail's patterns. Without it a published "
                "article counts as withdrawn, another as published, a guardrail as switched off"
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tried = self._build(options)
        tried.created_at = timezone.now()
        try:
            tried.clean_fields()
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        tried.save()
        run_replay(tried.pk, clock=timezone.now)
        tried.refresh_from_db()
        if tried.state == Replay.State.FAILED:
            raise CommandError(tried.error)
        for result in tried.results.select_related("run__message"):
            self._print(result)
        changed = tried.results.filter(cause=ReplayResult.Cause.CHANGE).count()
        self.stdout.write(
            _("%(done)d questions: %(changed)d differ by this change, %(others)d by what changed.")
            % {
                "done": tried.done,
                "changed": changed,
                "others": tried.results.count() - changed,
            }
        )

    def _build(self, options: dict[str, Any]) -> Replay:
        draft = options["draft"].read_text(encoding="utf-8") if options["draft"] else ""
        tried = Replay(days=options["days"], limit=options["limit"], draft=draft)
        if options["model"] is not None:
            tried.kind, tried.model = Kind.MODEL, options["model"]
        elif options["prompt"] is not None:
            tried.kind = Kind.PROMPT
            tried.prompt_version = _find(PromptVersion, options["prompt"])
        elif options["rule"] is not None:
            tried.kind, tried.rule = Kind.RULE, _find(GuardrailRule, options["rule"])
        elif options["article"] is not None:
            tried.kind, tried.article = Kind.ARTICLE, _find(Article, options["article"])
        return tried

    def _print(self, result: ReplayResult) -> None:
        self.stdout.write(self.style.WARNING(f"run {result.run_id} · {result.get_cause_display()}"))
        self.stdout.write(f"  ? {' '.join(result.run.message.text.split())[:160]}")
        for mark, action, reason, text in (
            ("-", result.before_action, result.before_reason, result.before_text),
            ("+", result.after_action, result.after_reason, result.after_text),
        ):
            self.stdout.write(f"  {mark} {action} {reason} {' '.join(text.split())[:200]}".rstrip())


def _find(kind: Any, pk: int) -> Any:
    found = kind.objects.filter(pk=pk).first()
    if found is None:
        raise CommandError(
            _("There is no %(kind)s %(id)d.") % {"kind": kind._meta.verbose_name, "id": pk}
        )
    return found
