"""The product's settings, and an app that comes last and changes what it is told to."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "benchmarks.storm.sabotage"]
