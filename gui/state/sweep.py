"""The sweep as part of the state: its points so far. No Qt here."""

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from engine.cost.counting import CONVENTIONS, Convention
from engine.project.project import SweepSettings
from engine.text.problems import Problem

if TYPE_CHECKING:  # a start needs none of it
    from engine.sweep.brushing import ColumnRange
    from engine.sweep.sweep import Sweep


class SweepState(Struct, frozen=True, eq=False):
    """The last sweep of the window."""

    sweep: "Sweep | None" = None
    rows: tuple[dict[str, Any], ...] = ()
    """Rows of the points that are done, by column."""
    is_busy: bool = False
    place: str = ""
    """Where it measures, and with how much memory."""
    problems: tuple[Problem, ...] = ()
    """Why it has not started, or has ended early."""
    brush: "tuple[ColumnRange, ...]" = ()
    """Ranges of columns that are marked: plots and table show the points within all of them. Not saved."""

    @property
    def total(self) -> int:
        """Number of points."""
        return 0 if self.sweep is None else len(self.sweep)


def with_rule(settings: SweepSettings, rule: Convention) -> SweepSettings:
    """The settings with the counting rule of the window, if it is a predefined one."""
    return replace(settings, count=rule.id) if rule in CONVENTIONS else settings
