"""Elimination and union-find against SymPy, SciPy and one another."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from polyconstraints.classes.reduction import eliminate
from polyconstraints.spec.groups.permutations import classes_of_pairs, numbered

VARIABLES = 6

systems = st.lists(
    st.dictionaries(
        st.integers(0, VARIABLES - 1),
        st.one_of(st.integers(-3, 3), st.fractions(-2, 2, max_denominator=5)),
        max_size=4,
    ),
    max_size=7,
)


@given(systems)
def test_elimination_is_the_reduced_echelon_form(
    equations: list[dict[int, int | Fraction]],
) -> None:
    solved = eliminate(equations)
    # SymPy reduces from the left; here larger variables depend on smaller ones.
    columns = list(reversed(range(VARIABLES)))
    matrix = sympy.Matrix(
        len(equations),
        VARIABLES,
        lambda row, column: sympy.Rational(equations[row].get(columns[column], 0)),
    )
    reduced, pivots = matrix.rref()
    expected = {
        columns[pivot]: {
            columns[other]: -Fraction(int(reduced[row, other].p), int(reduced[row, other].q))
            for other in range(VARIABLES)
            if other != pivot and reduced[row, other]
        }
        for row, pivot in enumerate(pivots)
    }
    assert solved == expected
    assert all(max(row, default=-1) < variable for variable, row in solved.items())


@given(systems, st.randoms(use_true_random=False))
def test_elimination_does_not_depend_on_order(equations: list[dict[int, int]], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = [dict(random.sample(list(e.items()), len(e))) for e in equations]
    random.shuffle(shuffled)
    assert str(eliminate(shuffled)) == str(eliminate(equations))


def test_cancelled_variables_come_back_right() -> None:
    # The third equation makes free what two others depend on, after it had cancelled in one.
    solved = eliminate([{5: 1, 4: 1, 3: 1}, {4: 1, 3: -1}, {3: 1, 0: 1}, {5: 1, 0: 2}])
    assert solved[3] == {} or solved[3] == {0: Fraction(-1)}
    for equation in ({5: 1, 4: 1, 3: 1}, {4: 1, 3: -1}, {3: 1, 0: 1}, {5: 1, 0: 2}):
        total: dict[int, Fraction] = {}
        for variable, value in equation.items():
            for free, factor in solved.get(variable, {variable: Fraction(1)}).items():
                total[free] = total.get(free, Fraction(0)) + value * factor
        assert not any(total.values())


@given(
    st.integers(1, 30).flatmap(
        lambda size: st.tuples(
            st.just(size),
            st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=40),
        )
    )
)
def test_union_find_equals_connected_components(case: tuple[int, list[tuple[int, int]]]) -> None:
    size, pairs = case
    left, right = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    classes, representatives = numbered(classes_of_pairs(size, left, right))
    sparse, csgraph = (
        pytest.importorskip(f"scipy.{name}") for name in ("sparse", "sparse.csgraph")
    )
    graph = sparse.coo_array((np.ones(len(pairs)), (left, right)), shape=(size, size))
    count, labels = csgraph.connected_components(graph, directed=False)
    assert len(representatives) == count
    # SciPy numbers components by their smallest element too.
    assert classes.tolist() == labels.tolist()
    assert all(classes[first] == at for at, first in enumerate(representatives))
    assert all(
        np.flatnonzero(classes == at)[0] == first for at, first in enumerate(representatives)
    )


def test_union_find_on_a_long_path() -> None:
    size = 10_000
    order = np.random.default_rng(1).permutation(size)
    roots = classes_of_pairs(size, order[:-1].astype(np.int64), order[1:].astype(np.int64))
    assert not roots.any()
