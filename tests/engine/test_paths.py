"""Files as projects name them: each state has its stamp, and a file that cannot be opened is reported with why."""

import pytest

from engine.files import paths
from engine.files.paths import FileFault


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return str(path)

    return write


def test_within_stat_once_a_file_keeps_its_first_stamp(write):
    path = write("a.npy", b"one")
    with paths.stat_once() as stats:
        before = paths.stamp_of(path)
        write("a.npy", b"three")
        assert paths.stamp_of(path) == before
        for _ in range(2):
            with pytest.raises(FileFault, match="does not exist"):
                paths.stamp_of("/nowhere")
    assert list(stats) == [path, "/nowhere"]
    assert paths.stamp_of(path) != before


REASONS = {
    "absent.npy": "does not exist",
    "folder.npy": "is not a file",
    "a.npy/b.npy": "cannot be read: Not a directory",
    "a\0b.npy": "rename the file",
    "a\udce9.npy": "rename the file",
    f"{'x' * 300}.npy": "cannot be read: File name too long",
}


@pytest.mark.parametrize("name", REASONS)
def test_a_file_that_cannot_be_opened_is_reported_with_the_reason(name, tmp_path):
    (tmp_path / "folder.npy").mkdir()
    (tmp_path / "a.npy").write_bytes(b"")
    with pytest.raises(FileFault) as error:
        paths.stamp_of(f"{tmp_path}/{name}")
    assert REASONS[name] in str(error.value)
    str(error.value).encode()


def test_a_changed_file_has_another_stamp(write):
    path = write("a.npy", b"one")
    before = paths.stamp_of(path)
    assert paths.stamp_of(path) == before
    assert paths.stamp_of(write("a.npy", b"three")) != before


def test_bundled_files_are_listed_by_the_names_that_projects_use():
    names = paths.bundled_files("photos", ".png")
    assert "resources:photos/chelsea.png" in names
    assert all(paths.resolve_path(name).is_file() for name in names)
