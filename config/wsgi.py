"""The WSGI entry point. Refuses to start on a wrong configuration, naming each variable."""

import os
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from config import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

if environment.problems:
    raise ImproperlyConfigured(" ".join(environment.problems))
if settings.STATIC_ROOT and not Path(settings.STATIC_ROOT, "staticfiles.json").exists():
    raise ImproperlyConfigured(
        "The static files are not collected. Run the Procfile's release step "
        "(`deploy/run release`), or set STATIC_COLLECTED=0 to serve them uncollected."
    )
