"""The command `lesson`: checks a lesson, and writes it as a web page and as pictures, without a display."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from engine.files.atomic_write import write_folder_atomically
from engine.files.targets import require_folder
from engine.text.problems import ProjectError
from gui.command_line.options import add_theme_option, parse_choices, parse_size
from gui.command_line.output import print_message, print_result
from gui.command_line.qt_import import import_qt
from gui.lessons.lesson import Lesson
from gui.lessons.reader import load_lesson

_FORMATS = ("html", "png")


def add_lesson_options(command: ArgumentParser) -> None:
    command.add_argument("lesson", type=Path, metavar="LESSON", help="a lesson file, TOML")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="where <lesson>.html goes")
    command.add_argument(
        "--format",
        type=parse_choices(_FORMATS),
        default=("html",),
        metavar=",".join(_FORMATS),
        help="html: one page; png: the window at each step, <lesson>-<number>-<step>.png",
    )
    command.add_argument("--language", default="en", metavar="CODE", help="language of the texts, such as de")
    command.add_argument("--size", type=parse_size, default=(1600, 1000), metavar="WxH", help="of the window, for png")
    add_theme_option(command)


def write_lesson(options: Namespace) -> int:
    import_qt()
    from gui.command_line import offscreen
    from gui.export.lesson import missing_language
    from gui.lessons.validation import typed_figures

    lesson = load_lesson(options.lesson, options.language)
    problems = missing_language(lesson, options.language)
    if problems:
        raise ProjectError(problems, options.lesson)
    require_folder(options.out, _file_names(lesson, options.format), (options.lesson,))
    for problem in typed_figures(lesson):
        print_message(f"notice: {options.lesson}: {problem}")
    with offscreen.offscreen_application(options.theme):
        names = _write(lesson, options)
    print_result("".join(f"{options.out / name}\n" for name in names))
    return 0


def _write(lesson: Lesson, options: Namespace) -> list[str]:
    """Write all files or none; returns their names."""
    from gui.command_line.lesson_pictures import step_pictures
    from gui.export.lesson import LessonExport

    export = LessonExport(lesson)
    print_message("check the lesson")
    export.require_valid()
    with write_folder_atomically(options.out) as unfinished:
        if "html" in options.format:
            sections = []
            for shown in export.steps():
                _print_step(lesson, shown.index, "page")
                sections.append(export.section(shown))
            (unfinished / _page_name(lesson)).write_bytes(export.page(sections))
        if "png" in options.format:
            pictures = step_pictures(lesson, options.size, options.theme)
            for index, name in enumerate(_picture_names(lesson)):
                _print_step(lesson, index, "picture")
                (unfinished / name).write_bytes(next(pictures))
            pictures.close()
        return sorted(file.name for file in unfinished.iterdir())


def _print_step(lesson: Lesson, index: int, part: str) -> None:
    print_message(f"{part} {index + 1}/{len(lesson.steps)} {lesson.steps[index].id}")


def _file_names(lesson: Lesson, formats: tuple[str, ...]) -> Iterator[str]:
    if "html" in formats:
        yield _page_name(lesson)
    if "png" in formats:
        yield from _picture_names(lesson)


def _page_name(lesson: Lesson) -> str:
    return f"{lesson.path.stem}.html"


def _picture_names(lesson: Lesson) -> list[str]:
    return [f"{lesson.path.stem}-{number:02}-{step.id}.png" for number, step in enumerate(lesson.steps, 1)]
