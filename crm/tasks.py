from django.conf import settings
from django.core.mail import send_mail

from config import jobs
from crm.models import StaffAlert


@jobs.task("crm.mail_alert", retry=jobs.Backoff())
def mail_alert(*, key: str) -> None:
    """Mails an open alert to the operators; a retry may repeat it, which is harmless."""
    alert = StaffAlert.objects.filter(key=key, cleared_at__isnull=True).first()
    if alert and settings.ALERT_EMAILS:
        send_mail(f"[Allhours] {alert.title}", alert.detail, None, settings.ALERT_EMAILS)
