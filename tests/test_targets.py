"""Where files may be written: refused before anything is computed, and never over what is read."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.files.atomic_write import write_atomically
from engine.files.paths import RESOURCES
from engine.network.graph import Network
from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput
from engine.project.file import load_project, save_project
from engine.project.project import Design, Project
from engine.run import execute
from engine.text.problems import ProjectError
from gui.command_line.main import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes, links and bytes as on Unix")

LONG = "x" * 300


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A project with an array as its input."""
    np.save(tmp_path / "bars.npy", np.ones((2, 6, 6), np.float32))
    node = {"name": "c", "kind": "conv2d", "filters": 2, "kernel": 3}
    data = {
        "format": 1,
        "input": {"kind": "array", "path": "bars.npy"},
        "designs": [{"name": "a", "nodes": [node]}],
    }
    path = tmp_path / "p.json"
    path.write_text(json.dumps(data))
    return path


@pytest.fixture
def no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be computed."""
    monkeypatch.setattr(execute, "_compute", None)


def commands(file: Path, out: Path) -> dict[str, list[str]]:
    return {
        "run": ["run", str(file), "--out", str(out)],
        "export": ["export", str(file), "--out", str(out), "--views", "volumes"],
        "screenshot": ["screenshot", str(file), "--out", str(out)],
        "bottleneck": ["bottleneck", str(file), "--apply", str(out)],
    }


COMMANDS = pytest.mark.parametrize("command", ["run", "export", "screenshot", "bottleneck"])


@COMMANDS
@pytest.mark.parametrize("target", ["long", "fifo", "socket", "device", "bytes"])
def test_a_target_that_cannot_be_written_is_refused_before_anything_is_computed(
    command, target, file, no_run, tmp_path, capsys
):
    paths = {"long": tmp_path / LONG, "device": Path(os.devnull), "bytes": tmp_path / os.fsdecode(b"a\xff.toml")}
    path = paths.get(target, tmp_path / "target")
    if target == "fifo":
        os.mkfifo(path)
    elif target == "socket":
        os.mknod(path, 0o140600)
    before = set(os.listdir(tmp_path))
    assert main(commands(file, path)[command]) == 2
    reason = {
        "long": "its name has 300 bytes; at most 255 are possible",
        "fifo": "it is a named pipe, not a f",
        "socket": "it is a socket, not a f",
        "device": "it is a device, not a f",
        "bytes": "its name is not valid UTF-8",
    }[target]
    assert reason in capsys.readouterr().err
    assert set(os.listdir(tmp_path)) == before


@pytest.mark.parametrize("command", ["run", "export"])
def test_a_design_whose_name_is_too_long_for_a_file_is_refused_before_the_run(command, file, no_run, tmp_path, capsys):
    data = json.loads(file.read_text())
    data["designs"][0]["name"] = "卷" * 100
    file.write_text(json.dumps(data))
    words = commands(file, tmp_path / "out")[command]
    assert main([*words[:-1], "table"] if command == "export" else words) == 2
    assert "at most 255 are possible, shorten it" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("spelling", ["same", "dots", "link", "hard link", "linked folder"])
@pytest.mark.parametrize("command", ["screenshot", "bottleneck"])
@pytest.mark.parametrize("name", ["p.json", "bars.npy"])
def test_what_is_read_is_not_overwritten_however_it_is_spelled(command, name, spelling, file, no_run, tmp_path, capsys):
    source = tmp_path / name
    path = {
        "same": source,
        "dots": tmp_path / "no" / ".." / name,
        "link": tmp_path / "link",
        "hard link": tmp_path / "hard",
        "linked folder": tmp_path / "folder" / name,
    }[spelling]
    (tmp_path / "no").mkdir()
    (tmp_path / "link").symlink_to(source)
    (tmp_path / "hard").hardlink_to(source)
    (tmp_path / "folder").symlink_to(tmp_path)
    content = source.read_bytes()
    assert main(commands(file, path)[command]) == 2
    assert "which is read; choose another place" in capsys.readouterr().err
    assert source.read_bytes() == content


def test_a_picture_does_not_replace_the_photo_that_is_read(no_run, tmp_path, capsys):
    photo = tmp_path / "bars.png"
    photo.write_bytes((RESOURCES / "photos" / "chelsea.png").read_bytes())
    save_project(Project(ImageInput(str(photo), (8, 8)), (Design("a", Network()),)), tmp_path / "p.toml")
    assert main(["export", str(tmp_path / "p.toml"), "--out", str(tmp_path), "--views", "bars"]) == 2
    assert "bars.png: cannot be written: it is" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["analyze", "run", "export"])
def test_a_project_whose_path_is_not_utf8_is_refused_by_name(command, file, tmp_path, capsys):
    path = tmp_path / os.fsdecode(b"b\xff.json")
    path.write_bytes(file.read_bytes())
    words = ["analyze", str(path)] if command == "analyze" else commands(path, tmp_path / "out")[command]
    assert main(words) == 2
    message = capsys.readouterr().err
    assert "b\\udcff.json" in message
    assert "bytes that are not UTF-8 in its name; rename the file or its folder" in message
    assert not (tmp_path / "out").exists()


def test_a_pipe_as_a_project_or_as_its_input_is_refused_at_once(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe.npy")
    assert main(["analyze", str(tmp_path / "pipe.npy")]) == 2
    save_project(Project(ArrayInput(str(tmp_path / "pipe.npy"))), tmp_path / "p.toml")
    assert main(["analyze", str(tmp_path / "p.toml")]) == 2
    assert capsys.readouterr().err.count("pipe.npy is not a file") == 2


def test_a_pipe_or_a_device_is_never_replaced_by_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    for path in (tmp_path / "pipe.toml", Path(os.devnull)):
        with pytest.raises(OSError, match="not a file"):
            write_atomically(path, b"x")
        with pytest.raises(ProjectError, match="cannot be saved: it is a"):
            save_project(Project(NoiseInput((1, 1, 1))), path)
    assert os.listdir(tmp_path) == ["pipe.toml"]


def test_relative_paths_mean_the_same_through_every_spelling_of_the_project(tmp_path):
    real, photos = tmp_path / "a" / "b", tmp_path / "a" / "photos"
    for folder in (real, photos, tmp_path / "c"):
        folder.mkdir(parents=True)
    (tmp_path / "linked").symlink_to(real)
    (tmp_path / "c" / "link.toml").symlink_to(real / "p.toml")
    project = Project(ArrayInput(str(photos / "x.npy")))
    spellings = (real / "p.toml", tmp_path / "linked" / "p.toml", tmp_path / "c" / "link.toml")
    for written in spellings:
        save_project(project, written)
        assert 'path = "../photos/x.npy"' in (real / "p.toml").read_text()
        for read in spellings:
            assert load_project(read).project == project
    inside = Project(ArrayInput(str(tmp_path / "linked" / "x.npy")))
    save_project(inside, spellings[1])
    assert 'path = "x.npy"' in (real / "p.toml").read_text(), "a path through the same link stays relative"
    assert load_project(spellings[0]).project == Project(ArrayInput(str(real / "x.npy")))


def test_a_folder_of_photos_whose_name_is_too_long_is_refused(tmp_path, capsys):
    project = Project(ImageInput("resources:photos/chelsea.png", (8, 8)), (Design("a", Network()),))
    save_project(project, tmp_path / "p.toml")
    assert main(["bottleneck", str(tmp_path / "p.toml"), "--photos", str(tmp_path / LONG)]) == 2
    assert "is no folder; name one that holds photos" in capsys.readouterr().err
