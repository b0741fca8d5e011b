"""Jobs that failed for good, with the reason, for whoever tries them again."""

from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat
from procrastinate.contrib.django.models import ProcrastinateJob

from crm.models import StaffAlert


@dataclass(frozen=True, slots=True)
class DeadLetter:
    job: ProcrastinateJob
    reason: str


def list_dead_letters(limit: int) -> list[DeadLetter]:
    """The newest first. One query."""
    failed = ProcrastinateJob.objects.filter(status="failed").order_by("-id")
    return [DeadLetter(job, getattr(job, "reason", "")) for job in _with_reasons(failed)[:limit]]


def find_reason(job: ProcrastinateJob) -> str:
    """Why the job failed, "" if nothing noted it."""
    this = _with_reasons(ProcrastinateJob.objects.filter(pk=job.pk))
    return getattr(this.first(), "reason", "")


def _with_reasons(jobs: QuerySet[ProcrastinateJob]) -> QuerySet[ProcrastinateJob]:
    """Adds `reason`: what `config.job_watch` and `config.rescue` told last in an alert on the job,
    its own or else the one that all jobs of a sweep share."""
    own = _newest(Value("job:"), Cast(OuterRef("pk"), TextField()))
    shared = _newest(Value("task:"), Cast(OuterRef("task_name"), TextField()))
    return jobs.annotate(reason=Coalesce(own, shared, Value(""), output_field=TextField()))


def _newest(*key: Combinable) -> Subquery:
    named = StaffAlert.objects.filter(key=Concat(*key, output_field=TextField()))
    alerts = named.exclude(detail="").order_by("-raised_at")
    return Subquery(alerts.values("detail")[:1])
