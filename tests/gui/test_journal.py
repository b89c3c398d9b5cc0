"""The journal: what a crash leaves of unsaved edits, and what the next window finds."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import count, pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace
from pytestqt.qtbot import QtBot

from engine.files.file_lock import FileLock
from engine.kernels import Checkpoint
from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project, save_project
from engine.project.project import Design, Project
from gui.state.focus import Focus
from gui.state.history import History, Step, Version
from gui.state.lesson_place import LessonPlace
from gui.window.actions import ACTIONS
from gui.workbench.journal import Journal
from gui.workbench.journal_file import JournalFile, claim_journals
from gui.workbench.journal_format import JournalFault
from gui.workbench.workbench import Workbench
from gui.worker import Task, Worker
from tests.gui.conftest import PROJECT

ROOT = Path(__file__).resolve().parents[2]


def edit_filters(workbench: Workbench, filters: int, merge: str = "") -> None:
    project = workbench.state.project
    network = project.network("naive").with_layer("conv5x5", Conv2d(filters=filters, kernel=5))
    workbench.edit(f"Set filters to {filters}", project.with_network("naive", network), merge)


class Session:
    """A workbench with its journal, which can crash: it leaves its file, as if its process had ended."""

    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        self.workbench = Workbench(PROJECT)
        self.journal = Journal(self.workbench, folder)
        self.failures: list[str] = []
        self.journal.failed.connect(self.failures.append)
        self._qtbot = qtbot

    def wait(self) -> None:
        self._qtbot.waitUntil(lambda: not self.journal.busy, timeout=5000)

    def crash(self) -> None:
        self.wait()
        self.journal._file.release()
        self.workbench.close()

    def restore(self, file: JournalFile) -> None:
        self.workbench.restore(file.read().history)
        self.journal.adopt(file)

    def quit(self) -> None:
        self.journal.close()
        self.workbench.close()


@pytest.fixture
def begin(tmp_path: Path, qtbot: QtBot) -> Iterator[Callable[[], Session]]:
    sessions: list[Session] = []

    def begin_session() -> Session:
        sessions.append(Session(tmp_path / "journal", qtbot))
        return sessions[-1]

    yield begin_session
    for session in sessions:
        session.quit()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def journals(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.journal"))


def test_a_journal_that_another_window_has_just_deleted_is_not_claimed(tmp_path: Path) -> None:
    assert JournalFile.claim(tmp_path / "gone.journal") is None
    assert list(tmp_path.iterdir()) == []


def test_a_window_without_edits_has_no_journal(begin: Callable[[], Session], folder: Path) -> None:
    session = begin()
    session.workbench.set_focus(Focus("naive", "conv5x5"))
    session.wait()
    assert not folder.exists()


def test_what_is_tried_in_a_lesson_is_not_recorded_but_what_follows_it_is(
    begin: Callable[[], Session], folder: Path
) -> None:
    session = begin()
    own = session.workbench.document.history(session.workbench.state.focus)
    start = session.workbench.state
    session.workbench.show_lesson_step(Version(PROJECT, start.focus), start.look, LessonPlace("Small", 0, 3))
    edit_filters(session.workbench, 9)
    session.wait()
    assert journals(folder) == []
    session.workbench.restore(own)
    edit_filters(session.workbench, 10)
    session.wait()
    assert len(journals(folder)) == 1


def test_a_declined_journal_is_deleted_in_a_lesson_without_recording_what_is_tried(
    begin: Callable[[], Session], folder: Path
) -> None:
    crashed = begin()
    edit_filters(crashed.workbench, 9)
    crashed.crash()
    (file,) = claim_journals(folder)
    session = begin()
    start = session.workbench.state
    session.workbench.show_lesson_step(Version(PROJECT, start.focus), start.look, LessonPlace("Small", 0, 3))
    edit_filters(session.workbench, 10)
    session.journal.discard(file)
    session.wait()
    assert journals(folder) == []


def test_an_edit_is_on_the_disk_within_a_second(begin: Callable[[], Session], folder: Path, qtbot: QtBot) -> None:
    session = begin()
    begun = time.monotonic()
    edit_filters(session.workbench, 9)
    qtbot.waitUntil(lambda: bool(journals(folder)))
    session.wait()
    assert time.monotonic() - begun < 1
    session.crash()
    (file,) = claim_journals(folder)
    work = file.read()
    assert work.history.current.project == session.workbench.state.project
    assert abs(work.time - time.time()) < 5
    file.release()


def test_edits_are_written_while_others_follow_even_if_the_thread_always_begins_late(
    begin: Callable[[], Session], folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a busy system: until it begins, the next edits have asked for another record."""
    start = Worker.start

    def start_late(worker: Worker, task: Task) -> None:
        def late_task(checkpoint: Checkpoint) -> Iterable[object]:
            time.sleep(0.15)
            return task(checkpoint)

        start(worker, late_task)

    monkeypatch.setattr(Worker, "start", start_late)
    session = begin()
    first = time.monotonic()
    for filters in count(1):
        edit_filters(session.workbench, filters)
        qtbot.wait(20)
        if journals(folder):
            break
        assert time.monotonic() - first < 3


