"""What the web process serves: the WSGI application, behind what waits for its requests."""

from django.conf import settings
from django.urls import reverse

from config.express import Express
from config.gateway import Gateway
from config.wsgi import application as wsgi_application

from channels.whatsapp.webhook import receive_with_others  # isort: skip  once Django is set up

application = Gateway(
    wsgi_application,
    express=Express({reverse("api:whatsapp-webhook"): receive_with_others}),
    threads=settings.WEB_THREADS,
    max_bytes=settings.REQUEST_MAX_BYTES,
)
