from django.utils import timezone

from channels import delivery, inbound, reconciliation, recovery, retention, throttle
from channels.gmail import fetching, mailbox, pending
from channels.web import links, notices
from channels.whatsapp import files, missed, reminders
from config import jobs


@jobs.task("channels.process_event", queue="inbound", retry=jobs.Backoff())
def process_event(*, event_id: int) -> None:
    inbound.process_event(event_id, now=timezone.now())


@jobs.task("channels.sync_gmail", queue="inbound")
def sync_gmail() -> None:
    mailbox.sync_mailbox(now=timezone.now())


@jobs.task("channels.poll_gmail")
def poll_gmail() -> None:
    mailbox.poll(now=timezone.now())


@jobs.task("channels.fetch_mails", queue="inbound")
def fetch_mails(*, lane: int) -> None:
    fetching.fetch_mails()


@jobs.task("channels.resume_mails", queue="inbound")
def resume_mails() -> None:
    pending.resume(now=timezone.now())


@jobs.task("channels.renew_gmail_watch")
def renew_gmail_watch() -> None:
    mailbox.renew_watch(now=timezone.now())


@jobs.task("channels.fetch_media", queue="inbound", retry=jobs.Backoff(max_attempts=20))
def fetch_media(*, message_id: int) -> None:
    files.fetch_files(message_id, now=timezone.now())


@jobs.task("channels.catch_up_whatsapp")
def catch_up_whatsapp() -> None:
    missed.catch_up(now=timezone.now())


@jobs.task("channels.remind_of_windows")
def remind_of_windows() -> None:
    reminders.remind_of_windows(now=timezone.now())


@jobs.task("channels.rescue_events")
def rescue_events() -> None:
    inbound.rescue_events(now=timezone.now())


@jobs.task("channels.deliver", queue="delivery", retry=jobs.Backoff(max_attempts=12))
def deliver(*, delivery_id: int) -> None:
    delivery.deliver(delivery_id)


@jobs.task("channels.notify_web_customer", retry=jobs.Backoff())
def notify_web_customer(*, message_id: int) -> None:
    notices.notify_customer(message_id)


@jobs.task("channels.rescue_deliveries")
def rescue_deliveries() -> None:
    recovery.rescue_deliveries(now=timezone.now())


@jobs.task("channels.reconcile", queue="delivery")
def reconcile(*, delivery_id: int) -> None:
    reconciliation.reconcile(delivery_id, now=timezone.now())


@jobs.task("channels.look_up_unknown")
def look_up_unknown() -> None:
    reconciliation.enqueue_unknown(now=timezone.now())


@jobs.task("channels.forget_old_counters")
def forget_old_counters() -> None:
    throttle.forget_old_counters(now=timezone.now())


@jobs.task("channels.forget_originals")
def forget_originals() -> None:
    retention.forget_originals(now=timezone.now())


@jobs.task("channels.send_status_link", retry=jobs.Backoff())
def send_status_link(*, reference: str, digest: str, language: str) -> None:
    links.send_status_link(
        reference=reference, digest=digest, language=language, now=timezone.now()
    )
