"""Which program this is: for the About dialog, reports of faults, and pages that it writes. No Qt here."""

from importlib.metadata import PackageNotFoundError, version


def program_version() -> str:
    try:
        return version("convolume")
    except PackageNotFoundError:
        return "run from its folder"
