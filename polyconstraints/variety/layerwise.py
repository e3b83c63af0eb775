"""Whether a network of the same widths with equivariant layers computes the same function.

The hidden levels may carry any action of the group on their units, linear or affine. Over the
complex numbers every action of a finite group on values is, after a change of the units, a sum of
irreducible ones, so there are finitely many to look at, and those that hold another one decide.
For each of them the layers are linear spaces, and the parameters with the function that is asked
for are the solutions of polynomial equations. Newton steps look for rational solutions; a Gröbner
basis over the rationals proves that there are none, not even complex ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from polyconstraints.algebra import Polynomial, PolynomialRing, modular
from polyconstraints.errors import InputError, UsageError
from polyconstraints.evaluation import EXACT, FLOATING, Array, exact_array, jacobian, values
from polyconstraints.schemas.writing import written
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.variety.certificate import (
    affine_network,
    last_equations,
    last_products,
    lattice,
)
from polyconstraints.variety.equations.systems import ideal_dimension
from polyconstraints.variety.search import Floats, newton, rational_solutions
from polyconstraints.variety.strata.exact import Method, system_of
from polyconstraints.variety.strata.gauge import layer_bases
from polyconstraints.variety.strata.graph import within
from polyconstraints.variety.strata.irreps import Rationals
from polyconstraints.variety.strata.kernel import SPARE, by_layers, split
from polyconstraints.variety.strata.representations import Level
from polyconstraints.variety.strata.variety import Variety

#: Starts of Newton steps for each action, and steps that must halve the errors: more than where any
#: solution will do.
_STARTS = 12
_HALVING = 20

Outcome = Literal["weights", "solvable", "impossible", "not known"]


@dataclass(frozen=True, eq=False)
class Tried:
    """What is known of networks whose hidden levels carry one action.

    The outcome is ``weights`` where rational ones were found, ``solvable`` where it is proved that
    complex ones exist, ``impossible`` where it is proved that none do. The system found a Gröbner
    basis, if one did.
    """

    hidden: tuple[Level, ...]
    outcome: Outcome
    system: str | None = None
    weights: tuple[Rationals, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the entry in a document of schema ``layerwise``."""
        hidden = [level.names for level in self.hidden]
        return written("variety.TriedAction", self, hidden=hidden)


