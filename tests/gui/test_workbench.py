"""The workbench: edits, undo, runs and files become states."""

import threading
from collections.abc import Callable, Hashable, Iterator
from itertools import pairwise
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from engine.files.paths import RESOURCES
from engine.layers import Activation, Conv2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import ArrayInput, NoiseInput
from engine.network.node_ref import STEM
from engine.project.file import load_project, save_project
from engine.project.project import Design, Project
from engine.run.check import check
from engine.run.execute import NodeDone, NodeStarted, execute, run_all
from engine.run.request import RunRequest
from engine.text.problems import ProjectError
from gui.paint.basics.derived_cache import CACHE
from gui.paint.basics.volume_numbers import numbers_of
from gui.panels.status import next_step_hint
from gui.state import edits
from gui.state.edit import Edit
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.state.volume_at import Float32Volume
from gui.workbench.document import FileChangedError
from gui.workbench.workbench import Workbench
from tests.gui.conftest import PROJECT

NAIVE_CONV = ("naive", "conv5x5")


def with_filters(project: Project, filters: int, design: str = "naive") -> Project:
    network = project.network(design)
    return project.with_network(design, network.with_layer("conv5x5", Conv2d(filters=filters, kernel=5)))


def edit_filters(workbench: Workbench, filters: int, merge: str = "") -> None:
    workbench.edit(f"Set filters to {filters}", with_filters(workbench.state.project, filters), merge)


def run(workbench: Workbench, qtbot: QtBot) -> None:
    with qtbot.waitSignal(workbench.runner.ended):
        workbench.run()


def test_an_edit_changes_shapes_and_costs_at_once(workbench: Workbench) -> None:
    edit_filters(workbench, 9)
    report = workbench.state.report(NAIVE_CONV)
    assert report is not None
    assert report.output_shape == (9, 12, 12)
    assert report.macs == 12 * 12 * 9 * 5 * 5 * 8


def test_undo_and_redo_restore_the_project_before_and_after(workbench: Workbench) -> None:
    edit_filters(workbench, 9)
    edited = workbench.state.project
    workbench.document.undo_stack.undo()
    assert workbench.state.project == PROJECT
    workbench.document.undo_stack.redo()
    assert workbench.state.project == edited


def test_an_undo_step_has_the_name_of_its_edit(workbench: Workbench) -> None:
    edit_filters(workbench, 9)
    assert workbench.document.undo_stack.undoText() == "Set filters to 9"


def test_edits_of_one_drag_are_one_undo_step(workbench: Workbench) -> None:
    for filters in (7, 8, 9):
        edit_filters(workbench, filters, merge="naive/conv5x5/filters")
    assert workbench.document.undo_stack.count() == 1
    assert workbench.document.undo_stack.undoText() == "Set filters to 9"
    workbench.document.undo_stack.undo()
    assert workbench.state.project == PROJECT


def test_edits_of_different_settings_are_different_undo_steps(workbench: Workbench) -> None:
    edit_filters(workbench, 7, merge="filters")
    edit_filters(workbench, 8, merge="kernel")
    assert workbench.document.undo_stack.count() == 2


def test_an_edit_without_a_change_is_no_undo_step(workbench: Workbench) -> None:
    edit_filters(workbench, 6)
    assert workbench.document.undo_stack.count() == 0
    assert workbench.state.clean


def test_a_run_ends_with_the_fresh_volumes_that_the_engine_computes(workbench: Workbench, qtbot: QtBot) -> None:
    run(workbench, qtbot)
    expected = run_all(RunRequest.of(PROJECT), lambda event: None)
    assert set(workbench.state.run.results) == set(expected)
    for ref, node_done in expected.items():
        np.testing.assert_array_equal(workbench.state.run.results[ref].volume, node_done.volume)
    result = workbench.state.volume_at(NAIVE_CONV).result
    assert result is not None
    assert result.volume.shape == (6, 12, 12)
    assert workbench.state.volume_at(NAIVE_CONV).is_fresh
    assert workbench.state.run.progress is None


def test_a_run_measures_the_visible_volumes_that_come_to_the_window(workbench: Workbench, qtbot: QtBot) -> None:
    """The window's thread paints them without computing anything of all their values."""
    run(workbench, qtbot)
    volumes = [result.volume for result in workbench.state.run.results.values()]
    assert all(CACHE.has((volume,), ("most varied channel",)) for volume in volumes)
    assert are_known(("not finite",), volumes)


