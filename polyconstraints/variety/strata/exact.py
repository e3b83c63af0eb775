"""What can be said of the whole variety: by reduction, Gröbner bases or a decomposition.

Components that a computer algebra system finds are matched to strata by random points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal

import numpy as np

from polyconstraints.algebra import Polynomial, PolynomialRing, modular
from polyconstraints.equalities.comparison import equalities, network_comparison
from polyconstraints.errors import UsageError
from polyconstraints.evaluation import EXACT, Modulo, exact_array
from polyconstraints.schemas.writing import written
from polyconstraints.variety.equations import Reduction, reduce_equations
from polyconstraints.variety.equations.systems import (
    PRIME,
    Check,
    Component,
    Decomposition,
    GroebnerBasis,
    System,
    check_decomposition,
    component_point,
    contains,
    decompose,
    find_systems,
    groebner_basis,
)
from polyconstraints.variety.strata.classification import kind_at
from polyconstraints.variety.strata.equivariant import induced
from polyconstraints.variety.strata.irreps import Rationals
from polyconstraints.variety.strata.kernel import Setting, split
from polyconstraints.variety.strata.point import Stratum
from polyconstraints.variety.strata.representations import in_words
from polyconstraints.variety.strata.variety import Variety

Method = Literal["auto", "macaulay2", "singular", "sympy"]

#: Cases of a reduction that are looked at, and choices that are tried for a point of each.
_CASES = 1000
_ATTEMPTS = 10


@dataclass(frozen=True, eq=False)
class Match:
    """A component, the first stratum of its dimension in it, and the numbers of all in it.

    Where no stratum fills it, the remark says what its random points are.
    """

    component: Component
    stratum: Stratum | None
    inside: tuple[int, ...]
    remark: str

    def to_json(self) -> dict[str, Any]:
        """Return the component's entry in a document of schema ``strata``."""
        return written(
            "variety.Component",
            self,
            self.component,
            stratum=self.stratum and self.stratum.number,
            strata_inside=self.inside,
        )


@dataclass(frozen=True, eq=False)
class Matching:
    """A decomposition, checked by substitution, with its components matched to strata."""

    decomposition: Decomposition
    matches: tuple[Match, ...]
    check: Check

    @property
    def dimension(self) -> int:
        """Dimension of the variety over the finite field; -1 if it is empty."""
        return max((match.component.dimension for match in self.matches), default=-1)

    def to_json(self) -> dict[str, Any]:
        """Return the entry of a document of schema ``strata``."""
        return written(
            "variety.Decomposition",
            self.decomposition,
            self.decomposition.system,
            system=self.decomposition.system.name,
            components=self.matches,
            checked_by_substitution=self.check.passed,
        )


@dataclass(frozen=True, eq=False)
class Answer:
    """What is known of the whole variety.

    By case distinction; by SymPy or by another computer algebra system, modulo a prime. The open
    question is what stays unknown and what would answer it; empty if nothing does.
    """

    reduction: Reduction
    basis: GroebnerBasis | None
    matching: Matching | None
    open_question: str

    @property
    def dimension(self) -> int | None:
        """Dimension of the variety over the complex numbers, proved; None where it isn't."""
        return self.reduction.dimension

    def to_json(self) -> dict[str, Any]:
        """Return the entries that a document of schema ``strata`` gets."""
        branches = [len(block.branches) for block in self.reduction.blocks]
        document: dict[str, Any] = {
            "reduction": {
                "blocks": len(branches),
                "branches": branches,
                "open": len(self.reduction.open_branches),
                "dimension": self.dimension,
            },
            "open_question": self.open_question,
        }
        if self.basis is not None:
            document["groebner"] = {
                "system": "sympy",
                "prime": PRIME,
                "dimension": self.basis.dimension,
                "degree": self.basis.degree,
            }
        if self.matching is not None:
            document["decomposition"] = self.matching.to_json()
        return document


def network_equations(variety: Variety) -> list[Polynomial]:
    """Return the equalities of the whole network as polynomials that must vanish.

    This expands the network.
    """
    comparison = network_comparison(variety.network, variety.symmetry)
    return [one.left - one.right for one in equalities(variety.network, [comparison])]


def examine(
    variety: Variety, strata: Sequence[Stratum], method: Method, time_limit: float
) -> Answer:
    """Reduce the equations, and have the rest decomposed.

    ``auto`` takes the first system that is installed, and SymPy, which finds the dimension
    only, where none is. Strata are what components are matched with.
    """
    if any(layer.degree > 1 and not layer.ordered for layer in variety.network.layers):
        raise UsageError("expected ordered for a decomposition, got redundant", "indices")
    system = system_of(method)
    equations = network_equations(variety)
    ring = equations[0].ring if equations else PolynomialRing(variety.network.weight_names())
    reduction = reduce_equations(ring, equations)
    if system is None:
        basis = groebner_basis(equations, time_limit, PRIME)
        question = (
            "which irreducible components there are beside the strata: Macaulay2 or Singular "
            "on the PATH would answer it"
        )
        return Answer(reduction, basis, None, question)
    decomposition = decomposed(variety, system, equations, time_limit)
    if decomposition is None:
        question = (
            f"which irreducible components there are: {system.name} {system.version} found no "
            f"answer within {time_limit:g} s"
        )
        return Answer(reduction, None, None, question)
    matching = match_components(variety, decomposition, equations, strata, reduction)
    return Answer(reduction, None, matching, "")


