"""Options that several commands share, and parsers of their values; argparse shows the errors."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.shapes import Pair
from engine.text.messages import suggestion


def add_project_option(command: ArgumentParser) -> None:
    command.add_argument(
        "project", type=Path, metavar="PROJECT", help="a project file, TOML or JSON, a report, or an ONNX model"
    )


def add_input_size_option(command: ArgumentParser) -> None:
    """The size of the input, for models that leave it open."""
    text = "height and width of the input of an ONNX model that leaves them open"
    command.add_argument("--size", type=parse_input_size, metavar="HxW", help=text)


def add_theme_option(command: ArgumentParser) -> None:
    command.add_argument("--theme", choices=("light", "dark"), default="light")


def add_no_run_option(command: ArgumentParser) -> None:
    command.add_argument("--no-run", action="store_true", help="draw the state before a run: boxes with plain faces")


def parse_choices(allowed: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """A parser of some of these words, separated by commas."""

    def parse(text: str) -> tuple[str, ...]:
        values = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
        for part in values:
            if part not in allowed:
                raise ArgumentTypeError(f"{part!r} is unknown; {suggestion(part, allowed)}")
        return values

    return parse


def parse_input_size(text: str) -> Pair:
    height, _, width = text.lower().replace("×", "x").partition("x")
    if not all(part.isascii() and part.isdigit() and 1 <= int(part) <= 100_000 for part in (height, width)):
        raise ArgumentTypeError(f"{text!r} is no size; HxW is expected, each from 1 to 100000: 224x224")
    return int(height), int(width)


def parse_size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().replace("×", "x").partition("x")
    if not (width.isdigit() and height.isdigit() and 200 <= int(width) <= 8000 and 200 <= int(height) <= 8000):
        raise ArgumentTypeError(f"{text!r} is no size; WxH is expected, each from 200 to 8000: 1600x1000")
    return int(width), int(height)


def parse_map(text: str) -> tuple[str, int]:
    """``conv1:12``: a layer and one of its maps, from 0; for argparse."""
    layer, _, number = text.rpartition(":")
    if not layer or not (number.isascii() and number.isdigit()):
        raise ArgumentTypeError(f"{text!r} is no map; LAYER:MAP is expected, the map counted from 0: conv1:12")
    return layer, int(number)
