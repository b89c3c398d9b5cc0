"""Where a person is in a lesson, as part of the state. No Qt here."""

from msgspec import Struct


class LessonPlace(Struct, frozen=True):
    """A step of a lesson: the open project is the lesson's, not the person's."""

    title: str
    """That of the lesson."""
    step: int
    """From 0."""
    steps: int
    """Number of steps of the lesson."""
