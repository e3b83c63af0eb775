"""Every kernel against the dictionary kernel, whatever size would choose it."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyconstraints.algebra import dense, limbs, packing, sorting, sparse
from polyconstraints.algebra.operands import Operands, Words, keys_to_words, words_to_keys
from polyconstraints.algebra.packing import Terms
from polyconstraints.algebra.product import Kernel, cheapest_kernel, multiply

from .strategies import BOUNDARY_INTEGERS

KERNELS = ["sort", "scatter", "transform"]


def random_terms(
    source: random.Random, length: int, count: int, degree: int, bits: int, width: int
) -> Terms:
    return {
        packing.pack([source.randint(0, degree) for _ in range(count)], width): source.choice(
            [-1, 1]
        )
        * (source.getrandbits(bits) | 1)
        for _ in range(length)
    }


class TestPacking:
    @given(st.lists(st.integers(0, 2**127 - 1), max_size=8), st.sampled_from([128, 256]))
    def test_round_trip_of_wide_fields(self, exponents: list[int], width: int) -> None:
        key = packing.pack(exponents, width)
        assert packing.unpack(key, len(exponents), width) == tuple(exponents)

    @given(st.data(), st.sampled_from([8, 16, 32, 64]))
    def test_round_trip_and_order(self, data: st.DataObject, width: int) -> None:
        rows = st.lists(st.integers(0, 2 ** (width - 1) - 1), min_size=3, max_size=3)
        a, b = data.draw(rows), data.draw(rows)
        packed = packing.pack(a, width), packing.pack(b, width)
        assert packing.unpack(packed[0], 3, width) == tuple(a)
        assert (packed[0] < packed[1]) == (a < b)
        total = packing.unpack(sum(packed), 3, width)
        assert total == tuple(i + j for i, j in zip(a, b, strict=True))

    def test_degrees_are_the_largest_and_zero_without_terms(self) -> None:
        keys = [packing.pack(row, 8) for row in ([3, 0, 1], [0, 5, 1])]
        assert packing.field_degrees(keys, 3, 8) == (3, 5, 1)
        assert packing.field_degrees([], 3, 8) == (0, 0, 0)

    @pytest.mark.parametrize("bits", [7, 15, 31, 63, 127])
    def test_widths_change_where_the_guard_bit_would_be_used(self, bits: int) -> None:
        assert packing.width_for(2**bits - 1) == bits + 1
        assert packing.width_for(2**bits) == 2 * (bits + 1)

    @given(st.lists(st.integers(0, 300), min_size=2, max_size=2), st.sampled_from([16, 32, 128]))
    def test_narrowest_width(self, exponents: list[int], width: int) -> None:
        bits = packing.pack(exponents, width)
        assert packing.narrowest_width(bits, 2, width) == packing.width_for(max(exponents))

    def test_guard_bits(self) -> None:
        assert packing.guard_bits(3, 8) == 0x808080
        assert packing.guard_bits(0, 8) == 0


class TestLimbs:
    @given(
        st.lists(
            st.one_of(st.integers(-(2**70), 2**70), st.sampled_from(BOUNDARY_INTEGERS)),
            min_size=1,
            max_size=20,
        ),
        st.integers(4, 62),
    )
    def test_split_and_join_are_inverse(self, values: list[int], bits: int) -> None:
        height = max(abs(v) for v in values).bit_length()
        digits = limbs.split(values, height, bits, height // bits + 1)
        if len(digits) > 1:
            assert int(abs(digits).max()) <= 1 << (bits - 1)
        weights = [1 << (bits * i) for i in range(len(digits))]
        columns = digits.T.tolist()
        assert [sum(map(int.__mul__, c, weights)) for c in columns] == values
        assert limbs.join(digits.copy(), bits, height) == values

    @given(st.integers(0, 300), st.integers(0, 300), st.integers(1, 2**20))
    def test_no_sum_can_overflow(self, first: int, second: int, summands: int) -> None:
        plan = limbs.plan_split(first, second, summands)
        assert plan is not None
        largest = [
            (1 << height) - 1 if count == 1 else 1 << (plan.bits - 1)
            for height, count in ((first, plan.first), (second, plan.second))
        ]
        pairs = min(plan.first, plan.second)
        assert largest[0] * largest[1] * pairs * summands <= 1 << limbs.INT64_CAPACITY

    @pytest.mark.parametrize("top", [2**62 - 1, -(2**62) + 1])
    @pytest.mark.parametrize("bits", [5, 26, 31, 62])
    def test_join_of_extreme_levels(self, top: int, bits: int) -> None:
        levels = np.full((4, 1), top, dtype=np.int64)
        expected = sum(top << (bits * i) for i in range(4))
        assert limbs.join(levels, bits, 62 + 4 * bits) == [expected]


class TestAgreement:
    @pytest.mark.parametrize("kernel", KERNELS)
    @pytest.mark.parametrize("bits", [1, 20, 26, 31, 52, 61, 62, 63, 64, 65, 130, 700])
    def test_coefficient_sizes(self, kernel: Kernel, bits: int) -> None:
        source = random.Random(bits)
        for other in (1, bits):
            a = random_terms(source, 30, 2, 9, bits, 8)
            b = random_terms(source, 25, 2, 9, other, 8)
            assert multiply(a, b, 2, 8, kernel) == sparse.multiply(a, b)

    @pytest.mark.parametrize("kernel", KERNELS)
    @given(
        data=st.data(),
        values=st.lists(st.sampled_from(BOUNDARY_INTEGERS), min_size=2, max_size=14),
    )
    def test_boundary_coefficients(
        self, kernel: Kernel, data: st.DataObject, values: list[int]
    ) -> None:
        def operand() -> Terms:
            exponents = st.tuples(st.integers(0, 5), st.integers(0, 3))
            keys = data.draw(st.lists(exponents, min_size=1, max_size=8, unique=True))
            return {packing.pack(e, 8): values[i % len(values)] for i, e in enumerate(keys)}

        a, b = operand(), operand()
        assert multiply(a, b, 2, 8, kernel) == sparse.multiply(a, b)

    @pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 20, 60])
    @pytest.mark.parametrize("degree", [1, 63, 16383, 2**30 - 1, 2**62 - 1])
    def test_sorting_keys_of_every_length(self, count: int, degree: int) -> None:
        source = random.Random(count)
        width = packing.width_for(2 * degree)
        a = random_terms(source, 20, count, degree, 5, width)
        b = random_terms(source, 30, count, degree, 5, width)
        assert multiply(a, b, count, width, "sort") == sparse.multiply(a, b)

    @pytest.mark.parametrize("kernel", ["scatter", "transform"])
    def test_dense_kernels_take_out_monomials_and_steps(self, kernel: Kernel) -> None:
        base, step = 2**61, 3 * 2**40
        a = {packing.pack((base + step * i, 5), 64): i + 1 for i in range(9)}
        b = {packing.pack((2 * step * i, 7 + i), 64): i - 4 for i in range(9) if i != 4}
        assert multiply(a, b, 2, 64, kernel) == sparse.multiply(a, b)

    @pytest.mark.parametrize("kernel", KERNELS)
    @pytest.mark.parametrize("bits", [8, 90])
    def test_cancelled_terms_are_left_out(self, kernel: Kernel, bits: int) -> None:
        # (x + c)(x - c) and longer: half of the products cancel.
        c = 1 << bits
        a = {i: c**i for i in range(6)}
        b = {i: (-c) ** i for i in range(6)}
        expected = sparse.multiply(a, b)
        assert 0 not in expected.values()
        assert 1 not in expected
        assert multiply(a, b, 1, 8, kernel) == expected

    @pytest.mark.parametrize("chunk", [1, 7, 64, 1000])
    @pytest.mark.parametrize("count", [3, 30])
    def test_chunks_do_not_matter(self, chunk: int, count: int) -> None:
        source = random.Random(chunk)
        a = random_terms(source, 23, count, 2, 70, 8)
        b = random_terms(source, 41, count, 2, 70, 8)
        operands = Operands(a, b, count, 8)
        plan = limbs.plan_split(*operands.heights, operands.shorter)
        assert plan is not None
        expected = sparse.multiply(a, b)
        assert sorting.multiply(operands, plan, chunk) == expected
        if count == 3:
            assert dense.multiply_by_scatter(dense.Box(operands), plan, chunk) == expected

    @given(st.dictionaries(st.integers(0, 60), st.integers(-9, 9).filter(bool), min_size=1))
    def test_square(self, a: Terms) -> None:
        assert sparse.square(a) == sparse.multiply(a, dict(a))


class TestProjection:
    def test_failing_projections_are_noticed_and_replaced(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = random.Random(5)
        a = random_terms(source, 20, 20, 3, 5, 8)
        b = random_terms(source, 20, 20, 3, 5, 8)
        expected = sparse.multiply(a, b)
        honest = sorting.projection_weights
        seeds = []

        def colliding(count: int, seed: int) -> Words:
            seeds.append(seed)
            return honest(count, seed) if seed >= 2 else np.ones(count, dtype=np.uint64)

        monkeypatch.setattr(sorting, "projection_weights", colliding)
        assert multiply(a, b, 20, 8, "sort") == expected
        assert seeds == [0, 1, 2]

    def test_dictionary_takes_over_when_no_projection_works(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            sorting, "projection_weights", lambda count, seed: np.ones(count, dtype=np.uint64)
        )
        source = random.Random(5)
        a = random_terms(source, 20, 20, 3, 5, 8)
        with pytest.raises(ValueError, match="sort kernel"):
            multiply(a, dict(a), 20, 8, "sort")

    def test_distinct_fraction_tells_collisions_from_none(self) -> None:
        line = dict.fromkeys(range(60), 1)
        assert sorting.distinct_fraction(Operands(line, line, 1, 8)) < 0.2
        powers = {1 << i: 1 for i in range(60)}
        spread = {3 << i: 1 for i in range(0, 60, 2)}
        assert sorting.distinct_fraction(Operands(powers, spread, 1, 64)) > 0.5


class TestTransform:
    @pytest.mark.parametrize("bits", [1, 12, 13, 40, 300])
    def test_worst_case_signs_and_sizes(self, bits: int) -> None:
        # All digits at their extremes with one sign make the sums, and the error, largest.
        a = dict.fromkeys(range(500), (1 << bits) - 1)
        expected = sparse.multiply(a, dict(a))
        assert multiply(a, dict(a), 1, 16, "transform") == expected

    def test_bound_shrinks_digits_of_long_operands(self) -> None:
        short = Operands({0: 2**100}, {0: 2**100}, 1, 8)
        row = dict.fromkeys(range(4000), 2**100)
        long = Operands(row, row, 1, 16)
        coarse, fine = dense.plan_transform(short, 1), dense.plan_transform(long, 8000)
        assert coarse is not None
        assert fine is not None
        assert fine.bits < coarse.bits

    def test_digits_shrink_until_the_bound_holds(self) -> None:
        # All digits at their extremes: more than the evenly spread ones of the plan.
        value = sum(1 << (26 * i + 25) for i in range(4)) - 1
        row = dict.fromkeys(range(3000), value)
        operands = Operands(row, row, 1, 16)
        box = dense.Box(operands)
        coarse = limbs.Split(26, value.bit_length() // 26 + 1, value.bit_length() // 26 + 1)
        digits = limbs.split([value] * 3000, value.bit_length(), 26, coarse.first)
        assert dense.transform_error(digits, digits, box.length) > 0.25
        assert dense.multiply_by_transform(box, coarse) == sparse.multiply(row, row)

    def test_measured_error_stays_far_below_the_bound(self) -> None:
        source = np.random.default_rng(3)
        for length in (1000, 4096, 50_000):
            digits = source.integers(-4096, 4097, (2, 1, length))
            size = dense.smooth_length(2 * length)
            spectra = [np.fft.rfft(row[0], size) for row in digits]
            sums = np.fft.irfft(spectra[0] * spectra[1], size)
            bound = dense.transform_error(digits[0], digits[1], size)
            assert np.abs(sums - np.rint(sums)).max() < bound / 10

    def test_broken_arithmetic_is_not_trusted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        honest = np.fft.irfft
        monkeypatch.setattr(np.fft, "irfft", lambda *args: honest(*args) + 0.4)
        a = dict.fromkeys(range(8), 1)
        with pytest.raises(ValueError, match="transform kernel"):
            multiply(a, a, 1, 8, "transform")

    @given(st.integers(1, 10**7))
    def test_smooth_length(self, length: int) -> None:
        size = dense.smooth_length(length)
        assert length <= size < 2 * length + 2
        assert size % 2 == 0
        for prime in (2, 3, 5):
            while size % prime == 0:
                size //= prime
        assert size == 1


class TestChoice:
    def test_kernels_by_shape(self) -> None:
        dense_terms = dict.fromkeys(range(2000), 1)
        operands = Operands(dense_terms, dense_terms, 1, 16)
        assert cheapest_kernel(operands, dense.Box(operands)) == "transform"
        source = random.Random(1)
        far = random_terms(source, 100, 20, 60, 8, 8)
        operands = Operands(far, far, 20, 8)
        assert cheapest_kernel(operands, dense.Box(operands)) == "dictionary"
        grid = {packing.pack((i, i * i % 101), 32): 1 for i in range(0, 10**6, 5000)}
        operands = Operands(grid, grid, 2, 32)
        assert cheapest_kernel(operands, dense.Box(operands)) in ("sort", "scatter")

    @pytest.mark.parametrize("width", [64, 128])
    @pytest.mark.parametrize("bits", [8, 70_000])
    def test_large_products_beyond_the_arrays(self, width: int, bits: int) -> None:
        source = random.Random(2)
        a = random_terms(source, 70, 2, 2, bits, width)
        b = {packing.pack((i, 0), width): 3 for i in range(500)}
        assert multiply(a, b, 2, width) == sparse.multiply(a, b)

    def test_wide_fields_are_refused_by_the_kernels(self) -> None:
        with pytest.raises(ValueError, match="128 bits"):
            multiply({0: 1}, {0: 1}, 1, 128, "sort")

    @settings(deadline=None, max_examples=15)
    @given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 20), st.integers(1, 80))
    def test_automatic_choice_is_exact(self, seed: int, count: int, degree: int, bits: int) -> None:
        source = random.Random(seed)
        a = random_terms(source, 80, count, degree, bits, 8)
        b = random_terms(source, 90, count, degree, bits, 8)
        assert multiply(a, b, count, 8) == sparse.multiply(a, b)


@given(st.lists(st.integers(0, 2**200 - 1), min_size=1), st.sampled_from([200, 250, 320]))
def test_words_round_trip(keys: list[int], bits: int) -> None:
    assert words_to_keys(keys_to_words(keys, bits)) == keys


def test_importing_needs_neither_numpy_nor_sympy() -> None:
    code = (
        "import sys; from polyconstraints.algebra import ring; R, x, y = ring('x, y');"
        "print((x + y)**9 * R.parse('x - y') and [m for m in ('numpy', 'sympy', 'flint')"
        " if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
