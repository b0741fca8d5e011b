from django.core.management import call_command
from django.utils import timezone

from config import knowledge_watch, rescue
from config.jobs import task


@task("config.rescue_stalled_jobs")
def rescue_stalled_jobs() -> None:
    rescue.rescue_stalled_jobs()


@task("config.rescue_overdue_jobs")
def rescue_overdue_jobs() -> None:
    rescue.rescue_overdue_jobs(now=timezone.now())


@task("config.remove_finished_jobs")
def remove_finished_jobs() -> None:
    rescue.remove_finished_jobs()


@task("config.check_knowledge")
def check_knowledge() -> None:
    knowledge_watch.check_knowledge(timezone.now())


@task("config.clear_sessions")
def clear_sessions() -> None:
    call_command("clearsessions")
