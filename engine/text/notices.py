"""Notices: sentences about a file that can be read, but of which the user should know something; no mistakes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_collected: ContextVar[list[str] | None] = ContextVar("_collected", default=None)


@contextmanager
def collect_notices() -> Iterator[list[str]]:
    """Within this context, collect the notices of all reading; yields the list, without repetitions."""
    notices: list[str] = []
    token = _collected.set(notices)
    try:
        yield notices
    finally:
        _collected.reset(token)


def add_notice(text: str) -> None:
    """Pass a sentence to whoever collects notices; without a collector it is dropped."""
    notices = _collected.get()
    if notices is not None and text not in notices:
        notices.append(text)
