"""Settings for the processes that tests start: the desk's own, with the tasks of a trial."""

from config.settings import *  # noqa: F403
from config.settings import STORAGES

PROCRASTINATE_IMPORT_PATHS = ["tests.config.trial_tasks"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
