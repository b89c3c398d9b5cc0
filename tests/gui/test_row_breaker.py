"""Lines of columns: the search for their ends against adding up one column after the other."""

from hypothesis import given
from hypothesis import strategies as st

from gui.paint.volumes.row_breaker import RowBreaker

COLUMNS = st.lists(st.tuples(st.sampled_from((1.0, 10.1, 33.3)) | st.floats(0.1, 90.0), st.booleans()), min_size=1)


def add_up(widths: list[float], may_begin: list[bool], line_width: float) -> tuple[range, ...]:
    lines, start, used = [], 0, 0.0
    for column, (width, may) in enumerate(zip(widths, may_begin, strict=True)):
        if may and used + width / 2 > line_width:
            lines.append(range(start, column))
            start, used = column, 0.0
        used += width
    return (*lines, range(start, len(widths)))


@given(columns=COLUMNS, count=st.integers(1, 12))
def test_lines_end_where_their_columns_add_up_to_the_width(columns: list[tuple[float, bool]], count: int) -> None:
    widths, may_begin = [width for width, _ in columns], [False, *(may for _, may in columns[1:])]
    line_width = sum(widths) / count
    assert RowBreaker(widths, may_begin).break_at(line_width) == add_up(widths, may_begin, line_width)


def test_a_line_of_equal_columns_is_as_long_wherever_it_begins() -> None:
    widths, may_begin = [0.1] * 1000, [False, *[True] * 999]
    assert RowBreaker(widths, may_begin).break_at(0.1 * 12.5) == add_up(widths, may_begin, 0.1 * 12.5)
