"""Leftovers of killed programs: which are removed, and which nobody else's file is mistaken for."""

import os
import time

import pytest

from engine.files import unfinished
from engine.files.atomic_write import write_atomically, write_folder_atomically
from engine.text.problems import ProjectError

DAY = 24 * 3600
NOBODY = 2**22 + 1
"""A number that no process has."""


def make(folder, name, days, content=()):
    """A file, or for a tuple of names a folder with these files, that was changed some days ago."""
    path = folder / name
    if name.startswith(".unfinished") or content:
        path.mkdir()
        for inside in content:
            (path / inside).write_text("half")
    else:
        path.write_text("half")
    then = time.time() - days * DAY
    os.utime(path, (then, then))
    return path


def owned(prefix, process_id, host=None, started=0):
    start = unfinished._start_of(process_id) or 0
    return f"{prefix}{process_id}-{start + started}-{host or unfinished._host()}-{'0' * 16}"


REMOVED = {
    "file of an ended process": (owned(".convolume-", NOBODY), 0.1, ()),
    "folder of an ended process": (owned(".unfinished-", NOBODY), 0.1, ("a.npz", "table.md")),
    "file of a process whose number another one has": (owned(".convolume-", os.getppid(), started=-9), 1, ()),
    "file of an earlier version": (".convolume-0123456789abcdef", 2, ()),
    "folder of an earlier version": (".unfinished-ab_cd012", 2, ("run.json", "a.npz")),
    "empty folder": (".unfinished-old", 2, ()),
    "folder with pictures only": (".unfinished-pictures-of-mine", 2, ("bars.png", "bars.svg")),
    "file of another computer": (owned(".convolume-", 1, "00000000"), 8, ()),
}
LEFT = {
    "young file": (owned(".convolume-", NOBODY), 0.01, ()),
    "young file of an earlier version": (".convolume-0123456789abcdef", 0.5, ()),
    "file of this process": (owned(".convolume-", os.getpid()), 30, ()),
    "file of another running process": (owned(".convolume-", os.getppid()), 30, ()),
    "file of another computer that may still run": (owned(".convolume-", 1, "00000000"), 2, ()),
    "somebody's folder": (".unfinished-novel", 900, ("chapter.md",)),
    "somebody's folder with pictures and a text": (".unfinished-album", 900, ("cover.png", "letter.txt")),
    "folder with the prefix of files": (".convolume-notes", 900, ("mine.txt",)),
    "other file": (".convolume", 900, ()),
}


@pytest.mark.parametrize("case", REMOVED)
def test_an_old_leftover_without_an_owner_is_removed(case, tmp_path):
    path = make(tmp_path, *REMOVED[case])
    unfinished.remove_leftovers(str(tmp_path))
    assert not path.exists()


@pytest.mark.parametrize("case", LEFT)
def test_everything_else_stays(case, tmp_path):
    path = make(tmp_path, *LEFT[case])
    unfinished.remove_leftovers(str(tmp_path))
    assert path.exists()


def test_a_link_is_not_followed(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "a.png").write_text("mine")
    link = tmp_path / ".unfinished-ab_cd012"
    link.symlink_to(mine)
    os.utime(link, (0, 0), follow_symlinks=False)
    unfinished.remove_leftovers(str(tmp_path))
    assert (link / "a.png").read_text() == "mine"


def test_a_folder_that_cannot_be_read_is_no_error(tmp_path):
    unfinished.remove_leftovers(str(tmp_path / "missing"))
    (tmp_path / "file").write_text("")
    unfinished.remove_leftovers(str(tmp_path / "file"))


def test_writing_to_a_folder_removes_leftovers_there(tmp_path):
    old = [make(tmp_path, owned(prefix, NOBODY), 1) for prefix in (".convolume-", ".unfinished-")]
    write_atomically(tmp_path / "a.txt", b"new")
    assert [path.exists() for path in old] == [False, False]
    make(tmp_path, owned(".unfinished-", NOBODY), 1)
    with write_folder_atomically(tmp_path) as folder:
        (folder / "b.txt").write_text("new")
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "b.txt"]


def test_a_folder_in_the_way_of_a_file_is_noticed_before_any_file_is_moved(tmp_path):
    (tmp_path / "b").mkdir()
    with (  # noqa: PT012
        pytest.raises(ProjectError, match="b is a folder there"),
        write_folder_atomically(tmp_path) as folder,
    ):
        for name in "abc":
            (folder / name).write_text(name)
    assert os.listdir(tmp_path) == ["b"]


def test_a_failed_write_removes_the_folders_that_it_created(tmp_path):
    folders = unfinished.missing_folders(str(tmp_path / "a" / "b"))
    with pytest.raises(RuntimeError), unfinished.removed_on_failure(*folders):  # noqa: PT012
        (tmp_path / "a" / "b").mkdir(parents=True)
        raise RuntimeError
    assert os.listdir(tmp_path) == []
