"""Whether a window can be shown is known before Qt starts; a message says what is missing."""

import socket
import sys

import pytest

from gui.command_line import display
from gui.command_line.display import missing_display


@pytest.fixture(autouse=True)
def linux_without_a_display(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def wayland_folder(tmp_path):
    """A folder with a socket that answers."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-0"))
        server.listen()
        yield tmp_path


def test_without_any_display_both_variables_are_named():
    assert missing_display() == "neither DISPLAY nor WAYLAND_DISPLAY is set"


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_always_have_a_display(platform, monkeypatch):
    monkeypatch.setattr(sys, "platform", platform)
    assert missing_display() == ""


def test_a_qt_platform_in_the_environment_is_trusted(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert missing_display() == ""


def test_a_wayland_socket_that_answers_is_a_display(wayland_folder, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(wayland_folder))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert missing_display() == ""
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setenv("WAYLAND_DISPLAY", str(wayland_folder / "wayland-0"))
    assert missing_display() == ""


@pytest.mark.parametrize("name", ["wayland-7", "x" * 300])
def test_a_wayland_socket_that_does_not_answer_is_reported(name, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", name)
    assert missing_display() == f"nothing answers at {name}"


@pytest.mark.parametrize(
    "name", [":4711", ":4711.0", "unix:4711", "nonsense", ":", ":x", ":²", "localhost:99999999", "[::1]:59000"]
)
def test_an_x11_display_that_does_not_answer_is_reported(name, monkeypatch):
    monkeypatch.setenv("DISPLAY", name)
    assert missing_display() == f"nothing answers at {name}"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_x11_display_of_another_machine_counts_if_its_port_answers(host, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(display, "_FIRST_PORT", server.getsockname()[1] - 3)
        monkeypatch.setenv("DISPLAY", f"{host}:3.0")
        assert missing_display() == ""


def test_x11_is_a_display_if_wayland_does_not_answer(wayland_folder, monkeypatch):
    monkeypatch.setenv("WAYLAND_DISPLAY", "gone")
    monkeypatch.setenv("DISPLAY", ":3")
    monkeypatch.setattr(display, "_x11_listens", lambda name: name == ":3")
    assert missing_display() == ""
