"""Sets up the log: one line per event, JSON for machines or plain for people, secrets redacted."""

import logging
from collections.abc import Sequence
from typing import Any, Final, Literal, TextIO

import structlog
from aiohttp.http_exceptions import HttpProcessingError
from structlog.typing import FilteringBoundLogger, Processor

from applemusic_server.telemetry.hclog import as_hclog
from applemusic_server.telemetry.redaction import Redactor

# Libraries that tell too much at their usual level.
_QUIET: Final = ("aiosqlite", "alembic", "asyncio", "aiohttp.access", "grpc", "sqlalchemy")


def open_log(
    stream: TextIO,
    *,
    form: Literal["auto", "json", "console", "hclog"],
    level: str,
    redactor: Redactor,
) -> FilteringBoundLogger:
    """Return the server's logger, and send the lines of libraries the same way.

    Args:
        stream: Where lines go.
        form: `auto` is console on a terminal and JSON elsewhere; `hclog` is JSON for hosts of
            go-plugin.
        level: Least severity, in small letters.
        redactor: Takes secrets out of every line.
    """
    human = stream.isatty() if form == "auto" else form == "console"
    shared = [*_shared(redactor), *([as_hclog] if form == "hclog" else [])]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty())
        if human
        else structlog.processors.JSONRenderer(sort_keys=True)
    )
    _route_libraries(stream, level, shared, renderer)
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        cache_logger_on_first_use=False,
    )
    return logger


def _shared(redactor: Redactor) -> Sequence[Processor]:
    return (
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redactor,
    )


def _route_libraries(
    stream: TextIO, level: str, shared: Sequence[Processor], renderer: Processor
) -> None:
    """Give Python's own logging one handler that writes as ours does."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_remember_logger],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *shared,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    for old in tuple(root.handlers):
        if isinstance(old.formatter, structlog.stdlib.ProcessorFormatter):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(_number(level), logging.INFO))
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Each try to reach a receiver of traces that is away would be a line; that it failed is one.
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    logging.getLogger("aiohttp.server").addFilter(_is_worth_telling)


def _is_worth_telling(record: logging.LogRecord) -> bool:
    """Leave out visitors who do not speak HTTP: they are told 400, and could fill the log."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def _remember_logger(_logger: Any, _method: str, event: Any) -> Any:
    record = event.get("_record")
    if record is not None:
        event["logger"] = record.name
        if record.exc_info:
            event["exc_info"] = record.exc_info
    return event


def _number(level: str) -> int:
    number: int = getattr(logging, level.upper())
    return number
