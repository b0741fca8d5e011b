"""The desk's own waits in short, each about a tenth: leases, sweeps, pauses and their ends."""

from datetime import timedelta

from agent import runs
from channels import delivery, inbound, reconciliation, recovery, settlement
from channels.gmail import pending
from channels.whatsapp import reconcile
from config import jobs
from crm import breakers

_EVERY = {
    "* * * * *": "* * * * * */8",
    "*/3 * * * *": "* * * * * */15",
    "*/5 * * * *": "* * * * * */20",
}


def hurry() -> None:
    delivery.LEASE = timedelta(seconds=25)  # longer than any send that runs into its timeouts
    pending.LEASE = timedelta(seconds=20)
    pending.LONGEST_PAUSE_SECONDS = 8
    runs.RESCUE_AFTER = timedelta(seconds=30)
    inbound.LOST_AFTER = timedelta(seconds=30)
    recovery.ABANDONED_AFTER = timedelta(seconds=45)
    settlement.UNKNOWN_WAITS = timedelta(seconds=30)
    reconciliation.TELL_AFTER = timedelta(seconds=45)
    reconcile.SETTLED_AFTER = timedelta(seconds=12)
    breakers.PAUSE, breakers.LONGEST_PAUSE = timedelta(seconds=3), timedelta(seconds=6)
    _cap_backoff(seconds=5)
    every = jobs.every
    jobs.every = lambda cron, name: every(_EVERY.get(cron, cron), name)


def _cap_backoff(*, seconds: int) -> None:
    decide = jobs.Backoff.get_retry_decision

    def decide_soon(self: jobs.Backoff, **about: object) -> object:
        self.cap_seconds = min(self.cap_seconds, seconds)
        return decide(self, **about)  # type: ignore[arg-type]  # passed on

    jobs.Backoff.get_retry_decision = decide_soon  # type: ignore[method-assign,assignment]
