"""A report of a project: one web page with its designs, pictures and tables, and with the project file in it."""

import platform
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from engine.cost.metrics import metric_by_id
from engine.files.atomic_write import file_name
from engine.kernels import Checkpoint
from engine.network.graph import INPUT
from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput, input_text
from engine.network.node_ref import STEM, design_text
from engine.project.embedded import ELEMENT_ID, project_address
from engine.project.file import content_for_report
from engine.project.project import FORMAT, Note
from engine.reports.tables import counting_text, design_title, table_rows
from gui.catalogue.program import program_version
from gui.export.html import Markup, element, join, page
from gui.export.page_pictures import picture, view_picture
from gui.export.page_tables import (
    classes_table,
    comparison_list,
    differences_table,
    layer_tables,
    paper_table,
    totals_table,
)
from gui.export.pictures import missing_content
from gui.paint.bars.content import build_bars_content
from gui.paint.differences.content import build_differences
from gui.paint.differences.drawing import paint_error_chart
from gui.state.comparison import compared_refs
from gui.state.view_state import ViewState

_MOST_COMPARED = 4
"""Designs of which every two are compared."""
_CHART = (1040, 260)
_MOST_SHOWN = 100_000
"""Characters of a project file that is also shown as text."""


class _Report(Struct, frozen=True, eq=False):
    """What the sections are made from."""

    state: ViewState
    project_file: bytes
    name: str
    """Of the project file, without its ending."""


def make_report(
    state: ViewState, path: Path, source: Path | None = None, checkpoint: Checkpoint = lambda: None
) -> bytes:
    """The content of a report at this path.

    Parameters
    ----------
    source
        The file that the project was read from, if any: its comments stay.

    Raises
    ------
    ProjectError
        The project cannot be saved.
    """
    name = file_name((source or path).stem)
    report = _Report(state, content_for_report(state.project, path, source), name)
    title = state.project.title or name
    sections = []
    for section in _SECTIONS:
        checkpoint()
        content = section.make(report)
        if content:
            sections.append((section, element("section", element("h2", section.title), content, id=section.id)))
    links = (element("li", element("a", section.title, href=f"#{section.id}")) for section, _ in sections)
    head = element("header", element("h1", title), _headline(state), _problems(state))
    contents = element("nav", element("ul", links), aria_label="Contents")
    return page(title, head, contents, (markup for _, markup in sections))


def _headline(state: ViewState) -> Markup:
    """What the bars say first, and about which design."""
    content = build_bars_content(state)
    if not content.totals or state.problems:
        return Markup()
    subject = content.subject if len(content.totals) > 1 else ""
    return element("p", content.headline, (": ", element("bdi", subject)) if subject else (), class_="lead")


def _problems(state: ViewState) -> Markup:
    """What has to be corrected, and where; "" if nothing has."""
    if not state.problems:
        return Markup()
    items = (
        element("li", f"{design_text(problem.design)}: {problem.text}" if problem.design is not None else problem.text)
        for problem in state.problems
    )
    return element("div", element("strong", "Mistakes"), element("ul", items), class_="box problem")


def _summary(report: _Report) -> Markup:
    state = report.state
    if not any(analysis.reports for analysis in state.check.analyses.values()):
        return element("p", f"{missing_content(state, 'table').capitalize()}.")
    return join(totals_table(state), comparison_list(state))


def _view_section(view: str, caption: Callable[[ViewState], str]) -> Callable[[_Report], Markup]:
    def make(report: _Report) -> Markup:
        missing = missing_content(report.state, view)
        if not missing:
            return view_picture(report.state, view, caption(report.state))
        has_layers = not missing_content(report.state, "table")
        return element("p", f"Nothing is shown: {missing}.", class_="muted") if has_layers else Markup()

    return make


def _volumes_caption(state: ViewState) -> str:
    values = "the faces show computed values" if state.run.results else "before a run: the faces show no values"
    return f"Each box is a volume, its depth the number of maps; {values}."


def _filters_caption(state: ViewState) -> str:
    (first, *others) = ((design, "the input" if node == INPUT else node) for design, node in compared_refs(state))
    texts = [f"{node} in {design_text(design)}" for design, node in (first, *others)]
    return f"All maps of {' and of '.join(texts)}."


def _classes(report: _Report) -> Markup:
    return join(*(classes_table(report.state, design) for design in report.state.predictions))


def _bars_caption(state: ViewState) -> str:
    return f"{state.costs.title(metric_by_id(state.look.metric))} of the designs and of their layers."


def _layers(report: _Report) -> Markup:
    return layer_tables(report.state)


