"""Polynomials → equalities: coefficients of like monomials compared under permutations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from polyconstraints.display import Displayed
from polyconstraints.equalities.coefficients import (
    CoefficientSpace,
    FunctionCoefficients,
    MixedCoefficients,
    PaperCoefficients,
    TensorCoefficients,
)
from polyconstraints.errors import UsageError
from polyconstraints.spec.groups import inverse
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import (
    Move,
    Symmetry,
    TranspositionMoves,
    imposed_moves,
)

if TYPE_CHECKING:
    from polyconstraints.algebra import Polynomial, PolynomialRing

#: Images of coefficients that are kept at once when pairs are streamed.
_CHUNK = 1 << 22


@dataclass(frozen=True)
class Comparison:
    """One polynomial map, compared with itself under permutations."""

    #: The coefficients that are compared.
    space: CoefficientSpace
    #: The permutations that are imposed.
    imposed: Sequence[Move]
    #: Moves with the same orbits as the imposed ones, as few as are known.
    generators: tuple[Move, ...]
    #: Whether the map is one layer, so that coefficients are sums of single weights.
    single_weights: bool

    @property
    def conjugation_closed(self) -> bool:
        """Whether the imposed set is closed under conjugation by the group that it generates.

        It then consists of involutions, too: all transpositions. All coefficients of one orbit,
        so all that are tied together, take part in equally many equalities.
        """
        return isinstance(self.imposed, TranspositionMoves)

    def is_single(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which coefficients are single weights."""
        if not self.single_weights:
            return np.zeros(len(numbers), dtype=bool)
        single: NDArray[np.bool_] = (self.space.weights(numbers) >= 0).sum(axis=1) == 1
        return single

    def neighbours(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what each coefficient is equated with, shape (numbers, moves).

        Moves that leave a coefficient in place give the coefficient itself.
        """
        moves = self._with_inverses
        result = np.empty((len(numbers), len(moves)), dtype=np.int64)
        for column, (letters, outputs) in enumerate(moves):
            result[:, column] = self.space.image(letters, outputs, numbers)
        return result

    @cached_property
    def _with_inverses(self) -> tuple[Move, ...]:
        inverses = [(inverse(letters), inverse(outputs)) for letters, outputs in self.imposed]
        return tuple(dict.fromkeys([*self.imposed, *inverses]))

    def later_neighbours(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return neighbours sorted in each row, those not larger or repeated as -1."""
        found = np.sort(self.neighbours(numbers), axis=1)
        keep = found > numbers[:, None]
        keep[:, 1:] &= found[:, 1:] != found[:, :-1]
        return np.where(keep, found, -1)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Yield the distinct equalities as pairs of coefficients, the smaller one first.

        In ascending order and in bounded memory.
        """
        for numbers in self.chunks():
            found = self.later_neighbours(numbers)
            rows, columns = np.nonzero(found >= 0)
            yield from zip(numbers[rows].tolist(), found[rows, columns].tolist(), strict=True)

    def chunks(self) -> Iterator[NDArray[np.int64]]:
        """Yield the coefficients, as many at a time as fit into bounded memory."""
        rows = max(1, _CHUNK // max(1, len(self._with_inverses)))
        for first in range(0, self.space.size, rows):
            yield np.arange(first, min(first + rows, self.space.size), dtype=np.int64)

    @property
    def total(self) -> int:
        """Number of comparisons that don't hold by themselves."""
        # Moves of one cycle type leave equally many coefficients in place.
        tried = self.imposed[:1] if self.conjugation_closed else self.imposed
        moved = sum(self.space.size - self.space.fixed(*move) for move in tried)
        return moved * len(self.imposed) // max(1, len(tried))


def layer_comparison(network: NetworkSpec, symmetry: Symmetry, layer: LayerSpec) -> Comparison:
    """Return the comparison of one layer's coefficients, if the symmetry fits the network."""
    plain = FunctionCoefficients.of(layer, layer.outputs)
    space: CoefficientSpace = plain
    if plain.redundant and symmetry.compare == "tensor":
        space = TensorCoefficients(layer.outputs, layer.letters, layer.degree)
    elif plain.redundant and symmetry.compare == "paper":
        for fits, what in (
            (layer.degree == 2, "products of two inputs"),
            (set(network.channels) == {1}, "one channel"),
            (symmetry.kind == "equivariant", "equivariance"),
        ):
            if not fits:
                raise UsageError(
                    f"expected function or tensor, since equation (21) is written for {what}, "
                    "got paper",
                    "compare",
                )
        space = PaperCoefficients(layer.outputs, layer.letters)
    return _compared(network, symmetry, space, (layer.index, layer.index + 1), True)


def network_comparison(network: NetworkSpec, symmetry: Symmetry) -> Comparison:
    """Return the comparison of the whole network's coefficients, if the symmetry fits it.

    One that tells apart monomials which the expanded network merges doesn't.
    """
    if network.depth == 1:
        return layer_comparison(network, symmetry, network.layers[0])
    if symmetry.compare != "function" and network.indices == "redundant":
        raise UsageError(
            f"expected function in network scope, where x_i x_j = x_j x_i has been used, "
            f"got {symmetry.compare}",
            "compare",
        )
    from polyconstraints.expansion.counting import level_degrees

    letters = network.layers[0].letters
    degrees = level_degrees(network)[0]
    space: CoefficientSpace
    if network.bias or len(degrees) == 1:
        space = FunctionCoefficients(network.units[-1], letters, network.degree)
    else:
        space = MixedCoefficients(network.units[-1], letters, frozenset(degrees))
    return _compared(network, symmetry, space, (0, network.depth), False)


def _compared(
    network: NetworkSpec,
    symmetry: Symmetry,
    space: CoefficientSpace,
    levels: tuple[int, int],
    single_weights: bool,
) -> Comparison:
    imposed = imposed_moves(network, symmetry, *levels)
    # Equation (21) relates fewer coefficients than the group does: no short cut.
    short = not isinstance(space, PaperCoefficients)
    generators = imposed_moves(network, symmetry, *levels, generators=True) if short else imposed
    return Comparison(space, imposed, tuple(generators), single_weights)


def coefficient_monomial(
    network: NetworkSpec, comparison: Comparison, number: int
) -> tuple[int, tuple[int, ...]]:
    """Return the output, from 1, and the input monomial of a coefficient of a whole network."""
    space = comparison.space
    if not isinstance(space, FunctionCoefficients | MixedCoefficients):
        raise UsageError("expected a derivation in network scope")
    output, exponents = space.exponents(number)
    return output + 1, exponents[1:] if network.bias else exponents


# -- written out as polynomials -------------------------------------------------------------


@dataclass(frozen=True)
class Equality(Displayed):
    """Two coefficients, polynomials in the weights, that must be equal.

    Of kind ``simple`` where two single weights are equated, ``linear`` where sums of them are,
    else ``polynomial``.
    """

    left: Polynomial
    right: Polynomial
    kind: Literal["simple", "linear", "polynomial"]

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"

    def to_latex(self) -> str:
        """Return the equation as LaTeX, without a mathematics environment."""
        return f"{self.left.to_latex()} = {self.right.to_latex()}"

    def to_sympy(self) -> Any:
        """Return the equation as SymPy's ``Eq``."""
        import sympy

        return sympy.Eq(self.left.to_sympy(), self.right.to_sympy(), evaluate=False)

    def to_json(self) -> dict[str, str]:
        """Return the entry of a document's list of equalities."""
        return {"left": str(self.left), "right": str(self.right)}

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.to_latex()}$"


