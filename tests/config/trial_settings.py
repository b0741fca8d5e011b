"""Settings for worker processes that tests start: the desk's own, with the tasks of a trial."""

from config.settings import *  # noqa: F403

PROCRASTINATE_IMPORT_PATHS = ["tests.config.trial_tasks"]
