"""Logs go to standard output, one event per line: JSON for machines, aligned columns for a terminal."""

from __future__ import annotations

import json
import logging.config
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.observability import access
from app.observability.context import current_request
from app.observability.redact import REDACTED, redactor
from app.observability.text import escaped, shortened

FORMATS = ("console", "json")
LONGEST_TEXT = 32 * 1024
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def configure(log_format: str, level: str) -> None:
    """Configures every logger of the process, ours and the libraries'."""
    logging.config.dictConfig(configuration(log_format, level))
    logging.captureWarnings(True)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *ENRICH, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def configuration(log_format: str, level: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`; gunicorn's own lines get the same format."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"repeats": {"()": "app.observability.logs.RepeatsTheAccessLine"}},
        "formatters": {"line": {"()": "app.observability.logs.LineFormatter", "log_format": log_format}},
        "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "line"}},
        "root": {"handlers": ["stdout"], "level": level},
        "loggers": {
            "django.request": {"filters": ["repeats"]},
            # SECURITY: at DEBUG these print credentials: tweepy its bearer token, the others whole headers.
            **{name: {"level": "WARNING"} for name in ("tweepy", "requests_oauthlib", "urllib3", "botocore")},
            # SECURITY: at DEBUG it writes the whole context of a template: forms, recovery codes.
            "django.template": {"level": "INFO"},
            # gunicorn has handlers of its own; without them its lines go to the root logger.
            **{
                name: {"handlers": [], "propagate": True, "level": level}
                for name in ("gunicorn.error", "gunicorn.access")
            },
        },
    }


class RepeatsTheAccessLine(logging.Filter):
    """Drops Django's "Not Found: /path" and the like, which repeat the access line. Tracebacks stay."""

    def filter(self, record: logging.LogRecord) -> bool:
        return bool(record.exc_info)


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """Formats a line, then removes known secrets from all of it: fields and tracebacks included."""

    def __init__(self, log_format: str) -> None:
        renderers: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
        if log_format == "json":
            encode = json.JSONEncoder(ensure_ascii=False, default=str).encode
            renderers.append(lambda _, __, event: encode(event))
        else:
            renderers.append(structlog.dev.ConsoleRenderer(colors=False, sort_keys=False))
        super().__init__(foreign_pre_chain=ENRICH, processors=renderers)
        self._render = renderers[-1]

    def format(self, record: logging.LogRecord) -> str:
        # The fields of an access line are complete, escaped and cut (app.observability.access).
        fields = getattr(record, "fields", None) if record.name == access.LOGGER else None
        line = super().format(record) if fields is None else str(self._render(None, "", dict(fields)))
        # SECURITY: the last step. Without it a secret in an exception's text reaches every log store.
        return redactor.clean_known(line)


def without_credentials(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Message and traceback without credentials, values of the request's query, and excess length."""
    observed = current_request.get()
    for field in ("event", "exception"):
        text = event.get(field)
        if text is not None:
            text = redactor.clean(shortened(redactor.clean_known(str(text)), LONGEST_TEXT))
            for secret in observed.secrets if observed else ():
                text = text.replace(secret, REDACTED)
            event[field] = text
    return event


def one_line(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Escapes line ends and control characters: with them a client could forge log lines."""
    event["event"] = escaped(str(event.get("event", "")), 2 * LONGEST_TEXT)
    return event


ENRICH: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    structlog.processors.format_exc_info,
    without_credentials,
    one_line,
]
