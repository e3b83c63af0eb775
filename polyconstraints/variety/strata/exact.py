"""What can be said of the whole variety: by reduction, Gröbner bases or a decomposition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from polyconstraints.algebra import Polynomial
from polyconstraints.equalities.comparison import network_comparison
from polyconstraints.equalities.polynomials import equalities
from polyconstraints.errors import UsageError
from polyconstraints.variety.equations import Reduction, reduce_equations
from polyconstraints.variety.equations.groebner import GroebnerBasis, groebner_basis
from polyconstraints.variety.equations.systems import PRIME, System, decompose, find_systems
from polyconstraints.variety.strata.matching import Matching, match_components
from polyconstraints.variety.strata.variety import Stratum, Variety

__all__ = ["Answer", "Method", "examine", "network_equations"]

Method = Literal["auto", "macaulay2", "singular", "sympy"]


@dataclass(frozen=True, eq=False)
class Answer:
    """What is known of the whole variety.

    Attributes
    ----------
    reduction : Reduction
        By case distinction.
    basis : GroebnerBasis or None
        By SymPy, modulo a prime.
    matching : Matching or None
        By a computer algebra system, modulo a prime.
    open_question : str
        What stays unknown, and what would answer it; empty if nothing does.
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

    Parameters
    ----------
    variety : Variety
        Of a small network, with ordered indices.
    strata : sequence of Stratum
        To match components with.
    method : {"auto", "macaulay2", "singular", "sympy"}
        Which system is to decompose; ``auto`` takes the first one that is installed, and
        SymPy, which finds the dimension only, where none is.
    time_limit : float
        Seconds for the system.

    Raises
    ------
    UsageError
        If the system isn't installed, or indices are redundant.
    """
    if variety.network.indices == "redundant" and variety.network.layer == "quadratic":
        raise UsageError("expected ordered with --decompose, got redundant", "indices")
    system = _system(method)
    equations = network_equations(variety)
    names = variety.network.weight_names()
    ring = equations[0].ring if equations else _ring(names)
    reduction = reduce_equations(ring, equations)
    if system is None:
        basis = groebner_basis(equations, time_limit, PRIME)
        question = (
            "which irreducible components there are beside the strata: Macaulay2 or Singular "
            "on the PATH would answer it"
        )
        return Answer(reduction, basis, None, question)
    decomposition = decompose(system, equations, names, time_limit)
    if decomposition is None:
        question = (
            f"which irreducible components there are: {system.name} {system.version} found no "
            f"answer within {time_limit:g} s (--time-limit)"
        )
        return Answer(reduction, None, None, question)
    matching = match_components(variety, decomposition, equations, strata, reduction)
    return Answer(reduction, None, matching, "")


def _ring(names: Sequence[str]) -> Any:
    from polyconstraints.algebra import PolynomialRing

    return PolynomialRing(names)


def _system(method: Method) -> System | None:
    """Return the system of a method, or None for SymPy."""
    if method == "sympy":
        return None
    found = find_systems()
    if method == "auto":
        return found[0] if found else None
    for system in found:
        if system.name == method:
            return system
    raise UsageError(f"expected a system on the PATH, found no {method}", "decompose")