def test_a_restored_history_undoes_redoes_and_is_as_unsaved_as_before(
    begin: Callable[[], Session], folder: Path, tmp_path: Path
) -> None:
    first = begin()
    first.workbench.show_project(PROJECT, tmp_path / "p.toml")
    for filters in (9, 10, 11):
        edit_filters(first.workbench, filters)
    first.workbench.document.save(tmp_path / "p.toml")
    edit_filters(first.workbench, 12)
    first.workbench.document.undo_stack.setIndex(2)
    first.workbench.set_focus(Focus("bottleneck", "reduce", 1))
    first.crash()
    second = begin()
    (file,) = claim_journals(folder)
    second.restore(file)
    document = second.workbench.document
    assert second.workbench.state.project == first.workbench.state.project
    assert second.workbench.state.focus == Focus("bottleneck", "reduce", 1)
    assert second.workbench.state.path == document.path == tmp_path / "p.toml"
    stack = document.undo_stack
    texts = [stack.text(number) for number in range(stack.count())]
    assert texts == [f"Set filters to {filters}" for filters in (9, 10, 11, 12)]
    assert (stack.index(), stack.cleanIndex(), document.clean) == (2, 3, False)
    stack.redo()
    assert document.clean
    stack.setIndex(0)
    assert document.project == PROJECT
    stack.setIndex(4)
    document.save(tmp_path / "p.toml")  # its stamp is known: nobody else has changed it
    assert load_project(tmp_path / "p.toml").project.network("naive").node("conv5x5").layer == Conv2d(12, 5)


def test_edits_after_a_restore_are_steps_of_their_own(begin: Callable[[], Session], folder: Path) -> None:
    first = begin()
    edit_filters(first.workbench, 9, "filters#0")
    first.crash()
    second = begin()
    (file,) = claim_journals(folder)
    second.restore(file)
    edit_filters(second.workbench, 10, "filters#0")
    assert second.workbench.document.undo_stack.count() == 2


def test_a_second_crash_loses_nothing(begin: Callable[[], Session], folder: Path) -> None:
    """Fault of other programs: the journal is deleted when it is opened."""
    first = begin()
    edit_filters(first.workbench, 9)
    first.crash()
    second = begin()
    (file,) = claim_journals(folder)
    second.restore(file)
    second.crash()
    third = begin()
    (file,) = claim_journals(folder)
    third.restore(file)
    assert third.workbench.state.project == first.workbench.state.project
    edit_filters(third.workbench, 10)
    third.crash()
    (file,) = claim_journals(folder)
    assert len(file.read().history.steps) == 2
    file.release()


