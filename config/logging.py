"""Structured logs: one constant event name and fields, with the correlation id.

JSON by default, one object a line, to standard output; `LOG_FORMAT=console` for people.
"""

import logging.config
from typing import Any

import structlog

from config.tracebacks import format_exception


def configure(options: dict[str, Any]) -> None:
    """`settings.LOGGING_CONFIG`: takes `settings.LOGGING`, a dict of `format` and `level`."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(format_exception),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if options["format"] == "console"
        else structlog.processors.JSONRenderer()
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        renderer,
                    ],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["console"], "level": options["level"]},
            "loggers": {
                # Its start and end lines print every job's arguments; ours name the ids.
                "procrastinate": {"level": "WARNING"},
                # Without Django's own handlers, which print or mail the text of an exception.
                "django": {"handlers": [], "level": "INFO"},
                "django.server": {"level": "WARNING"},
                "httpx": {"level": "WARNING"},
                "LiteLLM": {"level": "WARNING"},
            },
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