def _differences(report: _Report) -> Markup:
    return join(*_difference_parts(report.state))


def _difference_parts(state: ViewState) -> Iterator[Markup]:
    names = [name for name in state.check.analyses if name != STEM]
    if len(names) > _MOST_COMPARED:
        yield element("p", f"Of {len(names)} designs, the first {_MOST_COMPARED} are compared.", class_="muted")
    for pair in combinations(names[:_MOST_COMPARED], 2):
        compared = replace(state, look=replace(state.look, pair=pair))
        yield element("h3", element("bdi", pair[0]), " → ", element("bdi", pair[1]))
        yield differences_table(compared)
        content = build_differences(compared)
        if content.has_errors:
            caption = f"Relative error of the volumes, layer by layer: ‖a − b‖ / ‖a‖, a of {pair[0]}, b of {pair[1]}."
            yield picture(compared, paint_error_chart, _CHART, content.description, caption)


def _published(report: _Report) -> Markup:
    state = report.state
    designs = dict.fromkeys(entry.design for entry in state.project.published if entry.design in state.check.analyses)
    tables = ((element("h3", element("bdi", design_title(name))), paper_table(state, name)) for name in designs)
    return join(*tables)


def _notes(report: _Report) -> Markup:
    items = (
        element("li", element("strong", _note_place(note)), " ", element("span", note.text, class_="text"))
        for note in report.state.project.notes
    )
    return element("ul", items) if report.state.project.notes else Markup()


def _note_place(note: Note) -> str:
    place = " · ".join(filter(None, (note.design or (note.node and design_text(STEM)), note.node)))
    return f"{place}:" if place else ""


def _counting(report: _Report) -> Markup:
    rule = report.state.look.convention
    rows = table_rows(report.state.project, report.state.costs)
    intro = (
        "MACs are multiply-accumulates of convolutions and dense layers, for one input; parameters are weights and "
        "biases, and gamma and beta of batch norm; memory is that of float32 values."
    )
    source = f"Operations are counted by this rule: {rule.title}. {rule.source[:1].upper()}{rule.source[1:]}."
    texts = (element("li", text) for text in counting_text(rows))
    return join(element("p", intro), element("p", source), element("ul", texts)) if rows else Markup()


def _origin(report: _Report) -> Markup:
    state = report.state
    entries = {
        "Input": _input_words(state),
        "Seed": f"{state.project.seed}, of weights that no file has",
        "Source": state.project.source,
        "Values": "computed with this input" if state.run.results else "none: made before a run",
        "Convolume": f"{program_version()}, project format {FORMAT}",
        "NumPy": np.__version__,
        "Python": platform.python_version(),
    }
    return element(
        "dl", ((element("dt", name), element("dd", text, class_="text")) for name, text in entries.items() if text)
    )


def _input_words(state: ViewState) -> str:
    """What goes into the designs: the kind, the name of the file, the shape."""
    spec, shape = state.project.input, state.check.input_shape
    kinds = {ImageInput: "photo", ArrayInput: "array", NoiseInput: "standard normal"}
    return f"{kinds[type(spec)]} {input_text(spec)}, {shape or 'its shape is unknown'}"


def _project_file(report: _Report) -> Markup:
    link = element(
        "a",
        "Download the project file",
        id=ELEMENT_ID,
        download=f"{report.name}.toml",
        href=project_address(report.project_file),
    )
    text = report.project_file.decode()
    details = element("details", element("summary", "The project file as text"), element("pre", text))
    how = "Convolume opens this page like a project: by File › Open, dropped on its window, or named to a command."
    return join(element("p", how), element("p", link), details if len(text) <= _MOST_SHOWN else ())


class _Section(Struct, frozen=True):
    """A part of the report; "" leaves it out."""

    id: str
    title: str
    make: Callable[[_Report], Markup]


_SECTIONS: tuple[_Section, ...] = (
    _Section("summary", "Designs side by side", _summary),
    _Section("volumes", "Volumes", _view_section("volumes", _volumes_caption)),
    _Section("classes", "Most likely classes", _classes),
    _Section("filters", "Filters", _view_section("filters", _filters_caption)),
    _Section("operations", "Operations", _view_section("bars", _bars_caption)),
    _Section("layers", "Layers", _layers),
    _Section("differences", "What differs", _differences),
    _Section("published", "Published figures", _published),
    _Section("notes", "Notes", _notes),
    _Section("counting", "How it is counted", _counting),
    _Section("origin", "How it was made", _origin),
    _Section("project", "Project file", _project_file),
)
"""In the order of the page."""
