"""Terms written many at a time are those written one at a time."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyconstraints.expansion import Terms, expand
from polyconstraints.render import terms as module
from polyconstraints.render.notation import notation
from polyconstraints.render.terms import TermWriter, row_keys
from polyconstraints.spec.network import NetworkSpec

NETWORK = NetworkSpec(2, depth=2, bias=True)

coefficients = st.one_of(
    st.integers(-3, 3).filter(bool),
    st.fractions(max_denominator=5).filter(bool),
)
# A row of each layer's weights: ascending, any number of them.
rows = st.tuples(
    st.lists(st.integers(0, 11), max_size=4).map(sorted),
    st.lists(st.integers(0, 11), max_size=1),
)
listed = st.lists(st.tuples(coefficients, rows), min_size=1, max_size=8)


def as_terms(items: list[tuple[Any, tuple[list[int], list[int]]]]) -> Terms:
    values = np.empty(len(items), dtype=object)
    values[:] = [value for value, _ in items]
    layers = []
    for layer, width in enumerate((4, 1)):
        array = np.full((len(items), width), -1, dtype=np.int32)
        for at, (_, parts) in enumerate(items):
            array[at, : len(parts[layer])] = parts[layer]
        layers.append(array)
    return Terms(values, tuple(layers))


def plainly(items: list[tuple[Any, tuple[list[int], list[int]]]]) -> str:
    """Write the terms in the obvious way."""
    text = ""
    for value, parts in items:
        factors = []
        for layer, numbers in enumerate(parts):
            names = NETWORK.layers[layer].names()
            for number in sorted(set(numbers)):
                power = numbers.count(number)
                factors.append(names[number] + (f"^{power}" if power > 1 else ""))
        size = abs(Fraction(value))
        if size != 1 or not factors:
            factors.insert(0, str(size))
        sign = " - " if value < 0 else " + "
        text += sign + "*".join(factors)
    return "-" + text[3:] if text.startswith(" - ") else text[3:]


@given(listed)
def test_sum(items: list[tuple[Any, tuple[list[int], list[int]]]]) -> None:
    writer = TermWriter(NETWORK, notation(NETWORK))
    assert writer.sum(as_terms(items)) == plainly(items)


def test_no_terms() -> None:
    assert TermWriter(NETWORK, notation(NETWORK)).sum(as_terms([])) == "0"


def test_parts_join_to_the_same_text() -> None:
    expansion = expand(NETWORK)
    writer = TermWriter(NETWORK, notation(NETWORK))
    pieces = list(writer.pieces(expansion.blocks(1, (1, 1), 3)))
    assert len(pieces) > 1
    assert "".join(pieces) == writer.sum(expansion.coefficient(1, (1, 1)))


def test_memory_of_parts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    terms = expand(NETWORK).coefficient(1, (1, 1))
    whole = TermWriter(NETWORK, notation(NETWORK)).sum(terms)
    monkeypatch.setattr(module, "_REMEMBERED", 1)
    assert TermWriter(NETWORK, notation(NETWORK)).sum(terms) == whole


@given(st.integers(1, 12), st.integers(1, 10**9), st.data())
def test_row_keys_tell_rows_apart(columns: int, kinds: int, data: st.DataObject) -> None:
    row = st.lists(st.integers(-1, kinds - 1), min_size=columns, max_size=columns)
    table = data.draw(st.lists(row, min_size=1, max_size=6))
    keys = row_keys(np.array(table), kinds)
    for at, key in enumerate(keys):
        for other, other_key in enumerate(keys):
            assert (key == other_key) == (table[at] == table[other])
