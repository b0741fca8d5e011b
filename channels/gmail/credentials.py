"""Access tokens for one mailbox, by refresh token or by a service account with delegation."""

from google.auth.credentials import Credentials
from google.auth.transport import Request
from google.oauth2 import credentials as user_credentials
from google.oauth2 import service_account

from channels.gmail.account import Account
from channels.gmail.errors import CredentialsRefused

# Reads, labels, drafts and sends; no deletion.
SCOPES = ["https://www.googleapis.com/auth/gmail.modify"]


def build_credentials(account: Account) -> Credentials:
    """Raises CredentialsRefused where the settings hold none, or a broken key file."""
    if account.service_account_file:
        return _Delegated(_service_account(account))
    if not (account.client_id and account.client_secret and account.refresh_token):
        raise CredentialsRefused(
            "Set GMAIL_CLIENT_ID, GMAIL_CLIENT_SECRET and GMAIL_REFRESH_TOKEN, or "
            "GMAIL_SERVICE_ACCOUNT_FILE."
        )
    credentials: Credentials = user_credentials.Credentials(  # type: ignore[no-untyped-call]
        token=None,
        refresh_token=account.refresh_token,
        client_id=account.client_id,
        client_secret=account.client_secret,
        token_uri=account.token_uri,
    )
    return credentials


def _service_account(account: Account) -> service_account.Credentials:
    try:
        found: service_account.Credentials = service_account.Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
            account.service_account_file, scopes=SCOPES, subject=account.support_address
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise CredentialsRefused("GMAIL_SERVICE_ACCOUNT_FILE cannot be read as a key.") from None
    found._token_uri = account.token_uri  # the file names Google's; the setting is stronger
    return found


class _Delegated(Credentials):
    """A service account's token for the support mailbox.

    The library's own class asks a further Google service for regional boundaries in a thread
    of its own after each refresh; this one talks to the token address only.
    """

    def __init__(self, account: service_account.Credentials) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._account = account

    def refresh(self, request: Request) -> None:
        self._account.refresh(request)  # type: ignore[no-untyped-call]
        self.token = self._account.token
        self.expiry = self._account.expiry