def test_a_restored_journal_goes_on_in_its_file_and_ends_with_a_save(
    begin: Callable[[], Session], folder: Path, tmp_path: Path
) -> None:
    """Fault of other programs: a copy is offered beside the restored one."""
    first = begin()
    edit_filters(first.workbench, 9)
    first.crash()
    second = begin()
    (file,) = claim_journals(folder)
    second.restore(file)
    edit_filters(second.workbench, 10)
    second.wait()
    assert journals(folder) == [file.path]
    second.workbench.document.save(tmp_path / "p.toml")
    second.wait()
    assert list(folder.iterdir()) == []


def test_every_kind_of_layer_block_weights_and_input_is_restored(begin: Callable[[], Session], folder: Path) -> None:
    """Fault of other programs: some items are not restored."""
    projects = [load_project(path).project for path in sorted((ROOT / "resources" / "projects").glob("*.toml"))]
    first = begin()
    for project in projects:
        first.workbench.edit(f"Use {project.title}", project)
    added = [action for action in ACTIONS if action.id.startswith("add_")]
    for action in added:
        edit = None if action.edit is None else action.edit(first.workbench.state)
        if edit is not None:
            first.workbench.edit(edit.text, edit.project, focus=edit.focus)
    first.crash()
    (file,) = claim_journals(folder)
    history = file.read().history
    assert history == first.workbench.document.history(first.workbench.state.focus)
    assert len(history.steps) == len(projects) + len(added)
    assert len(added) > 15
    file.release()


def test_a_selection_after_the_last_edit_is_restored(begin: Callable[[], Session], folder: Path) -> None:
    first = begin()
    edit_filters(first.workbench, 9)
    first.wait()
    first.workbench.set_focus(Focus("bottleneck", "reduce"))
    first.crash()
    second = begin()
    (file,) = claim_journals(folder)
    second.restore(file)
    assert second.workbench.state.focus == Focus("bottleneck", "reduce")


def test_a_saved_version_that_undo_does_not_reach_is_not_taken_for_the_first_one(
    begin: Callable[[], Session], folder: Path, tmp_path: Path
) -> None:
    first = begin()
    edit_filters(first.workbench, 9)
    first.workbench.document.save(tmp_path / "p.toml")
    first.workbench.document.undo_stack.undo()
    edit_filters(first.workbench, 10)
    first.crash()
    second = begin()
    (file,) = claim_journals(folder)
    second.restore(file)
    second.workbench.document.undo_stack.undo()
    assert second.workbench.state.project == PROJECT
    assert not second.workbench.state.clean


def test_the_journal_of_a_running_window_is_not_offered(begin: Callable[[], Session], folder: Path) -> None:
    """Fault of other programs: a new window offers what another one is working on."""
    session = begin()
    edit_filters(session.workbench, 9)
    session.wait()
    assert len(journals(folder)) == 1
    assert claim_journals(folder) == []


def test_a_journal_is_offered_to_one_window_only_until_that_ends(begin: Callable[[], Session], folder: Path) -> None:
    first = begin()
    edit_filters(first.workbench, 9)
    first.crash()
    (file,) = claim_journals(folder)
    assert claim_journals(folder) == []
    file.release()
    (file,) = claim_journals(folder)
    file.release()


def test_each_of_several_crashed_windows_is_found_the_latest_first(begin: Callable[[], Session], folder: Path) -> None:
    sessions = [begin() for _ in range(3)]
    for number, session in enumerate(sessions):
        edit_filters(session.workbench, number + 20)
        session.crash()
    files = claim_journals(folder)
    filters = [file.read().history.current.project.network("naive").node("conv5x5").layer.filters for file in files]
    assert filters == [22, 21, 20]
    for file in files:
        file.release()


