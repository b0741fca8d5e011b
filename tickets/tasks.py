from django.utils import timezone

from config import jobs
from tickets import links, upkeep


@jobs.task("tickets.check_response_targets")
def check_response_targets() -> None:
    upkeep.check_response_targets(now=timezone.now())


@jobs.task("tickets.resolve_silent")
def resolve_silent() -> None:
    upkeep.resolve_silent(now=timezone.now())


@jobs.task("tickets.send_status_link", retry=jobs.Backoff())
def send_status_link(*, reference: str, digest: str, language: str) -> None:
    links.send_status_link(reference=reference, digest=digest, language=language)