@dataclass(frozen=True, eq=False)
class Layerwise:
    """Whether equivariant layers compute a function, and what was found for each action."""

    actions: tuple[Tried, ...]

    @property
    def answer(self) -> bool | None:
        """Whether some network does; None where it isn't known."""
        outcomes = {tried.outcome for tried in self.actions}
        if outcomes & {"weights", "solvable"}:
            return True
        return None if "not known" in outcomes else False

    def __bool__(self) -> bool:
        return self.answer is not False

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``layerwise``."""
        return written("variety.Layerwise", self, layerwise=self.answer)


def layerwise(
    variety: Variety,
    weights: Sequence[Any],
    time_limit: float = 60,
    method: Method = "auto",
) -> Layerwise:
    """Tell whether equivariant layers compute the function of a symmetric network.

    The variety is for a symmetric group and a network with ordered indices, the weights are
    integers or fractions of shape (outputs, products). The time limit, in seconds, is for each
    proof; the method is what finds Gröbner bases, the first system that is installed, else SymPy,
    if it is automatic.

    Raises
    ------
    InputError
        If the network isn't symmetric, or another group's.

    Examples
    --------
    The hidden units of a layer that is equivariant under the exchange of two inputs, mixed.

    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2))
    >>> variety = Variety(pc.NetworkSpec(2, 2, "linear"), symmetry)
    >>> found = layerwise(variety, [[[3, 3], [1, 0]], [[0, 1], [Fraction(1, 3), -1]]])
    >>> found.answer, [str(level) for level in found.actions[0].hidden]
    (True, ['[2] + [1,1]'])
    """
    network = affine_network(variety)
    exact = [np.array(array, dtype=object) for array in weights]
    if network != variety.network:
        raise UsageError("expected ordered, got redundant", "indices")
    if not variety.symmetry.group.is_symmetric():
        raise InputError(f"expected the symmetric group, got {variety.symmetry.group.name}")
    if (last_equations(network, variety.moves, exact[:-1]) @ exact[-1].ravel() != 0).any():
        raise InputError("expected exact weights of a symmetric network, got others", "weights")
    problems = [_Problem.of(variety, exact, hidden) for hidden in _largest(variety)]
    for problem in problems:
        found = problem.solution(variety.seed)
        if found is not None:
            return Layerwise((Tried(problem.hidden, "weights", weights=found),))
    system = system_of(method)
    tried = []
    for problem in problems:
        dimension = ideal_dimension(system, problem.equations(), time_limit)
        outcome: Outcome = "not known"
        if dimension is not None:
            outcome = "impossible" if dimension < 0 else "solvable"
        tried.append(Tried(problem.hidden, outcome, system.name if system else "sympy"))
    return Layerwise(tuple(tried))


def _largest(variety: Variety) -> list[tuple[Level, ...]]:
    """Return the actions on hidden levels of which no other one holds more on every level."""
    choices = [one for one in variety.choices() if not any(level.free for level in one)]
    carried = [[level.names for level in one] for one in choices]
    return [
        choice
        for choice, one in zip(choices, carried, strict=True)
        if not any(within(one, other) for other in carried if other is not one)
    ]


@dataclass(frozen=True, eq=False)
class _Problem:
    """To find networks with a function among those whose layers are equivariant.

    The weights are those of a network that computes it, and the bases those of the layers.
    """

    network: NetworkSpec
    weights: Sequence[Rationals]
    hidden: tuple[Level, ...]
    bases: list[Rationals]

    @classmethod
    def of(
        cls, variety: Variety, weights: Sequence[Rationals], hidden: tuple[Level, ...]
    ) -> _Problem:
        """Return the problem for one action; hidden units need no constants, with a bias above."""
        *below, last = layer_bases(variety, hidden)
        if variety.network.bias:
            below = [basis[(basis[..., 1:] != 0).any(axis=(1, 2))] for basis in below]
        return cls(variety.network, weights, hidden, [*below, last])

    def solution(self, seed: int) -> tuple[Rationals, ...] | None:
        """Return exact weights of a network with the function, or None if none is found."""
        network = self.network
        directions = by_layers(network, [basis.astype(float) for basis in self.bases])
        below = len(directions) - len(self.bases[-1])
        rng = np.random.default_rng(seed)
        count = 2 * len(directions) // network.units[-1] + SPARE
        inputs = rng.normal(size=(count, network.units[0]))
        given = [array.astype(float) for array in self.weights]
        wanted = values(network, given, inputs, FLOATING)
        scale = float(np.abs(wanted).max()) or 1.0
        last = network.layers[-1].weights

        def at(parameters: Floats) -> tuple[Floats, Floats]:
            vector = parameters @ directions
            slopes = jacobian(network, split(network, vector), inputs, FLOATING)
            errors = slopes[..., -last:] @ vector[-last:] - wanted
            return errors.ravel() / scale, (slopes @ directions.T).reshape(errors.size, -1) / scale

        free = np.ones(len(directions), dtype=bool)
        for _ in range(_STARTS):
            found = newton(at, rng.normal(size=len(directions)), free, _HALVING)
            if found is None:
                continue
            for near in rational_solutions(at, found, free, below):
                weights = self._completed(near)
                if weights is not None:
                    return weights
        return None

    def _completed(self, parameters: Sequence[Fraction]) -> tuple[Rationals, ...] | None:
        """Return exact weights, given the parameters below the last layer, if there are any."""
        network, (*below, last) = self.network, self.bases
        weights = _mixed(below, exact_array(parameters))
        inputs = lattice(network)
        read = last_products(network, weights, inputs)
        columns = [(read @ one.T).ravel() for one in last]
        wanted = values(network, self.weights, inputs, EXACT)
        matrix = np.stack([*columns, -wanted.ravel()], axis=1)
        first = modular.nullspace(matrix)[-1:]
        # The last free column comes last: a combination of columns is what is wanted.
        if not len(first) or first[0, -1] == 0:
            return None
        return (*weights, np.tensordot(first[0, :-1], last, axes=1))

    def equations(self) -> list[Polynomial]:
        """Return what must vanish of the layers' parameters."""
        network = self.network
        names = [f"t{at}_{k}" for at, one in enumerate(self.bases) for k in range(len(one))]
        ring = PolynomialRing([*network.input_names(), *names])
        inputs, parameters = np.split(exact_array(ring.gens()), [network.units[0]])
        weights = _mixed(self.bases, parameters)
        found = values(network, weights, inputs[None], EXACT, one=ring.one)[0]
        wanted = values(network, self.weights, inputs[None], EXACT, one=ring.one)[0]
        equations: dict[Polynomial, None] = {}
        for one, other in zip(found, wanted, strict=True):
            parts = (one - other).collect(network.input_names()).values()
            equations.update((part.normalised(), None) for part in parts)
        return list(equations)


def _mixed(bases: Sequence[Rationals], parameters: Array) -> list[Array]:
    """Return the layers that parameters make of bases, one after another."""
    parts = np.split(parameters, np.cumsum([len(basis) for basis in bases])[:-1])
    return [np.tensordot(part, one, axes=1) for part, one in zip(parts, bases, strict=True)]
