"""Every task of the desk, and every periodic job. Imported by the worker only."""

import crm.tasks  # noqa: F401
