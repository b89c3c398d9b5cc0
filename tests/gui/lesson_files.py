"""A small lesson and its project, as files."""

from pathlib import Path

PROJECT = """
format = 1
[input]
kind = "noise"
shape = [16, 12, 10]
[[designs]]
name = "naive"
[[designs.nodes]]
name = "wide"
kind = "conv2d"
filters = 8
kernel = 5
[[designs]]
name = "thin"
[[designs.nodes]]
name = "reduce"
kind = "conv2d"
filters = 4
kernel = 1
[[designs.nodes]]
name = "wide"
kind = "conv2d"
filters = 8
kernel = 5
[[designs.nodes]]
name = "mod"
kind = "inception"
n1x1 = 2
n3x3_reduce = 2
n3x3 = 2
n5x5_reduce = 2
n5x5 = 2
pool_proj = 2
"""

LESSON = """
format = 1
title = "Narrow"
summary = "Fewer maps, fewer multiplications."
minutes = 5
source = "A *source*"
[projects]
small = "small.toml"
other = "small.toml"

[[steps]]
id = "first"
title = "The wide one"
text = "{{ macs('naive') | exact }} multiplications of {{ macs('thin') }}"
quoted = ["566"]
[steps.show]
views = ["volumes", "bars", "layer"]
camera = "Top"
select = "thin/reduce"
map = 3
value = [4, 5]
rule = "fvcore"
blocks = "closed"
open_blocks = ["thin/mod"]
pair = ["thin", "naive"]
edges = "log"
highlight = ["box:thin/reduce", "field:filters", "view:bars", "command:run"]
[steps.task]
text = "Set the filters of **reduce** to 2."
done = "setting('thin/reduce', 'filters') == 2"
hint = "Below the list."
praise = "Now {{ macs('thin') }}."
[[steps.task.solution]]
node = "thin/reduce"
set = { filters = 2 }

[[steps]]
id = "second"
title = "A ReLU"
text = "There are {{ layers('thin') }} layers."
[steps.task]
text = "Add a ReLU behind reduce, and look at the parameters."
done = "exists('thin/relu') and metric() == 'params'"
[[steps.task.solution]]
node = "thin/reduce"
insert = "after"
name = "relu"
layer = { kind = "activation", function = "relu" }
[[steps.task.solution]]
show = { metric = "params" }

[[steps]]
id = "third"
title = "Predict"
text = "Before: {{ macs('other:thin') }}."
[steps.question]
text = "How many multiplications?"
answer = "macs('naive')"
unit = "multiplications"
near = 2
hint = "Height × width × …"
explanation = "{{ formula('naive/wide') }}"

[[steps]]
id = "fourth"
title = "Choose"
text = "Once more."
project = "other"
[steps.question]
text = "Which is cheaper?"
choices = [{ text = "naive", reply = "No." }, { text = "thin", reply = "Yes: {{ macs('thin') }}." }]
right = 2
"""


def write_lesson(folder: Path, text: str = LESSON, project: str = PROJECT) -> Path:
    """Write the lesson and its project; returns the path of the lesson."""
    (folder / "small.toml").write_text(project, encoding="utf-8")
    path = folder / "narrow.toml"
    path.write_text(text, encoding="utf-8")
    return path
