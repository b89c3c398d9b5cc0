"""Which program this is: for the About dialog, reports of faults, and pages that it writes. No Qt here."""


def program_version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # much of the standard library, at no start

    try:
        return version("convolume")
    except PackageNotFoundError:
        return "run from its folder"