def are_known(kind: tuple[Hashable, ...], volumes: list[Float32Volume]) -> bool:
    """Whether a number of all volumes is computed."""
    unknown: list[Float32Volume] = []

    def compute(volume: Float32Volume) -> int:
        unknown.append(volume)
        return 0

    for volume in volumes:
        numbers_of(kind, compute)(volume)
    return not unknown


def test_a_run_of_many_layers_computes_the_colours_and_counts_of_small_boxes(qtbot: QtBot) -> None:
    chain = Network(tuple(Node(f"relu{number}", Activation("relu")) for number in range(70)))
    workbench = Workbench(Project(NoiseInput((1, 2, 2)), (Design("chain", chain),)))
    run(workbench, qtbot)
    look, volumes = workbench.state.look, [result.volume for result in workbench.state.run.results.values()]
    assert len(volumes) == 71
    assert are_known(("flat", look.colour_map, look.zero_centred), volumes)
    assert are_known(("not finite",), volumes)
    workbench.close()


def test_an_edit_makes_results_stale_and_undo_makes_them_fresh(workbench: Workbench, qtbot: QtBot) -> None:
    run(workbench, qtbot)
    edit_filters(workbench, 9)
    assert workbench.state.volume_at(NAIVE_CONV).result is not None
    assert not workbench.state.volume_at(NAIVE_CONV).is_fresh
    workbench.document.undo_stack.undo()
    assert workbench.state.volume_at(NAIVE_CONV).is_fresh


def test_undo_after_a_second_run_returns_to_the_results_of_the_first(workbench: Workbench, qtbot: QtBot) -> None:
    run(workbench, qtbot)
    first = workbench.state.volume_at(NAIVE_CONV).result
    edit_filters(workbench, 9)
    run(workbench, qtbot)
    workbench.document.undo_stack.undo()
    again = workbench.state.volume_at(NAIVE_CONV).result
    assert first is not None
    assert again is not None
    assert again.volume is first.volume


def test_a_second_run_recomputes_only_what_lies_downstream_of_the_edit(workbench: Workbench, qtbot: QtBot) -> None:
    run(workbench, qtbot)
    before = {ref: workbench.state.volume_at(ref).result for ref in workbench.state.run.results}
    edit_filters(workbench, 9)
    run(workbench, qtbot)
    changed = {ref for ref, result in before.items() if workbench.state.volume_at(ref).result is not result}
    assert changed == {NAIVE_CONV}


def test_a_run_started_during_another_returns_only_its_own_results(workbench: Workbench, qtbot: QtBot) -> None:
    filters_of_results: list[int] = []
    workbench.runner.advanced.connect(
        lambda events: filters_of_results.extend(
            event.volume.shape[0] for event in events if isinstance(event, NodeDone) and event.ref == NAIVE_CONV
        )
    )
    for filters in (7, 8, 9):
        edit_filters(workbench, filters)
        workbench.run()
    qtbot.waitUntil(lambda: workbench.state.run.progress is None)
    assert filters_of_results == [9]
    assert workbench.state.volume_at(NAIVE_CONV).is_fresh


def test_a_late_result_for_other_settings_does_not_replace_a_fresh_one(workbench: Workbench, qtbot: QtBot) -> None:
    run(workbench, qtbot)
    fresh = workbench.state.volume_at(NAIVE_CONV).result
    edit_filters(workbench, 9)
    workbench.run()
    workbench.document.undo_stack.undo()
    qtbot.waitUntil(lambda: workbench.state.run.progress is None)
    assert workbench.state.volume_at(NAIVE_CONV).result is fresh
    assert workbench.state.volume_at(NAIVE_CONV).is_fresh
    workbench.document.undo_stack.redo()
    assert workbench.state.volume_at(NAIVE_CONV).is_fresh


def test_a_run_with_nothing_to_compute_ends_the_run_in_progress(qtbot: QtBot) -> None:
    workbench = Workbench(slow_project())
    run_to_first_result(workbench, qtbot)
    workbench.edit("Lose the input", replace(workbench.state.project, input=ArrayInput("/nowhere.npy")))
    with qtbot.assertNotEmitted(workbench.runner.advanced, wait=300):
        workbench.run()
    assert workbench.state.run.progress is None
    workbench.close()