def equalities(network: NetworkSpec, comparisons: Sequence[Comparison]) -> Iterator[Equality]:
    """Yield the distinct equalities, one at a time, in a fixed order.

    The comparisons are one for each layer; or one for the whole network, which this expands.
    """
    from polyconstraints.algebra import PolynomialRing

    if comparisons[0].single_weights:
        ring = PolynomialRing(network.weight_names())
        for layer, comparison in zip(network.layers, comparisons, strict=True):
            yield from _layer_equalities(ring, layer, comparison)
    else:
        yield from _network_equalities(network, comparisons[0])


def _layer_equalities(
    ring: PolynomialRing, layer: LayerSpec, comparison: Comparison
) -> Iterator[Equality]:
    # Made when they are met: each is as long as the ring has variables.
    names = layer.names()
    for pair in comparison.pairs():
        sides = comparison.space.weights(np.array(pair, dtype=np.int64)).tolist()
        chosen = [[ring.gen(names[weight]) for weight in side if weight >= 0] for side in sides]
        single = all(len(side) == 1 for side in chosen)
        # A single weight is its generator: in large rings every sum takes time.
        left, right = (side[0] if len(side) == 1 else ring.sum(side) for side in chosen)
        yield Equality(left, right, "simple" if single else "linear")


def _network_equalities(network: NetworkSpec, comparison: Comparison) -> Iterator[Equality]:
    from polyconstraints.expansion import expand

    expansion = expand(network)
    for pair in comparison.pairs():
        left, right = (
            expansion.coefficient_polynomial(*coefficient_monomial(network, comparison, at))
            for at in pair
        )
        yield Equality(left, right, "polynomial")