@pytest.mark.parametrize("ends", ["save", "another project", "undo", "quit"])
def test_nothing_is_left_of_a_history_that_is_saved_or_discarded(
    begin: Callable[[], Session], folder: Path, tmp_path: Path, ends: str
) -> None:
    session = begin()
    edit_filters(session.workbench, 9)
    session.wait()
    assert len(journals(folder)) == 1
    match ends:
        case "save":
            session.workbench.document.save(tmp_path / "p.toml")
        case "another project":
            session.workbench.show_project(replace(PROJECT, title="Another"))
        case "undo":
            session.workbench.document.undo_stack.undo()
            session.wait()
            assert len(journals(folder)) == 1  # for the step that can be redone
            session.workbench.document.undo_stack.clear()
            session.workbench.document.replace(session.workbench.document.history(Focus()).current)
        case "quit":
            session.quit()
    session.wait()
    assert list(folder.iterdir()) == []


def test_an_edit_right_after_another_project_is_opened_is_the_only_one_left(
    begin: Callable[[], Session], folder: Path
) -> None:
    session = begin()
    edit_filters(session.workbench, 9)
    session.wait()
    session.workbench.show_project(replace(PROJECT, title="Another"))
    edit_filters(session.workbench, 10)
    session.crash()
    (file,) = claim_journals(folder)
    assert [step.text for step in file.read().history.steps] == ["Set filters to 10"]
    file.release()


def large_history(steps: int) -> History:
    """The history of a project of 1,000 layers, of which each step edits one."""
    nodes = tuple(Node(f"conv{number}", Conv2d(filters=8, kernel=3)) for number in range(1000))
    versions = [Version(Project(NoiseInput((3, 32, 32)), (Design("large", Network(nodes)),)), Focus())]
    for number in range(steps):
        project = versions[-1].project
        network = project.network("large").with_layer(f"conv{number}", Conv2d(filters=number + 9, kernel=3))
        versions.append(Version(project.with_network("large", network), Focus("large", f"conv{number}")))
    return History(tuple(Step("Set filters", *pair) for pair in pairwise(versions)), steps, 0, versions[-1])


def test_an_edit_of_a_thousand_layers_after_200_steps_takes_little_time_and_space(folder: Path) -> None:
    file = JournalFile(folder)
    history = large_history(201)
    before = replace(history, steps=history.steps[:200], index=200, current=history.steps[-1].before)
    file.write(before)
    assert file.path is not None
    size = file.path.stat().st_size
    assert size < 2**20
    file.write(history)
    assert file.path.stat().st_size - size < 4000
    begun = time.perf_counter()
    assert file.read().history == history
    assert time.perf_counter() - begun < 3
    file.delete()


def test_the_window_waits_for_no_journal_of_many_steps(begin: Callable[[], Session]) -> None:
    session = begin()
    for filters in range(1, 1001):
        edit_filters(session.workbench, filters + 10)
    begun = time.perf_counter()
    session.workbench.document.history(session.workbench.state.focus)
    assert time.perf_counter() - begun < 0.02  # all that the window's thread does
    session.wait()


