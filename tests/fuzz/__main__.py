"""Runs the fuzzer for some minutes and prints its counts: `python -m tests.fuzz --minutes 10 --seed 1`."""

import argparse
import sys
from pathlib import Path
from time import time

from tests.fuzz.fuzzer import GOOD, counts_text, fuzz


def main() -> int:
    """Print every bad case and the counts; the exit status is 1 if there is a bad case."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, metavar="N")
    parser.add_argument("--cases", type=int, metavar="N", help="stop after so many cases")
    parser.add_argument("--seed", type=int, default=int(time()), metavar="S", help="left out: another one each time")
    parser.add_argument("--keep", type=Path, default=Path("out/fuzz"), metavar="DIR", help="where bad cases are kept")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    findings, bad = [], 0
    for finding in fuzz(options.seed, cases=options.cases, minutes=options.minutes, keep=options.keep):
        findings.append(finding)
        if finding.outcome not in GOOD:
            bad += 1
            place = options.keep / f"{options.seed}-{finding.number}"
            print(f"{finding.outcome}: {place}, {finding.seconds:.1f} s\n{finding.text}", flush=True)
    print(f"{len(findings):,} cases, seed {options.seed}, {bad} bad\n{counts_text(findings)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
