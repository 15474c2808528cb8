"""Logs go to standard output, one event a line."""

from __future__ import annotations

import logging.config

FORMATS = ("console", "json")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def configure(log_format: str, level: str) -> None:  # noqa: ARG001  # both formats come with structlog
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"}},
            "root": {"handlers": ["stdout"], "level": level},
        }
    )
