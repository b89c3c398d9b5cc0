"""Numbers as people read them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.text.units import abbreviate, byte_size, exact_text, fixed_text, number_text, range_texts, ratio_in_words

SIZES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
positive = st.integers(1, 10**18)
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "unknown"),
        (0, "0"),
        (999, "999"),
        (1000, "1.000 K"),
        (16_944, "16.94 K"),
        (204_832, "204.8 K"),
        (13_246_464, "13.25 M"),
        (160_563_200, "160.6 M"),
        (999_949, "999.9 K"),
        (999_950, "1.000 M"),
        (999_999_999, "1.000 G"),
        (2_051_997_696, "2.052 G"),
        (5 * 10**15, "5.000×10¹⁵"),
        (123_456 * 10**18, "1.235×10²³"),
    ],
)
def test_counts_are_abbreviated_to_four_digits_with_a_decimal_prefix(count, text):
    assert abbreviate(count) == text


@given(st.integers(1000, 10**15 - 10**11))
def test_an_abbreviation_is_within_half_of_its_last_digit_and_below_a_thousand(count):
    mantissa, prefix = abbreviate(count).split(" ")
    assert 1 <= float(mantissa) < 1000
    assert len(mantissa.replace(".", "")) == 4
    error = abs(float(mantissa) * SIZES[prefix] - count)
    assert error <= 0.5001 * SIZES[prefix] / 10 ** len(mantissa.split(".")[1])


@given(st.integers(1024, 2**49))
def test_with_a_k_of_1024_four_digits_stay_four(count):
    mantissa, prefix = abbreviate(count, 1024).split(" ")
    assert 1 <= float(mantissa) <= 1024
    assert len(mantissa.replace(".", "")) == 4
    size = 1024 ** (" KMGT".index(prefix))
    assert float(mantissa) * size == pytest.approx(count, rel=0.0006)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0.00123456, "0.001235"), (93.2154, "93.22"), (999.96, "1,000"), (12345.6, "12,346"), (1234567.8, "1,234,568")],
)
def test_amounts_that_are_not_integers_have_four_digits_and_no_exponent(amount, text):
    assert exact_text(amount) == text


def test_exact_counts_have_thousands_separators():
    assert [exact_text(count) for count in (0, 160_563_200, None)] == ["0", "160,563,200", "unknown"]


@pytest.mark.parametrize(
    ("amount", "reference", "words"),
    [
        (13_246_464, 160_563_200, "12.1× fewer MACs"),
        (160_563_200, 13_246_464, "12.1× as many MACs"),
        (95, 100, "5 % fewer MACs"),
        (105, 100, "5 % more MACs"),
        (100, 149, "33 % fewer MACs"),
        (149, 100, "49 % more MACs"),
        (100, 150, "1.5× fewer MACs"),
        (150, 100, "1.5× as many MACs"),
        (9_999_999, 10_000_000, "less than 0.1 % fewer MACs"),
        (1, 100, "100× fewer MACs"),
        (1, 123_456, "123,456× fewer MACs"),
        (7, 7, "as many MACs"),
        (0, 0, "as many MACs"),
        (0, 5_000, "no MACs instead of 5,000"),
        (5_000, 0, "5,000 MACs instead of none"),
        (None, 5, ""),
        (5, None, ""),
    ],
)
def test_a_ratio_is_expressed_as_a_factor_or_near_one_in_per_cent(amount, reference, words):
    assert ratio_in_words(amount, reference, "MACs") == words


def test_a_ratio_names_the_reference():
    texts = [ratio_in_words(amount, 100, "MACs", "naive") for amount in (10, 90, 110, 1000, 100, 0)]
    assert texts == [
        "10.0× fewer MACs than naive",
        "10 % fewer MACs than naive",
        "10 % more MACs than naive",
        "10.0× as many MACs as naive",
        "as many MACs as naive",
        "no MACs instead of 100 in naive",
    ]


@given(positive, positive)
def test_the_number_in_a_ratio_is_true_to_its_digits(amount, reference):
    words = ratio_in_words(amount, reference, "")
    if match := re.match(r"([\d,.]+)×", words):
        factor = max(amount, reference) / min(amount, reference)
        assert float(match[1].replace(",", "")) == pytest.approx(factor, abs=0.0501 if factor < 99.95 else 0.501)
        assert factor >= 1.5
    elif match := re.match(r"([\d.]+) %", words):
        assert float(match[1]) == pytest.approx(100 * abs(amount - reference) / reference, rel=0.051)
    else:
        assert abs(amount - reference) / reference < 0.001


@given(positive, positive)
def test_a_ratio_says_fewer_exactly_if_there_are_fewer(amount, reference):
    assert ("fewer" in ratio_in_words(amount, reference, "MACs")) == (amount < reference)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (1_048_575, "1.0 MiB"),
        (64 << 20, "64.0 MiB"),
        (4 * 10**12, "3.6 TiB"),
        (2**62, "4,194,304.0 TiB"),
    ],
)
def test_bytes_have_binary_prefixes(count, text):
    assert byte_size(count) == text


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (293.15, 293.35, ("293.15", "293.35")),
        (101325.0, 101365.0, ("101325", "101365")),
        (0.0, 1.0, ("0", "1")),
        (-3.4e38, 3.4e38, ("−3.4e+38", "3.4e+38")),
        (1e-45, 3e-45, ("1e-45", "3e-45")),
        (-0.0, 1000.0, ("0", "1000")),
        (1e7, 1e7 + 1, ("10000000", "10000001")),
        (5.0, 5.0, ("5", "5")),
    ],
)
def test_the_ends_of_a_range_have_the_digits_that_tell_them_apart(low, high, texts):
    assert range_texts(low, high) == tuple(text.replace("e-", "e−") for text in texts)


@given(
    st.floats(width=32, allow_nan=False, allow_infinity=False),
    st.floats(width=32, allow_nan=False, allow_infinity=False),
)
def test_different_ends_read_differently(one, other):
    low, high = range_texts(one, other)
    assert (low == high) == (one == other)
    for text, value in ((low, one), (high, other)):
        read = float(text.replace("−", "-"))
        assert abs(read - value) <= 0.005 * abs(value)
        assert text != "−0"


@pytest.mark.parametrize(("value", "text"), [(-0.0, "0"), (1000.4, "1000"), (-12345.6, "−12346"), (1.5e6, "1.5e+06")])
def test_a_number_has_neither_a_negative_zero_nor_a_needless_power(value, text):
    assert number_text(value, 3) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"), [(99.7, 2, "100"), (9999.97, 4, "10000"), (-99.97, 3, "−100"), (0.997, 2, "1")]
)
def test_a_number_that_is_rounded_up_to_a_digit_more_has_no_power(value, digits, text):
    assert number_text(value, digits) == text


@pytest.mark.parametrize(("value", "text"), [(-0.01, "0.0"), (-0.06, "−0.1"), (0.0, "0.0"), (-0.0, "0.0")])
def test_a_number_that_is_rounded_to_zero_has_no_sign(value, text):
    assert fixed_text(value, 1) == text
