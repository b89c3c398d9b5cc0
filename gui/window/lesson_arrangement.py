"""Where the views and panels of a step of a lesson are: the first one is large, panels are at the left."""

from collections.abc import Sequence

from gui.catalogue.panels import PANELS
from gui.catalogue.workspaces import Arrangement, Place
from gui.window.docks import CENTRE_VIEWS

_PANEL_IDS = tuple(row.id for row in PANELS)
_TALL = ("filters", "inspector")
"""Views that use height better than width."""
_SIDE, _LARGE_SIDE, _ALL, _ALL_BUT_LIST = 34, 58, 80, 70
"""Percent of the width on the right: beside the middle, as the larger part, and without a middle."""


def arrange_step(views: Sequence[str], *, narrow: bool) -> Arrangement:
    """The arrangement for ids of views and panels in the order of a step; in a narrow window, more of them are tabs."""
    views = tuple(dict.fromkeys(views))
    centre = tuple(view for view in views if view in CENTRE_VIEWS)
    others = tuple(view for view in views if view not in (*CENTRE_VIEWS, *_PANEL_IDS))
    left = _left_places(tuple(panel for panel in _PANEL_IDS if panel in views), narrow=narrow)
    middle = (Place(area="centre", tabs=centre),) if centre else ()
    if not centre or (others and views[0] == others[0]):
        right = _side_by_side(others[:1], others[1:], narrow=narrow)
        share = (_ALL_BUT_LIST if narrow else _ALL) if not centre else _LARGE_SIDE
        return Arrangement(places=(*left, *middle, *right), left=22, right=share if left or centre else 100)
    if narrow:
        below = _below(others, as_tabs=True)
        return Arrangement(places=(*left, *middle, *below), left=26, bottom=46)
    tall = tuple(view for view in others if view in _TALL)
    flat = tuple(view for view in others if view not in _TALL)
    beside = (Place(area="right", tabs=tall),) if tall else ()
    below = _below(flat)
    return Arrangement(places=(*left, *middle, *beside, *below), left=18, right=_SIDE, bottom=34)


def _left_places(panels: tuple[str, ...], *, narrow: bool) -> tuple[Place, ...]:
    """The list of designs above the other panels, which are tabs."""
    others = tuple(panel for panel in panels if panel != "designs")
    if "designs" not in panels or not others:
        return (Place(area="left", tabs=panels),) if panels else ()
    share = 34 if narrow else 40
    return (
        Place(area="left", tabs=("designs",), share=share),
        Place(area="left", tabs=others, share=100 - share),
    )


def _side_by_side(first: tuple[str, ...], others: tuple[str, ...], *, narrow: bool) -> tuple[Place, ...]:
    """The first view above the others; in a narrow window as tabs."""
    if narrow or not others:
        return (Place(area="right", tabs=(*first, *others)),) if first else ()
    return (
        Place(area="right", tabs=first, share=60),
        Place(area="right", tabs=others, share=40),
    )


def _below(views: tuple[str, ...], *, as_tabs: bool = False) -> tuple[Place, ...]:
    """Two views beside each other, further ones as tabs."""
    if as_tabs or len(views) < 2:
        return (Place(area="bottom", tabs=views),) if views else ()
    return (
        Place(area="bottom", tabs=views[:1], share=50),
        Place(area="bottom", tabs=views[1:], share=50),
    )
