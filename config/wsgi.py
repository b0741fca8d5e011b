"""The WSGI entry point. Refuses to start on a wrong configuration, naming each variable."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from config import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

if environment.problems:
    raise ImproperlyConfigured(" ".join(environment.problems))
