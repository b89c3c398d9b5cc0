"""A save that fails anywhere loses neither the file nor the edits, and what a file has besides its content stays."""

import errno
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace
from pytestqt.qtbot import QtBot

from engine.files import unfinished
from engine.files.atomic_write import write_atomically
from engine.project.file import load_project, save_project
from engine.text.problems import ProjectError
from gui.workbench.workbench import Workbench
from tests.gui.conftest import PROJECT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="names, owners and permissions as on Unix")

ROOT = Path(__file__).resolve().parents[2]
CALLS = {
    *("open", "close", "read", "write", "fsync", "ftruncate", "lseek", "fstat", "stat", "lstat", "readlink"),
    *("replace", "rename", "chmod", "chown", "unlink", "access"),
    *("listxattr", "getxattr", "setxattr", "removexattr"),
}


@contextmanager
def failing_call(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let one call of the system fail: that of this number. Yields the names of all calls so far."""
    calls: list[str] = []

    def wrap(name: str, call: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*arguments: object, **options: object) -> object:
            calls.append(name)
            if len(calls) != number + 1:
                return call(*arguments, **options)
            if name == "access":
                return False
            if name == "close":  # the descriptor is gone all the same
                call(*arguments, **options)
            raise OSError(5, "Input/output error")

        return wrapped

    with monkeypatch.context() as patch:
        for name in CALLS:
            if hasattr(os, name):
                patch.setattr(os, name, wrap(name, getattr(os, name)))
        yield calls


def old_file(folder: Path, names: int) -> Path:
    folder.mkdir()
    path = folder / "p.toml"
    save_project(PROJECT, path)
    path.chmod(0o640)
    for number in range(1, names):
        os.link(path, folder / f"other{number}.toml")
    return path


@pytest.mark.parametrize("names", [1, 2], ids=["one name", "two names"])
def test_whatever_call_fails_file_and_edits_are_whole_and_the_next_save_succeeds(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, names: int
) -> None:
    new = replace(PROJECT, title="New", seed=7)
    failed: list[str] = []
    for number in count():
        path = old_file(tmp_path / str(number), names)
        workbench = Workbench(PROJECT)
        workbench.open(path)
        workbench.edit("Edit", new)
        with failing_call(number, monkeypatch) as calls:
            try:
                workbench.document.save(path)
                is_saved = True
            except ProjectError:
                is_saved = False
        is_over = len(calls) <= number
        name = "" if is_over else calls[number]
        failed.append(name)
        assert load_project(path).project in ((new,) if is_saved else (PROJECT, new)), name
        assert workbench.document.clean == is_saved, name
        assert workbench.document.project == new
        others = [other for other in os.listdir(path.parent) if not other.startswith(("p.toml", "other"))]
        assert others == [] or name == "unlink"
        workbench.document.save(path)
        assert workbench.document.clean
        assert load_project(path).project == new
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        workbench.close()
        if is_over:
            break
    assert {"open", "write", "fsync", "close", "fstat", "replace"} <= set(failed)
    assert len(failed) > 15


def test_a_disk_that_is_full_in_the_middle_of_a_file_with_two_names_keeps_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = old_file(tmp_path / "folder", names=2)
    before, write = path.read_bytes(), os.write
    own = os.stat(path).st_ino

    def write_half(descriptor: int, data: memoryview) -> int:
        if os.fstat(descriptor).st_ino == own and bytes(data).startswith(b"new"):
            write(descriptor, data[: len(data) // 2])
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", write_half)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new" * 5000)
    assert path.read_bytes() == before
    assert sorted(os.listdir(path.parent)) == ["other1.toml", "p.toml"]


def test_all_names_of_a_file_have_the_new_content(tmp_path: Path) -> None:
    path = old_file(tmp_path / "folder", names=3)
    write_atomically(path, b"short")
    assert {other.read_bytes() for other in path.parent.iterdir()} == {b"short"}
    assert path.stat().st_nlink == 3


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="extended attributes as on Linux")
def test_extended_attributes_stay(tmp_path: Path) -> None:
    path = old_file(tmp_path / "folder", names=1)
    try:
        os.setxattr(path, "user.origin", b"a lesson")
    except OSError:
        pytest.skip("this file system has none")
    write_atomically(path, b"new")
    assert os.getxattr(path, "user.origin") == b"a lesson"


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root may give files away")
def test_owner_and_group_stay(tmp_path: Path) -> None:
    path = old_file(tmp_path / "folder", names=1)
    os.chown(path, 1234, 2345)
    inode = path.stat().st_ino
    write_atomically(path, b"new")
    status = path.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 2345, 0o640)
    assert status.st_ino != inode


# All is imported before: nobody else may read an environment in root's folder.
AS_NOBODY = """
import os, platform, psutil, sys
from pathlib import Path
from engine.files.atomic_write import write_atomically
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    write_atomically(Path(sys.argv[1]), b"new")
except OSError as error:
    print(type(error).__name__)
"""


def save_as_nobody(path: Path) -> str:
    words = [sys.executable, "-c", AS_NOBODY, str(path)]
    process = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert process.stderr == ""
    return process.stdout


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everyone can reach, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def test_a_file_in_a_folder_that_may_not_be_written_is_saved_in_its_place(open_folder: Path) -> None:
    path = open_folder / "p.toml"
    path.write_text("old")
    path.chmod(0o666)
    open_folder.chmod(0o555)
    assert save_as_nobody(path) == ""
    assert path.read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root may give files away")
def test_a_file_of_somebody_else_stays_theirs(open_folder: Path) -> None:
    path = open_folder / "p.toml"
    path.write_text("old")
    os.chown(path, 1234, 2345)
    path.chmod(0o666)
    open_folder.chmod(0o777)
    assert save_as_nobody(path) == ""
    status = path.stat()
    assert (path.read_text(), status.st_uid, status.st_gid) == ("new", 1234, 2345)
    assert os.listdir(open_folder) == ["p.toml"]


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root may give files away")
@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOTSUP, errno.ENOSYS], ids=errno.errorcode.get)
def test_a_file_stays_theirs_where_no_file_can_be_given_away(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = old_file(tmp_path / "folder", names=1)
    os.chown(path, 1234, 2345)

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "chown", refuse)
    write_atomically(path, b"new")
    status = path.stat()
    assert (path.read_bytes(), status.st_uid, status.st_gid) == (b"new", 1234, 2345)


def test_a_write_protected_file_is_refused(open_folder: Path) -> None:
    path = open_folder / "p.toml"
    path.write_text("old")
    path.chmod(0o444)
    open_folder.chmod(0o777)
    assert save_as_nobody(path) == "PermissionError\n"
    assert path.read_text() == "old"


def test_a_chain_of_links_stays(tmp_path: Path) -> None:
    path = old_file(tmp_path / "folder", names=1)
    (tmp_path / "first.toml").symlink_to("folder/p.toml")
    (tmp_path / "second.toml").symlink_to("first.toml")
    write_atomically(tmp_path / "second.toml", b"new")
    assert path.read_bytes() == b"new"
    assert os.readlink(tmp_path / "second.toml") == "first.toml"
    assert os.readlink(tmp_path / "first.toml") == "folder/p.toml"


def test_the_folder_is_on_the_disk_before_a_save_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def recording_fsync(descriptor: int) -> None:
        synced.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", recording_fsync)
    write_atomically(tmp_path / "p.toml", b"new")
    assert synced == ["file", "folder"]
    assert unfinished._registered == {}
