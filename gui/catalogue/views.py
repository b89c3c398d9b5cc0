"""The views, a row each: docks, menus, exported files and the command line follow this table. No Qt here."""

from msgspec import Struct

from gui.catalogue.panels import DockRow


class Picture(Struct, frozen=True):
    """How to draw a view to a file."""

    paint: str
    """Name of a function (painter, rect, state, theme)."""
    size: tuple[int, int] | str
    """Default size in pixels, or the name of a function from state to size."""
    missing: str
    """Name of a function from state to text: what is missing before the picture shows anything, or ""."""
    describe: str = ""
    """Name of a function from state to text, which stands for the picture in a web page; "": there it is a table."""
    shows_volumes: bool = False
    """Whether it shows computed volumes, so that it is not the same before a run."""
    least_designs: int = 0
    """Number of designs without which it shows nothing; by default, files of smaller projects leave it out."""
    prepare: str = ""
    """Name of a function from state to state that computes what the view shows; "" unless exported only on request."""


class ViewRow(DockRow, frozen=True, kw_only=True):
    """A view: its widget, and its picture for files, without which there is no view."""

    widget: str
    """Name of a subclass of `View`."""
    picture: Picture
    has_texts: bool = False
    """Whether it is exported as text files as well."""


VIEWS: tuple[ViewRow, ...] = (
    ViewRow(
        id="volumes",
        title="Volumes",
        manual_page="volumes",
        area="centre",
        widget="gui.views.volumes:VolumesView",
        picture=Picture(
            "gui.paint.volumes.drawing:paint_volumes",
            (1600, 900),
            "gui.export.contents:missing_layers",
            "gui.paint.volumes.description:describe_volumes",
            shows_volumes=True,
        ),
    ),
    ViewRow(
        id="bottleneck",
        title="Bottleneck",
        manual_page="bottleneck",
        area="centre",
        widget="gui.views.bottleneck:BottleneckView",
        picture=Picture(
            "gui.paint.bottleneck.drawing:paint_bottleneck",
            (1600, 800),
            "gui.export.contents:missing_rank_search",
            "gui.export.descriptions:describe_rank_search",
            prepare="gui.export.rank_search:add_rank_search",
        ),
    ),
    ViewRow(
        id="sweep",
        title="Sweep",
        manual_page="sweeps",
        area="centre",
        widget="gui.views.sweep:SweepView",
        picture=Picture(
            "gui.paint.sweep.state_drawing:paint_state_sweep",
            (900, 600),
            "gui.export.contents:missing_sweep",
            "gui.export.descriptions:describe_sweep",
            prepare="gui.export.sweep:add_sweep",
        ),
    ),
    ViewRow(
        id="filters",
        title="Filters",
        manual_page="filters",
        area="right",
        widget="gui.views.filters:FiltersView",
        picture=Picture(
            "gui.paint.maps.mosaic_drawing:paint_mosaics",
            (1200, 800),
            "gui.export.contents:missing_maps",
            "gui.export.descriptions:describe_maps",
            shows_volumes=True,
        ),
    ),
    ViewRow(
        id="inspector",
        title="Inspector",
        manual_page="inspector",
        area="right",
        widget="gui.views.inspector:InspectorView",
        picture=Picture(
            "gui.paint.inspector.drawing:paint_inspector",
            "gui.paint.inspector.drawing:inspector_figure_size",
            "gui.export.contents:missing_value",
            "gui.export.descriptions:describe_value",
            shows_volumes=True,
        ),
    ),
    ViewRow(
        id="bars",
        title="Operations",
        manual_page="counting",
        area="bottom",
        widget="gui.views.bars:BarsView",
        picture=Picture(
            "gui.paint.bars.drawing:paint_bars",
            (1200, 700),
            "gui.export.contents:missing_layers",
            "gui.export.descriptions:describe_bars",
        ),
    ),
    ViewRow(
        id="table",
        title="Table",
        manual_page="counting",
        area="bottom",
        widget="gui.views.table:TableView",
        picture=Picture(
            "gui.paint.tables.operations_table:paint_operations_table",
            "gui.paint.tables.operations_table:operations_table_size",
            "gui.export.contents:missing_layers",
        ),
        has_texts=True,
    ),
    ViewRow(
        id="paper",
        title="Paper's table",
        manual_page="published-networks",
        behind="table",
        widget="gui.views.googlenet_table:GooglenetTableView",
        picture=Picture(
            "gui.paint.tables.googlenet_table:paint_googlenet_table",
            "gui.paint.tables.googlenet_table:googlenet_table_size",
            "gui.export.contents:missing_paper_rows",
        ),
    ),
    ViewRow(
        id="counting",
        title="Counting",
        manual_page="counting",
        behind="table",
        widget="gui.views.counting:CountingView",
        picture=Picture(
            "gui.paint.tables.counting_table:paint_counting_table",
            "gui.paint.tables.counting_table:counting_table_size",
            "gui.export.contents:missing_layers",
        ),
    ),
    ViewRow(
        id="differences",
        title="What differs",
        manual_page="comparing",
        behind="table",
        widget="gui.views.differences:DifferencesView",
        picture=Picture(
            "gui.paint.differences.drawing:paint_differences",
            "gui.paint.differences.drawing:differences_size",
            "gui.export.contents:missing_pair",
            shows_volumes=True,
            least_designs=2,
        ),
    ),
)
"""In the order of menus and of the Tab key. Each row follows the one it refers to; the first of an area is in front."""


def view_row(view_id: str) -> ViewRow:
    """The row of that id."""
    return next(row for row in VIEWS if row.id == view_id)


VIEW_IDS = tuple(row.id for row in VIEWS)
"""All views; each can be exported."""
ON_REQUEST = tuple(row.id for row in VIEWS if row.picture.prepare)
"""Views that are exported only if they are named."""
