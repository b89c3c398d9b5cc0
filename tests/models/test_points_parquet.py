"""The table of a sweep as a Parquet file: its types and values are those of the CSV file, as pyarrow reads them."""

import pytest

from gui.command_line.main import main
from tests.test_sweep_command import PROJECT, rows_of

parquet = pytest.importorskip("pyarrow.parquet")
AXES = [
    "thin/reduce.filters=1, 2",
    "thin/reduce.bias=true, false",
    "thin/conv.groups=1, 4",
    "form: thin/conv.kernel=3, 3x1",
]


@pytest.fixture(scope="module")
def table(tmp_path_factory, qapp):
    """A table of points of which some break a condition, have no error or have a mistake; and its folder."""
    folder = tmp_path_factory.mktemp("sweep")
    (folder / "p.toml").write_text(PROJECT, encoding="utf-8")
    axes = [argument for axis in AXES for argument in ("--axis", axis)]
    call = ["sweep", str(folder / "p.toml"), *axes, "--where", "macs < 4000", "--measure", "error,ms"]
    assert main([*call, "--against", "thin", "--parquet", "--out", str(folder / "out")]) == 0
    return parquet.read_table(folder / "out" / "points.parquet"), folder / "out", call


def text_of(value):
    """A value as the CSV file has it."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_columns_have_their_types(table):
    types = {field.name: str(field.type) for field in table[0].schema}
    assert list(types) == list(rows_of(table[1])[0])
    for name, expected in {
        "thin/reduce.filters": "int64",
        "thin/reduce.bias": "bool",
        "form": "string",
        "macs": "int64",
        "intensity": "double",
        "error_held_out": "double",
        "milliseconds": "double",
        "machine": "string",
        "fits": "bool",
        "problem": "string",
    }.items():
        assert types[name] == expected, name


def test_values_are_those_of_the_csv_file_and_what_is_unknown_is_null(table):
    rows = table[0].to_pylist()
    texts = [{name: text_of(value) for name, value in row.items()} for row in rows]
    assert texts == rows_of(table[1])
    assert len(rows) == 16
    assert {row["macs"] is None for row in rows} == {True, False}, "4 groups divide neither 1 nor 2 maps"
    assert {row["error_held_out"] is None for row in rows if row["macs"] is not None} == {True, False}
    assert all(row["problem"] for row in rows if row["macs"] is None)


def test_a_sweep_that_continues_has_the_same_table(table):
    before = table[0]
    csv_file = table[1] / "points.csv"
    lines = csv_file.read_bytes().splitlines(keepends=True)
    csv_file.write_bytes(b"".join(lines[:-1]))
    assert main([*table[2], "--against", "thin", "--parquet", "--out", str(table[1])]) == 0
    after = parquet.read_table(table[1] / "points.parquet")
    assert after.schema == before.schema
    assert after.drop_columns(["milliseconds"]) == before.drop_columns(["milliseconds"])
