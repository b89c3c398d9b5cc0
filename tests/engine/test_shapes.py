"""Window arithmetic against the windows themselves, one by one."""

from hypothesis import given
from hypothesis import strategies as st

from engine.shapes import Shape, dilated_extent, same_padding, shared_windows, transposed_windows, window_count

extents = st.integers(1, 20)
margins = st.integers(0, 6)
windows = st.integers(1, 8)
strides = st.integers(1, 6)


def starts(end, stride):
    return range(0, end, stride)


@given(extents, margins, margins, windows, strides)
def test_window_count_is_the_number_of_windows_that_end_inside_the_padded_input(extent, before, after, window, stride):
    padded = extent + before + after
    count = window_count(extent, before, after, window, stride)
    if window > padded:
        assert count < 1
    else:
        assert count == len([start for start in starts(padded, stride) if start + window <= padded])


@given(extents, windows, strides, st.data())
def test_ceil_keeps_a_last_window_unless_it_starts_in_the_padding_after_the_input(extent, window, stride, data):
    before, after = data.draw(st.integers(0, window - 1)), data.draw(st.integers(0, window - 1))
    padded = extent + before + after
    if window > padded:
        return
    whole = [start for start in starts(padded, stride) if start + window <= padded]
    partly = [start for start in starts(extent + before, stride) if start not in whole]
    covered = whole[-1] + window >= padded
    expected = [start for start in whole if start < extent + before] + ([] if covered else partly[:1])
    assert window_count(extent, before, after, window, stride, ceil=True) == len(expected)


@given(extents, windows, strides)
def test_same_padding_is_the_least_that_lets_the_rounded_up_share_of_windows_fit(extent, window, stride):
    before, after = same_padding(extent, window, stride)
    count = -(-extent // stride)
    assert after - before in (0, 1)
    if before + after:
        assert window_count(extent, before, after, window, stride) == count
        assert window_count(extent, before, after - 1, window, stride) < count
    else:
        assert window_count(extent, 0, 0, window, stride) == count


@given(windows, st.integers(1, 5))
def test_dilated_window_reaches_from_its_first_tap_to_its_last(kernel, dilation):
    taps = [tap * dilation for tap in range(kernel)]
    assert dilated_extent(kernel, dilation) == taps[-1] - taps[0] + 1


@given(extents, extents)
def test_shared_windows_cover_the_input_in_order_and_the_kernel_is_the_largest(extent, count):
    windows = shared_windows(Shape(1, extent, extent), (count, count))
    taps = [windows.taps(0, index) for index in range(count)]
    for index, window in enumerate(taps):
        inside = [pixel for pixel in range(extent) if pixel * count < (index + 1) * extent]
        assert list(window) == [pixel for pixel in inside if (pixel + 1) * count > index * extent]
    assert set().union(*taps) == set(range(extent))
    assert windows.kernel[0] == max(map(len, taps))
    assert (windows.uneven is None) == (len(set(map(len, taps))) == 1 and (extent % count == 0 or count % extent == 0))
    assert taps == [windows.taps(1, index) for index in range(count)]


def test_shape_counts_values_and_float32_bytes_and_reads_channels_first():
    shape = Shape(256, 28, 27)
    assert (shape.size, shape.bytes, str(shape)) == (193_536, 774_144, "256×28×27")


def test_sizes_have_no_upper_bound():
    assert Shape(10**9, 10**9, 10**9).bytes == 4 * 10**27
    assert window_count(10**12, 0, 0, 1, 1) == 10**12


@given(extents, windows, strides, st.integers(1, 4), margins)
def test_transposed_windows_are_the_values_from_which_a_tap_falls_on_an_output(
    extent, kernel, stride, dilation, margin
):
    windows = transposed_windows((kernel,) * 2, (stride,) * 2, (dilation,) * 2, (margin,) * 4, (extent, extent))
    counts = set()
    for index in range(extent):
        places = [index + margin - tap * dilation for tap in range(kernel)]
        read = sorted(place // stride for place in places if place % stride == 0)
        assert list(windows.taps(0, index)) == read
        counts.add(len(read))
    assert max(counts) <= windows.kernel[0]