def decomposed(
    variety: Variety, system: System, equations: Sequence[Polynomial], time_limit: float
) -> Decomposition | None:
    """Return the components of the equations of a variety, or None when the time is up.

    They are sought where inputs and outputs are given by their sum and their differences, which
    makes the equations far shorter: minutes become a second.
    """
    network = variety.network
    names = network.weight_names()
    there, back = (_in_differences(variety, forward) for forward in (True, False))
    moved = [equation.substitute(there) for equation in equations]
    found = decompose(system, moved, names, time_limit)
    if found is None:
        return None
    residue = Modulo(found.prime).number
    components = [
        replace(
            component,
            generators=tuple(
                generator.substitute(back).map_coefficients(residue)
                for generator in component.generators
            ),
        )
        for component in found.components
    ]
    return replace(found, components=tuple(components))


def _in_differences(variety: Variety, forward: bool) -> dict[str, Polynomial]:
    """Return weights in terms of those for sums and differences of inputs and outputs, or back."""
    network = variety.network
    ring = PolynomialRing(network.weight_names())
    weights = split(network, exact_array(ring.gens()))
    sums, inverse = _differences(network.units[0])
    first = induced(network.layers[0], sums if forward else inverse, EXACT)
    weights[0] = weights[0] @ first
    if variety.symmetry.kind == "equivariant":
        sums, inverse = _differences(network.units[-1])
        weights[-1] = (inverse if forward else sums) @ weights[-1]
    flat = [weight for array in weights for weight in array.ravel()]
    return dict(zip(ring.names, flat, strict=True))


def _differences(size: int) -> tuple[Rationals, Rationals]:
    """Return the matrix of the sum and the differences of neighbours, and its inverse."""
    matrix = np.eye(size, k=-1, dtype=int) - np.eye(size, dtype=int)
    matrix[0] = 1
    return matrix.astype(object), modular.inverse(matrix)


def system_of(method: Method) -> System | None:
    """Return the system of a method, or None for SymPy."""
    if method == "sympy":
        return None
    found = [system for system in find_systems() if method in ("auto", system.name)]
    if not found and method != "auto":
        raise UsageError(f"expected a system on the PATH, found no {method}", "decompose")
    return found[0] if found else None


# --- Components and strata ---------------------------------------------------------------


def match_components(
    variety: Variety,
    decomposition: Decomposition,
    equations: Sequence[Polynomial],
    strata: Sequence[Stratum],
    reduction: Reduction | None = None,
) -> Matching:
    """Match components to strata by random points of the strata.

    Random points of a reduction of the same equations check the decomposition too, and say what
    a component is that no stratum fills.
    """
    prime = decomposition.prime
    setting = variety.setting(prime)
    names = variety.network.weight_names()
    points = []
    for one in strata:
        weights = variety.point(setting, one.hidden).general
        flat = np.concatenate([array.ravel() for array in weights]).tolist()
        points.append(dict(zip(names, flat, strict=True)))
    cases = [] if reduction is None else list(_case_points(reduction, setting))
    matches = []
    for component in decomposition.components:
        inside = [
            stratum
            for stratum, point in zip(strata, points, strict=True)
            if contains(component, point, prime)
        ]
        filling = [s for s in inside if s.weight_dimension == component.dimension]
        matches.append(
            Match(
                component,
                filling[0] if filling else None,
                tuple(stratum.number for stratum in inside),
                "" if filling else _remark(setting, component, variety, cases),
            )
        )
    points += [point for _, point in cases]
    check = check_decomposition(decomposition, equations, points)
    return Matching(decomposition, tuple(matches), check)


def _case_points(reduction: Reduction, setting: Setting) -> Iterator[tuple[int, dict[str, int]]]:
    """Yield a random point of each case of a reduction, with the case's dimension."""
    for case in islice(reduction.cases(), _CASES):
        dimension = reduction.case_dimension(case)
        if dimension is None:
            continue
        for _ in range(_ATTEMPTS):
            point = reduction.point(case, setting.prime, setting.rng)
            if point is not None:
                yield dimension, point
                break


def _remark(
    setting: Setting,
    component: Component,
    variety: Variety,
    cases: Sequence[tuple[int, dict[str, int]]],
) -> str:
    """Say what a random point of a component is."""
    found = (
        point
        for dimension, point in cases
        if dimension == component.dimension and contains(component, point, setting.prime)
    )
    point = next(found, None) or component_point(component, setting.prime)
    if point is None:
        return "no stratum fills it, and no random point of it was found"
    names = setting.network.weight_names()
    weights = split(setting.network, np.array([point[name] for name in names], dtype=np.int64))
    parts = [
        f"the functions of hidden level {level} carry {in_words(carried)}, and what the next layer "
        f"can compute of them {in_words(above)}"
        for level, (carried, above) in enumerate(kind_at(variety, setting, weights), start=1)
    ]
    return f"no stratum fills it: {'; '.join(parts)}"
