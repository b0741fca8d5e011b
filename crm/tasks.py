from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from config import jobs
from crm import confirmation_mail, returned_codes, suggestions
from crm.models import StaffAlert


@jobs.task("crm.mail_alert", retry=jobs.Backoff())
def mail_alert(*, key: str) -> None:
    """Mails an open alert to the operators; a retry may repeat it, which is harmless."""
    alert = StaffAlert.objects.filter(key=key, cleared_at__isnull=True).first()
    if alert and settings.ALERT_EMAILS:
        send_mail(f"[Allhours] {alert.title}", alert.detail, None, settings.ALERT_EMAILS)


@jobs.task("crm.suggest_merges", retry=jobs.Backoff())
def suggest_merges(*, message_id: int) -> None:
    suggestions.suggest_merges(message_id, now=timezone.now())


@jobs.task("crm.mail_confirmation", retry=jobs.Backoff())
def mail_confirmation(*, confirmation_id: int) -> None:
    confirmation_mail.mail_confirmation(confirmation_id, now=timezone.now())


@jobs.task("crm.take_code")
def take_code(*, message_id: int, trust: int) -> None:
    """Without retries: each try costs one of the code's attempts."""
    returned_codes.take_code(message_id, trust=trust, now=timezone.now())
