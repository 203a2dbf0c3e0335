"""Logs: static event names, facts as fields. JSON to stdout, plain text on a terminal, files on demand."""

import logging
import sys
from pathlib import Path

import structlog


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    return structlog.stdlib.get_logger(name)


def configure(level: str, log_dir: Path | None = None, *, process: str) -> None:
    """Set up once at start. With `log_dir`: `combined.log` (all) and `error.log` (errors) beside stdout."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    as_json = _formatter(shared, structlog.processors.JSONRenderer())
    as_text = _formatter(shared, structlog.dev.ConsoleRenderer(colors=True))
    console = logging.StreamHandler(sys.stdout)
    console.setFormatter(as_text if sys.stdout.isatty() else as_json)
    handlers: list[logging.Handler] = [console]
    if log_dir is not None:
        log_dir.mkdir(parents=True, exist_ok=True)
        for file_name, file_level in (("combined.log", logging.NOTSET), ("error.log", logging.ERROR)):
            handler = logging.FileHandler(log_dir / file_name)
            handler.setLevel(file_level)
            handler.setFormatter(as_json)
            handlers.append(handler)
    logging.basicConfig(level=level.upper(), handlers=handlers, force=True)
    for noisy in ("googleapiclient", "httpx", "httpx2", "arq", "aiohttp.access", "apify_client"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))


def _formatter(
    shared: list[structlog.typing.Processor], renderer: structlog.typing.Processor
) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