def test_designs_without_a_mistake_run_beside_one_with_a_mistake(workbench: Workbench, qtbot: QtBot) -> None:
    project = workbench.state.project
    wrong = project.network("naive").with_layer("conv5x5", Conv2d(filters=6, kernel=5, groups=5))
    workbench.edit("Set groups to 5", project.with_network("naive", wrong))
    run(workbench, qtbot)
    assert workbench.state.volume_at(NAIVE_CONV).result is None
    assert workbench.state.volume_at(("bottleneck", "conv5x5")).is_fresh
    assert [problem.design for problem in workbench.state.check.problems] == ["naive", "naive"]


def slow_project() -> Project:
    network = Network(tuple(Node(f"conv{i}", Conv2d(filters=256, kernel=3)) for i in range(40)))
    return Project(NoiseInput((256, 56, 56)), (Design("slow", network),))


def run_to_first_result(workbench: Workbench, qtbot: QtBot) -> None:
    workbench.run()
    qtbot.waitUntil(lambda: bool(workbench.state.run.results))


def test_a_run_reaches_the_window_in_few_states_and_loses_nothing(qtbot: QtBot) -> None:
    nodes = tuple(Node(f"relu{i}", Activation("relu")) for i in range(300))
    workbench = Workbench(Project(NoiseInput((1, 4, 4)), (Design("chain", Network(nodes)),)))
    times, counts = list[float](), list[int]()
    workbench.runner.advanced.connect(lambda events: (times.append(monotonic()), counts.append(len(events))))
    with qtbot.waitSignal(workbench.runner.ended):
        workbench.run()
    assert sum(counts) == 2 * 301
    assert set(workbench.state.run.results) == set(RunRequest.of(workbench.state.project).refs)
    assert all(after - before > 0.9 / 15 for before, after in pairwise(times[:-1]))  # the last comes at once
    workbench.close()


def test_what_a_person_does_is_handled_before_the_next_state_of_a_run(workbench: Workbench, qtbot: QtBot) -> None:
    order, person = list[str](), QTimer(interval=0)
    person.timeout.connect(lambda: order.append("person"))
    person.start()
    workbench.runner.ended.connect(lambda _: order.append("end"))
    workbench.runner.worker.ended.emit(None)  # as in the queue behind a painting
    assert order == []
    qtbot.waitUntil(lambda: "end" in order)
    assert order[0] == "person"


def test_the_progress_of_a_long_layer_is_shown_while_it_runs(qtbot: QtBot) -> None:
    workbench = Workbench(slow_project())
    run_to_first_result(workbench, qtbot)
    qtbot.waitUntil(lambda: workbench.state.run.progress is not None and workbench.state.run.progress.done > 0)
    workbench.close()


def test_cancel_ends_a_run_and_keeps_its_results(qtbot: QtBot) -> None:
    workbench = Workbench(slow_project())
    run_to_first_result(workbench, qtbot)
    workbench.cancel()
    assert workbench.state.run.progress is None
    results = dict(workbench.state.run.results)
    workbench.close()
    qtbot.wait(50)
    assert dict(workbench.state.run.results) == results
    assert 0 < len(results) < 41


def test_late_reports_of_a_cancelled_run_are_dropped(workbench: Workbench, qtbot: QtBot) -> None:
    ends: list[object] = []
    workbench.runner.ended.connect(ends.append)
    workbench.run()
    workbench.runner.worker._pool.waitForDone()  # all reports are queued
    workbench.cancel()
    state = workbench.state
    assert state.run.progress is None
    qtbot.wait(10)
    assert ends == []
    assert workbench.state is state


