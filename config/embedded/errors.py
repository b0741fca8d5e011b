from django.core.management.base import CommandError
from django.db import OperationalError


class EmbeddedDatabaseError(CommandError, OperationalError):
    """The embedded PostgreSQL cannot be used; the message says why and what to do.

    To a manage.py command it is a sentence without a traceback, to everything else a database
    that is out of reach.
    """
