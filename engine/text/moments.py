"""Points in time in words, as seen from another: "today at 14:32", "Monday at 9:05", "3 March 2025"."""

from datetime import datetime

_WEEK = 7


def moment_text(then: datetime, now: datetime) -> str:
    """When something was, with the time of day if it was within the last week."""
    days = (now.date() - then.date()).days
    clock = f"{then.hour}:{then:%M}"
    if days in (0, 1):
        return f"{('today', 'yesterday')[days]} at {clock}"
    if 1 < days < _WEEK:
        return f"{then:%A} at {clock}"
    return f"{then.day} {then:%B}{f' {then.year}' if then.year != now.year else ''}"
