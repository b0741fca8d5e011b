"""What can go wrong between us and Gmail, as `TransportError`s that say what to do next."""

from channels.types import TransportError


class CredentialsRefused(TransportError):
    """Google no longer accepts our credentials: an alert, until a call succeeds again."""

    def __init__(self, explanation: str) -> None:
        super().__init__(explanation, permanent=False)


class NotFound(TransportError):
    """What was asked for does not exist, or no longer."""

    def __init__(self, explanation: str) -> None:
        super().__init__(explanation, permanent=True)


class HistoryTooOld(NotFound):
    """The cursor is older than the history that Gmail keeps: only a full sync helps."""


class RateLimited(TransportError):
    """Not before `retry_after` seconds; Gmail may limit for hours, so the job is deferred."""

    def __init__(self, explanation: str, *, retry_after: float) -> None:
        super().__init__(explanation, permanent=False)
        self.retry_after = retry_after


class OutcomeUnknown(TransportError):
    """Gmail may or may not have taken what was sent: look before anything is sent again."""

    def __init__(self, explanation: str) -> None:
        super().__init__(explanation, permanent=False)
