"""All settings. Every variable that an operator may set is explained in `.env.example`."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from config import environment as env
from config.content_security import (  # noqa: F401  settings too
    CONSOLE_CONTENT_SECURITY_POLICY,
    CONTENT_SECURITY_POLICY,
)
from config.theme import UNFOLD  # noqa: F401  a setting too

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_dotenv(BASE_DIR / os.environ.get("ENV_FILE", ".env"))

# Data of this checkout: the embedded database, the built embedding model, a generated key.
DATA_DIR = Path(env.text("DATA_DIR") or BASE_DIR / ".data").absolute()

# --- Addresses and security -----------------------------------------------------------------
DATABASE_URL = env.text("DATABASE_URL")
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret_key(
    "SECRET_KEY", keep_at=None if DATABASE_URL and not DEBUG else DATA_DIR / "secret_key"
)
PORT = env.integer("PORT", 8000, minimum=1, maximum=65535)
PUBLIC_URL = env.web_address("PUBLIC_URL", f"http://127.0.0.1:{PORT}")
_public = urlsplit(PUBLIC_URL)
_https = _public.scheme == "https"
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS") or [
    *dict.fromkeys([_public.hostname or "localhost", "localhost", "127.0.0.1", "[::1]"])
]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
# Number of proxies in front that append to X-Forwarded-For; 0 trusts the socket's address only.
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^ready$"]  # probed by the platform over plain http
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_HSTS_PRELOAD = False
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains is the domain owner's decision, not ours
    "security.W021",  # so is preloading
]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- Applications ---------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # its default would replace our site
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "config.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.forms",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "csp",
    "django_htmx",
    "ninja",
    "import_export",
    "simple_history",
    "procrastinate.contrib.django",
    "config",
    "crm",
    "tickets",
    "knowledge",
    "channels",
    "agent",
]

MIDDLEWARE = [
    "config.middleware.CorrelationIdMiddleware",
    "config.limits.RequestSizeMiddleware",
    "config.middleware.DatabaseGateMiddleware",
    "config.middleware.WebhookMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "config.middleware.DatabaseAwayMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "config.context.company",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database and jobs ----------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database("DATABASE_URL", embedded_at=DATA_DIR / "postgres")
}
DATABASES["default"].setdefault("CONN_MAX_AGE", 0)
DATABASES["default"]["OPTIONS"] = {
    "pool": {
        "min_size": 1,
        "max_size": env.integer("DATABASE_POOL_SIZE", 20, minimum=2),
        "timeout": 3,  # seconds that a request waits for a connection before it is answered 503
    },
    **DATABASES["default"].get("OPTIONS", {}),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
    }
}

# The web process enqueues by name and never imports a task; the worker imports them all.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
PROCRASTINATE_IMPORT_PATHS = ["config.schedule"]
WORKER_CONCURRENCY = env.integer("WORKER_CONCURRENCY", 16, minimum=1)
# How old a setting in the database may be that every message asks for: so soon a change counts.
REMEMBERED_SECONDS = 0.5

# --- People ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "crm.User"
AUTHENTICATION_BACKENDS = ["crm.permissions.StaffBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# Cells that a spreadsheet would run as formulas are written as text.
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True

# --- Language, time, files ------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = env.time_zone("TIME_ZONE", "UTC")
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# The demo and DEBUG serve static files from the packages they come in; a deployment collects
# and compresses them once (see the Procfile's release).
STATIC_COLLECTED = env.flag("STATIC_COLLECTED", default=not DEBUG)
WHITENOISE_USE_FINDERS = not STATIC_COLLECTED
STATIC_ROOT = BASE_DIR / "staticfiles" if STATIC_COLLECTED else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if STATIC_COLLECTED
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}

# --- The company ---------------------------------------------------------------------------
COMPANY_NAME = env.text("COMPANY_NAME", "Support") or "Support"

# --- When people answer ---------------------------------------------------------------------
OFFICE_HOURS = env.hours("OFFICE_HOURS", "09:00-17:00")
OFFICE_DAYS = env.weekdays("OFFICE_DAYS", "1,2,3,4,5")
OFFICE_COUNTRY = env.country("OFFICE_COUNTRY")

# --- The web process (config.gateway) --------------------------------------------------------
# Requests that one web process works on at a time; those that still arrive do not count.
WEB_THREADS = env.integer("WEB_THREADS", 4, minimum=1)

# --- What customers may send ----------------------------------------------------------------
FORM_RATE_LIMIT = env.rate("FORM_RATE_LIMIT", "20/m")
ATTACHMENT_MAX_FILES = 5
ATTACHMENT_MAX_BYTES = 5 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = ATTACHMENT_MAX_BYTES
REQUEST_MAX_BYTES = ATTACHMENT_MAX_FILES * ATTACHMENT_MAX_BYTES + DATA_UPLOAD_MAX_MEMORY_SIZE

# --- E-mail to customers (status links, notices) and to staff (alerts) -----------------------
# Without EMAIL_URL mails are files below DATA_DIR, so that nothing of them reaches a log.
if mail_server := env.mail_server("EMAIL_URL"):
    globals().update(mail_server)
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(DATA_DIR / "mail")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "support@localhost")
ALERT_EMAILS = env.items("ALERT_EMAILS")

# --- Providers of channels --------------------------------------------------------------------
# Seconds without an answer after which a request to Gmail or Twilio is given up.
PROVIDER_TIMEOUT_SECONDS = env.number("PROVIDER_TIMEOUT_SECONDS", 20, minimum=1)

# --- E-mail by Gmail (channels.gmail) -------------------------------------------------------
GMAIL_SUPPORT_ADDRESS = env.text("GMAIL_SUPPORT_ADDRESS")
GMAIL_CLIENT_ID = env.text("GMAIL_CLIENT_ID")
GMAIL_CLIENT_SECRET = env.text("GMAIL_CLIENT_SECRET")
GMAIL_REFRESH_TOKEN = env.text("GMAIL_REFRESH_TOKEN")
GMAIL_SERVICE_ACCOUNT_FILE = env.text("GMAIL_SERVICE_ACCOUNT_FILE")
GMAIL_PUBSUB_TOPIC = env.text("GMAIL_PUBSUB_TOPIC")
GMAIL_PUBSUB_AUDIENCE = env.text("GMAIL_PUBSUB_AUDIENCE")
GMAIL_PUBSUB_SERVICE_ACCOUNT = env.text("GMAIL_PUBSUB_SERVICE_ACCOUNT")
GMAIL_UNITS_PER_MINUTE = env.integer("GMAIL_UNITS_PER_MINUTE", 6000, minimum=60)
GMAIL_API_BASE = env.web_address("GMAIL_API_BASE", "https://gmail.googleapis.com")
GOOGLE_TOKEN_URI = env.web_address("GOOGLE_TOKEN_URI", "https://oauth2.googleapis.com/token")
GOOGLE_CERTS_URL = env.web_address("GOOGLE_CERTS_URL", "https://www.googleapis.com/oauth2/v1/certs")

# --- WhatsApp by Twilio (channels.whatsapp) --------------------------------------------------
TWILIO_ACCOUNT_SID = env.text("TWILIO_ACCOUNT_SID")
TWILIO_AUTH_TOKEN = env.text("TWILIO_AUTH_TOKEN")
TWILIO_WHATSAPP_FROM = env.text("TWILIO_WHATSAPP_FROM")
TWILIO_API_BASE = env.web_address("TWILIO_API_BASE", "https://api.twilio.com")

# --- The demo's playground (config.playground) ------------------------------------------------
# Whoever reaches it writes as any customer: `manage.py demo` sets it, and nothing else should.
PLAYGROUND = env.flag("PLAYGROUND")
if PLAYGROUND and (_https or (DATABASE_URL and not DEBUG)):
    PLAYGROUND = False
    env.problems.append(
        "PLAYGROUND is 1, but it is for the demo only: it lets anyone write as any customer. "
        "Take it out, or DATABASE_URL and an https PUBLIC_URL."
    )

# --- The agent ------------------------------------------------------------------------------
LLM_MODEL = env.text("LLM_MODEL", "offline") or "offline"
LLM_FALLBACK_MODELS = env.items("LLM_FALLBACK_MODELS")
LLM_TIMEOUT_SECONDS = env.number("LLM_TIMEOUT_SECONDS", 30, minimum=1)
# Of one answer of a model; what is cut off there is not used.
LLM_MAX_TOKENS = env.integer("LLM_MAX_TOKENS", 4_000, minimum=256)
# Whether a configured model is asked once more if the passages support what it wrote.
LLM_JUDGE = env.flag("LLM_JUDGE", default=True)
LLM_REDACT = env.flag("LLM_REDACT", default=True)
AUTONOMY = env.choice("AUTONOMY", ("automatic", "earned", "draft"), "automatic")
# Dotted names, so that only the process that uses a provider imports it.
CHAT_MODELS = {"offline": "agent.offline.OfflineModel", "litellm": "agent.llm.LiteLLMModel"}
EMBEDDING_MODEL = env.text("EMBEDDING_MODEL", "local") or "local"
EMBEDDING_MODEL_PATH = env.text("EMBEDDING_MODEL_PATH")
EMBEDDERS = {
    "local": "knowledge.minilm.LocalEmbedder",
    "folder": "knowledge.onnx.FolderEmbedder",
    "litellm": "agent.remote_embeddings.RemoteEmbedder",
}
EMBEDDING_MODEL_DIR = DATA_DIR / "models"

# --- The knowledge (knowledge.web) -----------------------------------------------------------
# Seconds between two requests to one website; its robots.txt may ask for more.
KNOWLEDGE_FETCH_PAUSE = env.number("KNOWLEDGE_FETCH_PAUSE", 1, minimum=0)
# Pages of private networks are never fetched; this lets pages of this very machine be, for trials.
KNOWLEDGE_FETCH_LOOPBACK = env.flag("KNOWLEDGE_FETCH_LOOPBACK")
if KNOWLEDGE_FETCH_LOOPBACK and (_https or (DATABASE_URL and not DEBUG)):
    KNOWLEDGE_FETCH_LOOPBACK = False
    env.problems.append(
        "KNOWLEDGE_FETCH_LOOPBACK is 1, but it is for trials only: it lets staff read services "
        "of this machine. Take it out, or DATABASE_URL and an https PUBLIC_URL."
    )

# --- What is kept (channels.retention, agent.retention) ---------------------------------------
# Days after which it is removed; 0 keeps it for ever. Messages and tickets always stay.
KEEP_ORIGINALS_DAYS = env.integer("KEEP_ORIGINALS_DAYS", 90)
KEEP_STEPS_DAYS = env.integer("KEEP_STEPS_DAYS", 180)

# --- Watching ------------------------------------------------------------------------------
METRICS_TOKEN = env.text("METRICS_TOKEN")
API_TOKEN = env.text("API_TOKEN")
ALERT_ESCALATION_RATE = env.number("ALERT_ESCALATION_RATE", 0.25)
ALERT_LATENCY_SECONDS = env.number("ALERT_LATENCY_SECONDS", 3.0)
LOG_FORMAT = env.choice("LOG_FORMAT", ("json", "console"), "json")
LOG_LEVEL = env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
LOGGING_CONFIG = "config.logging.configure"
LOGGING = {"format": LOG_FORMAT, "level": LOG_LEVEL}
