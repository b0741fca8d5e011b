"""Jobs that failed for good, with the reason, for whoever tries them again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from procrastinate.contrib.django.models import ProcrastinateJob

from crm.models import StaffAlert


@dataclass(frozen=True, slots=True)
class DeadLetter:
    job: ProcrastinateJob
    reason: str


def list_dead_letters(limit: int) -> list[DeadLetter]:
    """The newest first. Two queries."""
    jobs = list(ProcrastinateJob.objects.filter(status="failed").order_by("-id")[:limit])
    reasons = _read_reasons(jobs)
    return [DeadLetter(job, reasons.get(job.pk, "")) for job in jobs]


def find_reason(job: ProcrastinateJob) -> str:
    """Why the job failed, "" if nothing noted it."""
    return _read_reasons([job]).get(job.pk, "")


def _read_reasons(jobs: Iterable[ProcrastinateJob]) -> Mapping[int, str]:
    """By the job, what `config.job_watch` and `config.rescue` told in the alerts on it: its own,
    or the one that all jobs of a sweep share."""
    keys = {job.pk: (f"job:{job.pk}", f"task:{job.task_name}") for job in jobs}
    wanted = {key for pair in keys.values() for key in pair}
    alerts = StaffAlert.objects.filter(key__in=wanted).order_by("raised_at")
    details = dict(alerts.values_list("key", "detail"))
    return {
        job_id: details.get(own) or details.get(shared, "")
        for job_id, (own, shared) in keys.items()
    }