def test_a_growing_journal_is_written_anew_and_holds_the_same(
    begin: Callable[[], Session], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.workbench.journal_file._LEAST_LIMIT", 20_000)
    session = begin()
    file = JournalFile(folder)
    sizes = []
    for filters in range(1, 400):
        edit_filters(session.workbench, filters, "filters#0")
        history = session.workbench.document.history(session.workbench.state.focus)
        file.write(history)
        assert file.path is not None
        sizes.append(file.path.stat().st_size)
    assert max(sizes) < 21_000
    assert sizes != sorted(sizes)
    assert file.read().history == history
    file.delete()


def test_a_journal_that_is_cut_off_anywhere_holds_the_edits_before(begin: Callable[[], Session], folder: Path) -> None:
    session = begin()
    file = JournalFile(folder)
    ends, histories = [], []
    for filters in range(2, 12):
        edit_filters(session.workbench, filters)
        histories.append(session.workbench.document.history(session.workbench.state.focus))
        file.write(histories[-1])
        assert file.path is not None
        ends.append(file.path.stat().st_size)
    whole = file.path.read_bytes()
    cuts = random.Random(1)
    for cut in sorted(cuts.sample(range(ends[0], len(whole)), 60)):
        for tail in (b"", bytes(cuts.randrange(1, 60)), cuts.randbytes(20)):
            file.path.write_bytes(whole[:cut] + tail)
            last = sum(end <= cut for end in ends) - 1
            assert file.read().history == histories[last]
    file.delete()


def test_the_journal_goes_on_after_the_disk_was_full(
    begin: Callable[[], Session], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begin()
    edit_filters(session.workbench, 9)
    session.wait()
    write = os.write

    def write_half(descriptor: int, data: bytes) -> int:
        write(descriptor, bytes(data)[: len(data) // 2])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write_half)
        for filters in (10, 11):
            edit_filters(session.workbench, filters)
            session.wait()
    assert session.failures == ["[Errno 28] No space left on device"]
    edit_filters(session.workbench, 12)
    session.crash()
    (file,) = claim_journals(folder)
    assert [step.text for step in file.read().history.steps] == [f"Set filters to {n}" for n in (9, 10, 11, 12)]
    file.release()


def test_a_folder_that_cannot_be_written_is_reported_once_and_edits_go_on(
    begin: Callable[[], Session], folder: Path
) -> None:
    folder.write_text("a file where a folder should be")
    session = begin()
    for filters in (9, 10):
        edit_filters(session.workbench, filters)
        session.wait()
    assert len(session.failures) == 1
    assert session.workbench.document.undo_stack.count() == 2


@pytest.mark.parametrize(("content", "names"), [(b"", 1), (b"convolume journal 2\n", 0), (b"\0" * 99, 1)])
def test_only_a_journal_of_a_newer_program_is_left_to_that(folder: Path, content: bytes, names: int) -> None:
    folder.mkdir()
    (folder / "2026.journal").write_bytes(content)
    files = claim_journals(folder)
    assert len(files) == names
    for file in files:
        with pytest.raises(JournalFault):
            file.read()
        aside = file.set_aside()
        assert aside.read_bytes() == content
        assert [path.name for path in folder.iterdir()] == ["2026.journal.unreadable"]
    assert claim_journals(folder) == []


def test_a_lock_that_a_killed_window_left_alone_is_removed(folder: Path) -> None:
    folder.mkdir()
    (folder / "2026.lock").write_text("1-1-00000000")
    held = FileLock.take(folder / "2027.lock")
    assert held is not None
    assert claim_journals(folder) == []
    assert [path.name for path in folder.iterdir()] == ["2027.lock"]
    held.remove()


KILLED = """
import os, signal, sys
from pathlib import Path
from gui.workbench.journal_file import JournalFile
from gui.state.history import History, Step, Version
from gui.state.lesson_place import LessonPlace
from gui.state.view_state import Focus
from engine.project.file import load_project
version = Version(load_project(Path(sys.argv[2])).project, Focus())
JournalFile(Path(sys.argv[1])).write(History((Step("Edit", version, version),), 1, 0, version))
print("written", flush=True)
sys.stdin.read()
"""


def test_the_journal_of_another_process_is_offered_as_soon_as_that_is_killed(folder: Path) -> None:
    path = folder.parent / "p.toml"
    save_project(PROJECT, path)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder), str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    assert claim_journals(folder) == []
    process.kill()
    process.communicate()
    (file,) = claim_journals(folder)
    assert file.read().history.current.project == PROJECT
    file.release()


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of Windows are others")
def test_nobody_else_can_read_a_journal(begin: Callable[[], Session], folder: Path) -> None:
    session = begin()
    edit_filters(session.workbench, 9)
    session.wait()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert journals(folder)[0].stat().st_mode & 0o777 == 0o600
