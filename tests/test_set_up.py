"""The lock files follow pyproject.toml and name no machine; every target of the Makefile has its line of help."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import SLOW

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
DEPENDENCIES = SETTINGS["project"]["dependencies"]
LOCKS = {
    ".ci/run.lock": DEPENDENCIES,
    ".ci/test.lock": DEPENDENCIES + SETTINGS["dependency-groups"]["dev"],
}
PYTHONS = ("3.11", "3.12", "3.13")


def _pins(lock: str) -> list[Requirement]:
    text = (ROOT / lock).read_text()
    return [Requirement(line.removesuffix("\\")) for line in text.splitlines() if re.match(r"\w", line)]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", LOCKS)
def test_each_lock_file_names_one_version_of_each_dependency_that_pyproject_allows(lock: str, python: str):
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    pins: dict[str, str] = {}
    for pin in _pins(lock):
        if pin.marker is None or pin.marker.evaluate(environment):
            assert canonicalize_name(pin.name) not in pins, f"two versions of {pin.name}"
            pins[canonicalize_name(pin.name)] = str(pin.specifier).removeprefix("==")
    for text in LOCKS[lock]:
        dependency = Requirement(text)
        version = pins.get(canonicalize_name(dependency.name))
        assert version, f"{dependency.name} is missing from {lock}: make lock"
        assert dependency.specifier.contains(version), f"{lock} has {version}, pyproject.toml {text}: make lock"


def test_the_tests_run_with_the_versions_that_the_program_runs_with():
    run, test = (set(map(str, _pins(lock))) for lock in LOCKS)
    assert run < test


@pytest.mark.parametrize("lock", LOCKS)
def test_each_package_in_a_lock_file_has_hashes_and_no_address(lock: str):
    text = (ROOT / lock).read_text()
    packages = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
    assert len(packages) == len(_pins(lock))
    assert all("--hash=sha256:" in package for package in packages)
    assert not re.search(r"://|--index|--find|--extra|file:", text)


def test_make_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    targets = set(phony.split())
    assert targets == set(re.findall(r"^([a-z-]+):(?! [A-Z]+ :=)", makefile, re.MULTILINE))
    assert targets - {"help"} <= set(re.findall(r"make ([a-z-]+)", makefile.partition("\nrun:")[0]))


def test_each_slow_subject_is_a_test_file():
    names = {path.stem.removeprefix("test_") for path in (ROOT / "tests").rglob("test_*.py")}
    assert set(SLOW.split()) <= names
