from django.utils import timezone

from config import jobs
from tickets import upkeep


@jobs.task("tickets.check_response_targets")
def check_response_targets() -> None:
    upkeep.check_response_targets(now=timezone.now())


@jobs.task("tickets.resolve_silent")
def resolve_silent() -> None:
    upkeep.resolve_silent(now=timezone.now())
