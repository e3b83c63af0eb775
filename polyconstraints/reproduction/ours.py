"""What the package computes, in the form in which the paper's side is given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import polyconstraints as pc
from polyconstraints.reproduction.printed import Equality, Exponents

__all__ = ["classes", "derivation", "derived", "expanded_group", "transposed"]


def derivation(n: int, compare: str = "function", kind: str = "equivariant", **network: Any) -> Any:
    """Return the derivation of a network under S_n, all transpositions imposed."""
    symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(n), kind, compare=compare)  # type: ignore[arg-type]
    return pc.derive(pc.NetworkSpec(n, **network), symmetry)


def derived(n: int, compare: str = "function", **network: Any) -> set[Equality]:
    """Return the distinct equalities of one layer.

    Examples
    --------
    >>> sorted(sorted(sides) for sides in derived(2, layer="linear"))
    [[('W0_1_1',), ('W0_2_2',)], [('W0_1_2',), ('W0_2_1',)]]
    """
    return {
        frozenset(tuple(sorted(side.variables())) for side in (one.left, one.right))
        for one in derivation(n, compare, **network).equalities()
    }


def classes(names: Iterable[str], equalities: Iterable[Equality]) -> set[frozenset[str]]:
    """Return the classes of weights under those equalities that equate single weights."""
    import networkx as nx

    graph: Any = nx.Graph()
    graph.add_nodes_from(names)
    for one, other in (tuple(sides) for sides in equalities):
        if len(one) == len(other) == 1:
            graph.add_edge(one[0], other[0])
    return {frozenset(component) for component in nx.connected_components(graph)}


def expanded_group(
    expansion: pc.Expansion, output: int, monomial: Exponents
) -> Counter[tuple[str, ...]]:
    """Return the terms of one monomial as products of weight names with multiplicities."""
    polynomial = expansion.coefficient_polynomial(output, monomial)
    names = polynomial.ring.names
    group: Counter[tuple[str, ...]] = Counter()
    for exponents, coefficient in polynomial.terms():
        product = tuple(sorted(names[at] for at, e in enumerate(exponents) for _ in range(e)))
        group[product] += int(coefficient)
    return group


def transposed(n: int, output: int, h: int, k: int, indices: str) -> dict[Exponents, Counter[str]]:
    """Return y_output of one layer with x_h and x_k exchanged, as monomials and weights."""
    expansion = pc.expand(pc.NetworkSpec(n, indices=indices))  # type: ignore[arg-type]
    result = {}
    for monomial in expansion.monomials:
        moved = list(monomial)
        moved[h - 1], moved[k - 1] = moved[k - 1], moved[h - 1]
        terms = expanded_group(expansion, output - 1, monomial)
        result[tuple(moved)] = Counter({name: count for (name,), count in terms.items()})
    return result
