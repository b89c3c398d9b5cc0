"""Which tests are slow, and the profiles of Hypothesis, none of them with deadlines.

Examples are random at a desk ("default"), always the same on the build server ("ci"), and few for `make test-fast`
("fast"). `pytest --hypothesis-profile=hunt` draws very many. So only whoever looks for faults finds them by chance;
somebody else's change never fails by chance.
"""

import gc
import os
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), max_examples=100, derandomize=True)
settings.register_profile("fast", settings.get_profile("ci"), max_examples=3)
settings.register_profile("hunt", settings.get_profile("default"), max_examples=2000)
settings.load_profile("ci" if os.environ.get("CI") else "default")

collect_ignore = [] if find_spec("thop") else ["models"]
"""Without PyTorch and the counting tools, pytest leaves out what `make test-models` runs."""

SLOW = """
    actions automatic_run bars_view block_mistakes bottleneck_chart bottleneck_command bottleneck_view
    bundled_lessons changed_file clipboard command_line contributing copies_of_designs counting_view crop
    differences_view dropped_files explain export export_all extreme_values fault_report figures file_commands
    filters filters_details filters_mouse find fuzz googlenet_table googlenet_table_view history hostile_files
    inspector inspector_view inspector_window journal kernels keyboard keyboard_session kills layer_form
    layout_sizes lesson_export lesson_window lessons_in_window main_window manual manual_reader models_in_window names
    names_of_designs next_project number_format panel_blocks photos plain_texts rank_search readme
    receptive_fields recovery
    repaints report run save settings several_designs signals soak start_page summary sweep_command
    sweep_workers trunk volumes_blocks volumes_layout volumes_painting volumes_view window_files window_keys workspaces
"""
"""Subjects of test files that take more than a few seconds: `make test-fast` leaves them out."""


_TESTS = count(1)
_ALL_GARBAGE = 40
"""Tests after which all garbage is collected, not only what is young."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import the slow files for ``-m "not slow"``: making their parameters takes seconds."""
    return True if config.option.markexpr == "not slow" and _is_slow(collection_path) else None


def pytest_collection_finish() -> None:
    """Leave out of every later collection what lives to the end: thousands of tests, their parameters, all modules."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Collect garbage in this thread, as the window does, once there may be widgets."""
    if gc.isenabled():
        return
    _delete_closed_windows()
    if next(_TESTS) % _ALL_GARBAGE:
        gc.collect(1)
    else:
        gc.collect()
        gc.freeze()  # what is left now stays; a test of the whole program has thawed all that was collected before


def _delete_closed_windows() -> None:
    """Each that a test of the whole program leaves would follow theme and font, and make the next ones slower."""
    from PySide6.QtCore import QEvent
    from PySide6.QtWidgets import QApplication, QMainWindow

    closed = [each for each in QApplication.topLevelWidgets() if isinstance(each, QMainWindow) and not each.isVisible()]
    for window in closed:
        window.deleteLater()
    if closed:
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _is_slow(item.path):
            item.add_marker(pytest.mark.slow)


def _is_slow(path: Path) -> bool:
    return path.stem.removeprefix("test_") in SLOW.split()


@pytest.fixture(autouse=True, scope="session")
def heeded_signals() -> None:
    """Heed signals that `nohup make test &` lets us ignore: the programs that tests start would ignore them as well."""
    for number in {signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


@pytest.fixture(autouse=True, scope="session")
def no_waiting_for_the_disk() -> Iterator[None]:
    """Leave out what only a loss of power can show: thousands of files are saved, and each waits for the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)  # it fails for the same descriptors
        yield
