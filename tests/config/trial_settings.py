"""Settings for the processes that tests start: the desk's own, with the tasks of a trial."""

from config.settings import *  # noqa: F403
from config.settings import DATA_DIR, STORAGES

PROCRASTINATE_IMPORT_PATHS = ["tests.config.trial_tasks"]
STATIC_ROOT = DATA_DIR / "static"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
