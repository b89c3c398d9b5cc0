"""The fuzzer: a short run finds nothing, its cases follow from the seed, and it notices every kind of fault."""

import os
import sys
import time
from pathlib import Path

import pytest

from tests.fuzz.fuzzer import GOOD, MAKERS, Child, counts_text, fuzz, judge, make_case

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of memory as on Linux")
CASES = 150


def planted(project: Path) -> str:
    """A target with the fault that the name of the file asks for."""
    match project.stem:
        case "fault":
            raise ZeroDivisionError
        case "exit":
            raise SystemExit(3)
        case "slow":
            time.sleep(60)
        case "busy":
            end = time.process_time() + 2.2
            while time.process_time() < end:
                pass
        case "large":
            return "answered" if bytearray(2**30 + 2**28) else ""
        case "exhausted":
            bytearray(2**40)
        case "died":
            os.abort()
    return "answered"


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("fine", "answered"),
        ("fault", "fault"),
        ("exit", "fault"),
        ("slow", "slow"),
        ("busy", "slow"),
        ("large", "large"),
        ("exhausted", "fault"),
        ("died", "died"),
    ],
)
def test_every_kind_of_fault_is_noticed_and_the_next_case_goes_on(name, outcome, tmp_path):
    child = Child("tests.test_fuzz:planted")
    try:
        patience = 4.0 if name == "slow" else 30.0
        assert judge(0, "array", child.ask(tmp_path / f"{name}.toml", patience)).outcome == outcome
        assert judge(1, "array", child.ask(tmp_path / "fine.toml")).outcome == "answered"
    finally:
        child.close()


def test_a_case_follows_from_seed_and_number_alone():
    assert [make_case(3, number) for number in range(40)] == [make_case(3, number) for number in range(40)]
    assert make_case(3, 0) != make_case(4, 0)
    assert {make_case(3, number).kind for number in range(40)} == set(MAKERS)


def test_no_case_of_a_short_run_is_a_fault_slow_or_large(tmp_path):
    findings = list(fuzz(11, cases=CASES, keep=tmp_path))
    assert len(findings) == CASES
    assert [finding for finding in findings if finding.outcome not in GOOD] == []
    assert {finding.outcome for finding in findings} == set(GOOD)
    assert sum(int(word) for line in counts_text(findings).splitlines()[1:] for word in line[16:76].split()) == CASES
