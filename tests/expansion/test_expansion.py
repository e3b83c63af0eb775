"""The expansion against SymPy, FLINT and the package's own polynomial arithmetic."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyconstraints.errors import InputError, TooLargeError, UsageError
from polyconstraints.evaluation import evaluate
from polyconstraints.expansion import Expansion, expand
from polyconstraints.expansion import paths as paths_module
from polyconstraints.expansion.graph import _outer_product
from polyconstraints.spec.network import NetworkSpec
from tests import oracles
from tests.expansion.operators import expand_by_operators

networks = st.builds(
    lambda widths, channels, layer, indices, bias: NetworkSpec(
        widths[0],
        depth=len(widths) - 1,
        layer=layer,
        indices=indices,
        bias=bias,
        widths=widths[1:-1],
        outputs=widths[-1],
        channels=channels[: len(widths)],
    ),
    st.lists(st.integers(1, 2), min_size=2, max_size=3),
    st.lists(st.integers(1, 2), min_size=3, max_size=3),
    st.sampled_from(["quadratic", "linear"]),
    st.sampled_from(["ordered", "redundant"]),
    st.booleans(),
)


def by_flint(network: NetworkSpec) -> list[list[tuple[tuple[int, ...], int]]]:
    """Return the terms of each output, exponents of x and of the last layer's weights first.

    In FLINT's lexicographic order of monomials, which is then that of the expansion's terms
    but for the order of the monomials in x.
    """
    names = network.input_names()
    for layer in reversed(network.layers):
        names += layer.names()
    context = flint.fmpz_mpoly_ctx.get(names, "lex")
    values = dict(zip(names, context.gens(), strict=True))
    one = context.from_dict({(0,) * len(names): 1})
    inputs = [values[name] for name in network.input_names()]
    outputs = evaluate(network, values, inputs, one)
    return [
        [(tuple(map(int, e)), int(c)) for e, c in output.to_dict().items()] for output in outputs
    ]


def exponents_of(expansion: Expansion, output: int) -> list[tuple[tuple[int, ...], int]]:
    """Return the same from packed terms, monomials in x in lexicographic order."""
    network = expansion.network
    rows = []
    for monomial in sorted(expansion.monomials, reverse=True):
        terms = expansion.terms(expansion.packed(output, [monomial]))
        blocks: list[Any] = [np.tile(np.array(monomial), (len(terms), 1))]
        for layer, numbers in zip(reversed(network.layers), reversed(terms.layers), strict=True):
            counts = np.zeros((len(terms), layer.weights + 1), dtype=np.int64)
            for column in numbers.T:
                counts[np.arange(len(terms)), column] += 1
            blocks.append(counts[:, :-1])
        matrix = np.concatenate(blocks, axis=1).tolist()
        rows += list(zip(map(tuple, matrix), terms.coefficients.tolist(), strict=True))
    return rows


def vectors_of(expansion: Expansion, output: int) -> list[tuple[tuple[int, ...], int]]:
    """Return the same from exponent vectors."""
    return [
        (tuple(vector), coefficient)
        for vectors, coefficients in expansion.exponent_vectors(output)
        for vector, coefficient in zip(vectors.tolist(), coefficients.tolist(), strict=True)
    ]


CASES = [(n, d, bias) for n in (1, 2, 3) for d in (1, 2) for bias in (False, True)]
CASES += [(2, 3, False), (2, 3, True), (1, 4, True)]


@pytest.mark.parametrize(("n", "d", "bias"), CASES)
def test_flint_gives_the_same_terms_in_the_same_order(n: int, d: int, bias: bool) -> None:
    network = NetworkSpec(n, depth=d, bias=bias)
    expansion = expand(network)
    for output, terms in enumerate(by_flint(network), start=1):
        assert exponents_of(expansion, output) == terms
        assert vectors_of(expansion, output) == terms


@given(networks)
@settings(max_examples=60)
def test_one_engine_gives_what_the_operators_give(network: NetworkSpec) -> None:
    expansion = expand(network)
    for output, polynomial in enumerate(expand_by_operators(network), start=1):
        assert expansion.polynomial(output) == polynomial
        assert expansion.term_count(output) == len(polynomial)


@given(networks)
@settings(max_examples=30)
def test_every_way_to_ask_gives_the_same_terms(network: NetworkSpec) -> None:
    expansion = expand(network)
    for output in range(1, network.units[-1] + 1):
        packed = expansion.packed(output)
        assert len(packed) == expansion.term_count(output)
        renamed = expansion.renamed(expansion.packed(1), output)
        assert packed.keys.tolist() == renamed.keys.tolist()
        groups = list(expansion.groups(output))
        assert [monomial for monomial, _ in groups] == list(packed.monomials)
        for position, (monomial, terms) in enumerate(groups):
            assert len(terms) == expansion.term_count(output, monomial) > 0
            decoded = expansion.terms(packed[position])
            blocks = list(expansion.blocks(output, monomial, most=3))
            for layer, rows in enumerate(terms.layers):
                assert rows.tolist() == decoded.layers[layer].tolist()
                assert rows.tolist() == np.concatenate([b.layers[layer] for b in blocks]).tolist()
            assert terms.coefficients.tolist() == decoded.coefficients.tolist()
            assert max(map(len, blocks)) <= 3


@pytest.mark.parametrize("indices", ["ordered", "redundant"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("widths", [(2, 2), (2, 3, 1), (2, 1, 2), (1, 2, 2)])
def test_sympy_gives_the_same(widths: tuple[int, ...], bias: bool, indices: Any) -> None:
    network = NetworkSpec(
        widths[0],
        depth=len(widths) - 1,
        bias=bias,
        indices=indices,
        widths=widths[1:-1],
        outputs=widths[-1],
    )
    reference = oracles.expand(
        oracles.Net(widths[0], network.depth, indices=indices, bias=bias, widths=widths)
    )
    names = network.weight_names()
    expansion = expand(network)
    for output, expected in enumerate(reference, start=1):
        assert set(expected) == set(expansion.monomials)
        for monomial, products in expected.items():
            found = {
                tuple(sorted((names[at], power) for at, power in enumerate(row) if power)): c
                for row, c in expansion.coefficient_polynomial(output, monomial).terms()
            }
            assert found == products


@given(st.data())
@settings(max_examples=50)
def test_any_stretch_of_a_coefficient(data: st.DataObject) -> None:
    expansion = EXPANSIONS[data.draw(st.sampled_from(sorted(EXPANSIONS)))]
    monomial = data.draw(st.sampled_from(expansion.monomials))
    output = data.draw(st.integers(1, expansion.network.units[-1]))
    count = expansion.term_count(output, monomial)
    start = data.draw(st.integers(0, count + 1))
    stop = data.draw(st.integers(0, count + 2))
    whole = expansion.coefficient(output, monomial)
    part = expansion.coefficient(output, monomial, start, stop)
    assert part.coefficients.tolist() == whole.coefficients[start:stop].tolist()
    for rows, all_rows in zip(part.layers, whole.layers, strict=True):
        assert rows.tolist() == all_rows[start:stop].tolist()


EXPANSIONS = {
    "biased": expand(NetworkSpec(2, depth=3, bias=True)),
    "plain": expand(NetworkSpec(3, depth=3, widths=[2, 2])),
    "linear": expand(NetworkSpec(3, depth=4, layer="linear", bias=True)),
}


@pytest.mark.parametrize("bias", [False, True])
def test_paths_too_many_to_keep_are_searched_for(
    monkeypatch: pytest.MonkeyPatch, bias: bool
) -> None:
    network = NetworkSpec(2, depth=3, bias=bias)
    kept = expand(network).packed(2)
    monkeypatch.setattr(paths_module, "_MOST_KEPT", 1)
    monkeypatch.setattr(paths_module, "_BLOCK", 7)
    monkeypatch.setattr("polyconstraints.expansion.packed._BLOCK", 5)
    expansion = expand(network)
    searched = expansion.packed(2)
    assert vectors_of(expansion, 1) == exponents_of(expansion, 1)
    assert searched.keys.tolist() == kept.keys.tolist()
    assert searched.coefficients.tolist() == kept.coefficients.tolist()


def test_coefficients_beyond_a_machine_word() -> None:
    # (2^5)! / … overflows 64 bits: widened beforehand, to Python integers.
    network = NetworkSpec(1, depth=6, bias=True, widths=[1] * 5)
    expansion = expand(network)
    assert expansion.coefficient_dtype is object
    monomial = (13,)
    terms = expansion.coefficient(1, monomial, 0, 1000)
    packed = expansion.packed(1, [(1,)])
    assert packed.coefficients.dtype == object
    assert max(terms.coefficients) > 2**10
    # With all weights and x equal to 1 a layer maps u to u² + u + 1.
    value = 1
    for _ in range(4):
        value = value * value + value + 1
    small = expand(NetworkSpec(1, depth=4, bias=True))
    total = sum(sum(terms.coefficients.tolist()) for _, terms in small.groups(1))
    assert total == value


def test_products_of_multinomials_are_widened_before_they_overflow() -> None:
    first = np.array([1, 1 << 40], dtype=np.int64)
    assert _outer_product(first, first).tolist() == [1, 1 << 40, 1 << 40, 1 << 80]
    assert _outer_product(first, first[:1]).dtype == np.int64


def test_keys_beyond_a_machine_word(monkeypatch: pytest.MonkeyPatch) -> None:
    network = NetworkSpec(2, depth=3, bias=True)
    one = expand(network)
    assert one.key_layout.dtype == np.uint32
    monkeypatch.setattr("polyconstraints.expansion.packed._WORD", 100)
    large = expand(network)
    assert large.key_layout.dtype is object
    for output in (1, 2):
        packed, other = one.packed(output), large.packed(output)
        assert packed.keys.tolist() == other.keys.tolist()
        for rows, other_rows in zip(
            one.terms(packed).layers, large.terms(other).layers, strict=True
        ):
            assert rows.tolist() == other_rows.tolist()


def test_what_would_not_fit_is_refused_before_it_is_built() -> None:
    expansion = expand(NetworkSpec(8, depth=4, bias=True), memory_limit=1 << 33)
    assert expansion.term_count() == 107_453_578_649_336_647_228_381
    assert "735471 monomials" in repr(expansion)
    with pytest.raises(TooLargeError, match="memory_limit=13PiB would allow it") as refused:
        expansion.coefficient(1, (1,) * 8)
    assert refused.value.terms == 8 * expansion.term_count()
    assert refused.value.size is not None
    assert refused.value.size > 1 << 50
    with pytest.raises(TooLargeError, match="depth=12 would allow it"):
        expand(NetworkSpec(2, depth=40)).packed(1)


def test_what_is_asked_for_must_exist() -> None:
    expansion = expand(NetworkSpec(2))
    with pytest.raises(UsageError, match="output from 1 to 2, got 3"):
        expansion.packed(3)
    with pytest.raises(InputError, match="exponents of 2 inputs"):
        expansion.coefficient(1, (1, 2))
