"""A small lesson for tests of the window, as a file: a text, a task, a number, choices, and another project."""

from pathlib import Path

from engine.project.file import save_project
from gui.lessons.lesson import Lesson
from gui.lessons.reader import load_lesson
from tests.gui.conftest import PROJECT

TEXT = """
format = 1
title = "Small"
summary = "A lesson for tests."
minutes = 2

[projects]
two = "two.toml"

[[steps]]
id = "look"
title = "Two designs"
text = "The naive one has {{ macs('naive') | exact }} MACs; its first value is {{ value('naive', 0, 0, 0) }}."
[steps.show]
views = ["volumes", "bars"]
camera = "Top"
select = "naive/conv5x5"
metric = "params"
highlight = ["box:naive/conv5x5", "bar:bottleneck/reduce", "bar:naive"]

[[steps]]
id = "narrow"
title = "Narrower"
text = "It has {{ setting('bottleneck/reduce', 'filters') }} filters."
[steps.show]
views = ["volumes", "designs", "layer"]
select = "naive/conv5x5"
highlight = ["row:bottleneck/reduce", "field:filters", "command:run", "panel:designs", "command:camera_top"]
[steps.task]
text = "Set the filters of **reduce** to 1."
done = "setting('bottleneck/reduce', 'filters') == 1"
hint = "Select it in the list."
praise = "Now {{ macs('bottleneck') | exact }}."
[[steps.task.solution]]
node = "bottleneck/reduce"
set = { filters = 1 }

[[steps]]
id = "predict"
title = "How many?"
text = "Think first."
[steps.show]
views = ["table"]
highlight = ["row:naive/conv5x5", "view:table"]
[steps.question]
text = "How many MACs has naive?"
answer = "macs('naive')"
unit = "MACs"
hint = "12·12·6 × 5·5·8"
explanation = "{{ formula('naive/conv5x5') }}"

[[steps]]
id = "choose"
title = "Which?"
text = "One of them."
[steps.show]
views = ["bars"]
[steps.question]
text = "Which design costs less?"
right = 2
explanation = "By {{ ratio(macs('naive'), macs('bottleneck')) }} times."
[[steps.question.choices]]
text = "naive"
reply = "No, look at the bars."
[[steps.question.choices]]
text = "bottleneck"
reply = "Yes."
"""


def write_lesson(folder: Path, text: str = TEXT) -> Path:
    """Write the lesson and its project."""
    save_project(PROJECT, folder / "two.toml")
    path = folder / "small.toml"
    path.write_text(text)
    return path


def small_lesson(folder: Path) -> Lesson:
    return load_lesson(write_lesson(folder))
