from django.utils import timezone

from channels import delivery, throttle
from channels.web import notices
from config import jobs


@jobs.task("channels.deliver", queue="delivery", retry=jobs.Backoff(max_attempts=12))
def deliver(*, delivery_id: int) -> None:
    delivery.deliver(delivery_id)


@jobs.task("channels.notify_web_customer", retry=jobs.Backoff())
def notify_web_customer(*, message_id: int) -> None:
    notices.notify_customer(message_id)


@jobs.task("channels.rescue_deliveries")
def rescue_deliveries() -> None:
    delivery.rescue_deliveries(now=timezone.now())


@jobs.task("channels.forget_old_counters")
def forget_old_counters() -> None:
    throttle.forget_old_counters(now=timezone.now())
