"""What the web process serves: the WSGI application, behind what waits for its requests."""

from django.conf import settings

from config.gateway import Gateway
from config.wsgi import application as wsgi_application

application = Gateway(
    wsgi_application, threads=settings.WEB_THREADS, max_bytes=settings.REQUEST_MAX_BYTES
)
