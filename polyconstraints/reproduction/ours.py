"""What the package computes, in the form in which the paper's side is given, and verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

import networkx as nx

import polyconstraints as pc
from polyconstraints.reproduction.printed import Equality, Exponents


class Verdict(Enum):
    """What becomes of a printed value."""

    SAME = "same"
    """Ours is the same."""

    CORRECTED = "corrected"
    """Ours differs, and ours is right."""

    INCOMPLETE = "incomplete"
    """What is printed is right, but it is not all, or leaves the question open."""


#: What a comparison finds: a verdict, and what the words of the data are filled in with.
Found = tuple[Verdict, dict[str, Any]]

#: The comparisons by the keys of their items.
CHECKS: dict[str, Callable[[], Found]] = {}


def check(key: str) -> Callable[[Callable[[], Found]], Callable[[], Found]]:
    """Have a function compare the item of a key."""

    def register(compare: Callable[[], Found]) -> Callable[[], Found]:
        CHECKS[key] = compare
        return compare

    return register


def judged(same: object, **found: Any) -> Found:
    """Return what is found where ours either agrees or corrects."""
    return Verdict.SAME if same else Verdict.CORRECTED, found


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
    graph: Any = nx.Graph()
    graph.add_nodes_from(names)
    for one, other in equalities:
        if len(one) == len(other) == 1:
            graph.add_edge(one[0], other[0])
    return set(map(frozenset, nx.connected_components(graph)))


def expanded_group(
    expansion: pc.Expansion, output: int, monomial: Exponents
) -> Counter[tuple[str, ...]]:
    """Return the terms of one monomial as products of weight names with multiplicities."""
    polynomial = expansion.coefficient_polynomial(output, monomial)
    names = polynomial.ring.names
    return Counter(
        {
            tuple(sorted(Counter(dict(zip(names, exponents, strict=True))).elements())): int(factor)
            for exponents, factor in polynomial.terms()
        }
    )


def transposed(n: int, output: int, h: int, k: int, indices: str) -> dict[Exponents, Counter[str]]:
    """Return y_output of one layer with x_h and x_k exchanged, as monomials and weights."""
    expansion = pc.expand(pc.NetworkSpec(n, indices=indices))  # type: ignore[arg-type]
    result = {}
    for monomial in expansion.monomials:
        moved = list(monomial)
        moved[h - 1], moved[k - 1] = moved[k - 1], moved[h - 1]
        terms = expanded_group(expansion, output, monomial)
        result[tuple(moved)] = Counter({name: count for (name,), count in terms.items()})
    return result
