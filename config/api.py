"""The root of the JSON API: its routers and the one format of its errors."""

from ninja import NinjaAPI

from config import probes
from config.errors import register_error_handlers

api = NinjaAPI(
    title="Allhours",
    version="1",
    description="Submit questions, read tickets, receive webhooks, watch the desk.",
    docs_url="/docs",
    urls_namespace="api",
)
register_error_handlers(api)
api.add_router("", probes.router)
