"""The mailbox that this installation answers from, as the settings name it."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Account:
    """Empty where a setting is not given; the addresses have Google's own as defaults."""

    support_address: str
    client_id: str
    client_secret: str
    refresh_token: str
    service_account_file: str
    pubsub_topic: str
    pubsub_audience: str
    pubsub_service_account: str
    api_base: str
    token_uri: str
    certs_url: str

    @property
    def configured(self) -> bool:
        """Whether mail can be read and sent at all."""
        return not self.missing()

    @property
    def watched(self) -> bool:
        """Whether Gmail can be asked to notify of changes; without, mail is polled for."""
        return self.configured and bool(self.pubsub_topic)

    def missing(self) -> list[str]:
        """The names of the settings without which no mail can be read or sent."""
        needed = {"GMAIL_SUPPORT_ADDRESS": self.support_address}
        if not self.service_account_file:
            needed |= {
                "GMAIL_CLIENT_ID": self.client_id,
                "GMAIL_CLIENT_SECRET": self.client_secret,
                "GMAIL_REFRESH_TOKEN": self.refresh_token,
            }
        return [name for name, value in needed.items() if not value]


def get_account() -> Account:
    return Account(
        support_address=_setting("GMAIL_SUPPORT_ADDRESS"),
        client_id=_setting("GMAIL_CLIENT_ID"),
        client_secret=_setting("GMAIL_CLIENT_SECRET"),
        refresh_token=_setting("GMAIL_REFRESH_TOKEN"),
        service_account_file=_setting("GMAIL_SERVICE_ACCOUNT_FILE"),
        pubsub_topic=_setting("GMAIL_PUBSUB_TOPIC"),
        pubsub_audience=_setting("GMAIL_PUBSUB_AUDIENCE"),
        pubsub_service_account=_setting("GMAIL_PUBSUB_SERVICE_ACCOUNT"),
        api_base=_setting("GMAIL_API_BASE").rstrip("/") or "https://gmail.googleapis.com",
        token_uri=_setting("GOOGLE_TOKEN_URI") or "https://oauth2.googleapis.com/token",
        certs_url=_setting("GOOGLE_CERTS_URL") or "https://www.googleapis.com/oauth2/v1/certs",
    )


def _setting(name: str) -> str:
    return str(getattr(settings, name, "") or "")