def test_cancel_shows_what_has_been_computed_since_the_last_batch(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.workbench.runner._FIRST_FRAME", 60.0)
    workbench = Workbench(slow_project())
    workbench.run()
    qtbot.waitUntil(lambda: len(workbench.cache) >= 3)
    computed = len(workbench.cache)
    workbench.cancel()
    assert workbench.state.run.progress is None
    assert len(workbench.state.run.results) >= computed - 1  # the last one may be on its way
    workbench.close()


def test_results_of_a_design_removed_during_the_run_are_dropped(workbench: Workbench, qtbot: QtBot) -> None:
    workbench.run()
    remaining = workbench.state.project.with_designs(workbench.state.project.designs[1:])
    workbench.edit("Remove naive", remaining)
    qtbot.waitUntil(lambda: workbench.state.run.progress is None)
    assert {design for design, _ in workbench.state.run.results} == {STEM, "bottleneck"}


def test_closing_during_a_run_leaves_no_worker(qtbot: QtBot) -> None:
    workbench = Workbench(slow_project())
    run_to_first_result(workbench, qtbot)
    workbench.close()
    assert not workbench.runner.worker.busy


def test_a_run_uses_another_thread_than_the_window(
    workbench: Workbench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    def recording_execute(*arguments: Any) -> Iterator[NodeStarted | NodeDone]:
        for event in execute(*arguments):
            threads.append(threading.get_ident())
            yield event

    monkeypatch.setattr("gui.workbench.runner.execute", recording_execute)
    run(workbench, qtbot)
    assert threads
    assert threading.get_ident() not in threads


def test_a_failure_while_volumes_are_measured_ends_the_run_with_it(
    workbench: Workbench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise MemoryError("no room for a measure")

    monkeypatch.setattr("gui.workbench.runner._measure", fail)
    with qtbot.captureExceptions() as exceptions:
        run(workbench, qtbot)
    assert [str(error) for _, error, _ in exceptions] == ["no room for a measure"]
    assert workbench.state.run.progress is None


def test_a_nan_in_an_input_file_is_a_notice_at_the_input(qtbot: QtBot, tmp_path: Path) -> None:
    array = np.zeros((2, 3, 3), np.float32)
    array[1, 2, 0] = np.nan
    np.save(tmp_path / "volume.npy", array)
    workbench = Workbench(replace(PROJECT, input=ArrayInput(str(tmp_path / "volume.npy"))))
    run(workbench, qtbot)
    assert workbench.state.problems == ()
    (_, notice) = workbench.state.notices_at((STEM, INPUT))
    assert "the first at channel 1, y 2, x 0" in notice
    workbench.close()


def test_the_status_bar_counts_what_only_a_run_finds_in_a_file(qtbot: QtBot, tmp_path: Path) -> None:
    np.save(tmp_path / "volume.npy", np.full((2, 3, 3), 1e-60))
    workbench = Workbench(replace(PROJECT, input=ArrayInput(str(tmp_path / "volume.npy"), axes="chw")))
    assert "notice" not in next_step_hint(workbench.state)
    run(workbench, qtbot)
    assert next_step_hint(workbench.state) == "1 notice about files: select the input to read more"
    workbench.close()


def test_the_focus_moves_to_the_last_volume_if_its_node_is_removed(workbench: Workbench) -> None:
    workbench.set_focus(Focus("bottleneck", "reduce", 1))
    network = workbench.state.project.network("bottleneck").without("reduce")
    workbench.edit("Remove reduce", workbench.state.project.with_network("bottleneck", network))
    assert workbench.state.focus == Focus("bottleneck", "conv5x5")


def test_undo_restores_the_focus_before_the_edit_and_redo_the_one_after(workbench: Workbench) -> None:
    focus = Focus("naive", "conv5x5", channel=2, pixel=(3, 4))
    workbench.set_focus(focus)
    edit_filters(workbench, 9)
    workbench.set_focus(Focus("bottleneck", "reduce", channel=1))
    workbench.document.undo_stack.undo()
    assert workbench.state.focus == focus
    workbench.set_focus(Focus("bottleneck", "reduce", channel=1))
    workbench.document.undo_stack.redo()
    assert workbench.state.focus == focus


def propose(workbench: Workbench, edit: Edit | None) -> None:
    assert edit is not None
    workbench.edit(edit.text, edit.project, edit.merge, edit.focus)


EDITS: dict[str, Callable[[Project], Edit | None]] = {
    "remove": lambda project: edits.remove_nodes(project, "bottleneck", ["reduce"]),
    "rename": lambda project: edits.rename_node(project, "bottleneck", "reduce", "squeeze"),
    "rename the design": lambda project: edits.rename_design(project, "bottleneck", "narrow"),
    "duplicate": lambda project: edits.duplicate_nodes(project, "bottleneck", ["reduce"]),
    "duplicate the design": lambda project: edits.duplicate_design(project, "bottleneck"),
    "remove the design": lambda project: edits.remove_design(project, "bottleneck"),
    "add": lambda project: edits.add_layer(project, "bottleneck", "reduce", "activation"),
    "move": lambda project: edits.move_nodes(project, "bottleneck", ["reduce"], 1),
    "change the kind": lambda project: edits.set_kind(project, ("bottleneck", "reduce"), "max_pool2d"),
}


@pytest.mark.parametrize("edit_name", EDITS)
def test_undo_and_redo_of_an_edit_that_moves_the_focus_move_it_back_and_forth(
    workbench: Workbench, edit_name: str
) -> None:
    focus = Focus("bottleneck", "reduce", channel=1, pixel=(2, 5))
    workbench.set_focus(focus)
    propose(workbench, EDITS[edit_name](workbench.state.project))
    after = workbench.state.focus
    assert after.ref in workbench.state.check
    workbench.set_focus(Focus("naive", "conv5x5"))
    for _ in range(2):
        workbench.document.undo_stack.undo()
        assert workbench.state.focus == focus
        workbench.document.undo_stack.redo()
        assert workbench.state.focus == after


def test_undo_of_a_drag_restores_the_focus_before_it_and_redo_the_one_after(workbench: Workbench) -> None:
    first, last = Focus("naive", "conv5x5", channel=0), Focus("naive", "conv5x5", channel=5)
    workbench.set_focus(first)
    edit_filters(workbench, 7, merge="filters")
    workbench.set_focus(last)
    edit_filters(workbench, 8, merge="filters")
    assert workbench.document.undo_stack.count() == 1
    workbench.document.undo_stack.undo()
    assert workbench.state.focus == first
    workbench.document.undo_stack.redo()
    assert workbench.state.focus == last


def test_redo_moves_the_focus_to_the_last_volume_if_the_edit_removes_its_node(workbench: Workbench) -> None:
    workbench.set_focus(Focus("bottleneck", "reduce", 1))
    network = workbench.state.project.network("bottleneck").without("reduce")
    workbench.edit("Remove reduce", workbench.state.project.with_network("bottleneck", network))
    workbench.document.undo_stack.undo()
    assert workbench.state.focus == Focus("bottleneck", "reduce", 1)
    workbench.document.undo_stack.redo()
    assert workbench.state.focus == Focus("bottleneck", "conv5x5")


def test_each_undo_step_restores_the_focus_before_its_edit(workbench: Workbench) -> None:
    before = []
    for filters, focus in ((7, Focus("naive", "conv5x5")), (8, Focus("bottleneck", "reduce")), (9, Focus("naive"))):
        workbench.set_focus(focus)
        before.append(focus)
        edit_filters(workbench, filters)
    for focus in reversed(before):
        workbench.document.undo_stack.undo()
        assert workbench.state.focus == focus


def test_a_focus_on_a_missing_node_is_refused(workbench: Workbench) -> None:
    before = workbench.state
    workbench.set_focus(Focus("naive", "nothing"))
    assert workbench.state is before


def test_opening_an_invalid_file_changes_nothing(workbench: Workbench, tmp_path: Path) -> None:
    edit_filters(workbench, 9)
    before = workbench.state
    (tmp_path / "wrong.toml").write_text("format = 1\n[input\n")
    with pytest.raises(ProjectError):
        workbench.open(tmp_path / "wrong.toml")
    assert workbench.state is before
    assert workbench.document.undo_stack.canUndo()


def test_opening_a_file_starts_an_empty_history(workbench: Workbench, tmp_path: Path) -> None:
    edit_filters(workbench, 9)
    save_project(PROJECT, tmp_path / "p.toml")
    workbench.open(tmp_path / "p.toml")
    assert workbench.state.project == PROJECT
    assert workbench.state.path == tmp_path / "p.toml"
    assert workbench.state.clean
    assert not workbench.document.undo_stack.canUndo()


def test_an_opened_project_keeps_only_the_results_with_its_keys(
    workbench: Workbench, qtbot: QtBot, tmp_path: Path
) -> None:
    run(workbench, qtbot)
    save_project(with_filters(PROJECT, 9), tmp_path / "p.toml")
    workbench.open(tmp_path / "p.toml")
    assert workbench.state.volume_at(NAIVE_CONV).result is None
    assert workbench.state.volume_at(("bottleneck", "conv5x5")).is_fresh  # the same key as before


def test_saving_makes_the_state_clean_and_an_edit_makes_it_unclean(workbench: Workbench, tmp_path: Path) -> None:
    edit_filters(workbench, 9)
    assert not workbench.state.clean
    workbench.document.save(tmp_path / "p.toml")
    assert workbench.state.clean
    assert load_project(tmp_path / "p.toml").project == workbench.state.project
    edit_filters(workbench, 10)
    assert not workbench.state.clean
    workbench.document.undo_stack.undo()
    assert workbench.state.clean


def test_a_file_that_changed_on_disk_is_overwritten_only_on_request(workbench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    workbench.document.save(path)
    path.write_text("somebody else's")
    with pytest.raises(FileChangedError):
        workbench.document.save(path)
    assert path.read_text() == "somebody else's"
    workbench.document.save(path, overwrite=True)
    assert load_project(path).project == workbench.state.project


def test_a_file_of_a_newer_format_is_never_overwritten(workbench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    save_project(PROJECT, path)
    newer = path.read_text().replace("format = 1", "format = 2")
    path.write_text(newer)
    workbench.open(path)
    assert workbench.document.read_only
    with pytest.raises(ProjectError, match="newer format"):
        workbench.document.save(path)
    assert path.read_text() == newer
    for _ in range(2):
        workbench.document.save(tmp_path / "mine.toml")
    assert load_project(tmp_path / "mine.toml").project == PROJECT


def test_every_change_of_state_is_signalled_once_with_old_and_new(workbench: Workbench) -> None:
    changes: list[tuple[ViewState, ViewState]] = []
    workbench.changed.connect(lambda old, new: changes.append((old, new)))
    before = workbench.state
    workbench.set_look(replace(before.look, logarithmic=True))
    assert [(old is before, new is workbench.state) for old, new in changes] == [(True, True)]


def test_the_input_of_a_design_is_the_last_volume_of_the_stem(workbench: Workbench, qtbot: QtBot) -> None:
    stem = Network((Node("stem_conv", Conv2d(filters=4, kernel=3)),))
    workbench.edit("Add stem", replace(PROJECT, stem=stem))
    run(workbench, qtbot)
    assert workbench.state.volume_at(("naive", INPUT)).result is workbench.state.volume_at((STEM, "stem_conv")).result
    stem_input = workbench.state.volume_at((STEM, INPUT)).result
    assert stem_input is not None
    assert stem_input.volume.shape == (8, 12, 12)
    assert check(workbench.state.project).analyses["naive"].input_shape == (4, 12, 12)


@pytest.mark.parametrize(
    ("name", "focus"),
    [
        ("inception_3a_5x5_branch", Focus("naive", "conv5x5")),
        ("inception_3a_192", Focus("naive", "inception_3a/concat")),
        ("googlenet", Focus("GoogLeNet", "conv1")),
        ("nin", Focus("NIN", "conv1")),
    ],
)
def test_an_opened_project_has_the_focus_on_its_last_volume_or_on_the_first_of_a_classifier(
    workbench: Workbench, name: str, focus: Focus
) -> None:
    workbench.open(RESOURCES / "projects" / f"{name}.toml", sample=True)
    assert workbench.state.focus == focus


def test_a_newer_or_changed_file_is_recognised_through_a_link(workbench: Workbench, tmp_path: Path) -> None:
    path, link = tmp_path / "p.toml", tmp_path / "link.toml"
    save_project(PROJECT, path)
    link.symlink_to(path)
    workbench.open(path)
    path.write_text(path.read_text() + "# somebody else's\n")
    with pytest.raises(FileChangedError):
        workbench.document.save(link)
    path.write_text(path.read_text().replace("format = 1", "format = 2"))
    workbench.open(path)
    newer = path.read_text()
    with pytest.raises(ProjectError, match="newer format"):
        workbench.document.save(link)
    assert path.read_text() == newer
