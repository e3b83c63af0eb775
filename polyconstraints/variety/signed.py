"""Symmetric neurovarieties: networks with activation z^r that are symmetric as a whole.

With z^r a hidden unit can be permuted and scaled without being noticed, and nothing else. So
where a network is equivariant because its layers are, a hidden level carries a permutation
action twisted by signs: a sum of representations induced from characters H → {±1} of
subgroups H of the group. For even r the activation forgets the signs, for odd r it keeps
them. Each choice for every hidden level is a *stratum*; its layers form linear spaces whose
bases are signed orbits, so that a random point of it is one of the whole stratum without any
null space found by chance, and a weight dimension that equals the tangent dimension there is
a proof that the closure of the stratum is an irreducible component of the variety of
symmetric networks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement, pairwise, product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from polyconstraints.algebra import modular
from polyconstraints.errors import TooLargeError, UsageError
from polyconstraints.evaluation import Modulo, jacobian
from polyconstraints.spec.activation import Activation
from polyconstraints.spec.groups import Permutation, PermutationGroup
from polyconstraints.spec.network import NetworkSpec

__all__ = ["SignedAction", "SignedStratum", "SymmetricNeurovariety", "transitive_actions"]

Residues = NDArray[np.int64]
Signs = tuple[int, ...]

#: Largest group whose subgroups are sought: SymPy needs seconds for its presentation.
MAX_ORDER = 1000

#: Most strata that are listed.
MAX_STRATA = 10_000


@dataclass(frozen=True)
class SignedAction:
    """A group acting on units by permutations and changes of sign.

    Attributes
    ----------
    name : str
        ``3`` for three points, ``3-`` with signs, ``6b`` for the second kind of six points;
        joined by ``+``.
    images : tuple of permutations
        How each generator permutes the units: unit k of the moved level is unit σ(k).
    signs : tuple of tuples of int
        For each generator the sign of every unit of the moved level, 1 or -1.
    """

    name: str
    images: tuple[Permutation, ...]
    signs: tuple[Signs, ...]

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.images[0])

    def __add__(self, other: SignedAction) -> SignedAction:
        shift = self.units
        return SignedAction(
            f"{self.name}+{other.name}",
            tuple(
                (*a, *(shift + at for at in b))
                for a, b in zip(self.images, other.images, strict=True)
            ),
            tuple((*a, *b) for a, b in zip(self.signs, other.signs, strict=True)),
        )

    def unsigned(self) -> SignedAction:
        """Return the permutations alone."""
        ones = (1,) * self.units
        return SignedAction(self.name, self.images, (ones,) * len(self.images))


def transitive_actions(group: PermutationGroup, most: int) -> list[SignedAction]:
    """Return the transitive signed actions of a group on up to so many points.

    One for each class of conjugate subgroups of index up to ``most`` and each of its
    characters to {±1}, up to the signs of the units.

    Parameters
    ----------
    group : PermutationGroup
        Of order up to 1000.
    most : int

    Raises
    ------
    TooLargeError
        If the group is larger.

    Notes
    -----
    Subgroups are found from a presentation of the group by their coset tables (Sims'
    low-index algorithm, by SymPy). A choice of signs is a solution of linear equations over
    the field of two elements, one for each relation and point.

    Examples
    --------
    >>> [action.name for action in transitive_actions(PermutationGroup.symmetric(3), 3)]
    ['1', '1-', '2', '3', '3-']
    """
    order = group.order()
    if order > MAX_ORDER:
        raise TooLargeError(
            f"expected a group of order at most {MAX_ORDER}, whose subgroups can be listed, got "
            f"one of order {order}"
        )
    generators = list(group.generators) or [tuple(range(group.degree))]
    tables, relators = _coset_tables(generators, most)
    found = []
    seen: dict[int, int] = {}
    for images in sorted(tables, key=lambda images: (len(images[0]), images)):
        points = len(images[0])
        kind = chr(ord("a") + seen.get(points, 0))
        several = sum(len(other[0]) == points for other in tables) > 1
        seen[points] = seen.get(points, 0) + 1
        label = f"{points}{kind if several else ''}"
        choices = _sign_choices(images, relators)
        for at, signs in enumerate(choices):
            suffix = "" if at == 0 else "-" if len(choices) == 2 else f"-{at}"
            found.append(SignedAction(label + suffix, images, signs))
    return found


def _coset_tables(
    generators: Sequence[Permutation], most: int
) -> tuple[list[tuple[Permutation, ...]], list[list[tuple[int, int]]]]:
    """Return the transitive actions on up to ``most`` points, and the relations.

    A relation is a list of (generator, ±1).
    """
    from sympy.combinatorics import Permutation as SymPyPermutation
    from sympy.combinatorics import PermutationGroup as SymPyGroup
    from sympy.combinatorics.fp_groups import low_index_subgroups

    presented = SymPyGroup([SymPyPermutation(list(one)) for one in generators]).presentation()
    symbols = [str(generator) for generator in presented.generators]
    relators = [
        [
            (symbols.index(str(symbol)), 1 if power > 0 else -1)
            for symbol, power in relator.array_form
            for _ in range(abs(power))
        ]
        for relator in presented.relators
    ]
    tables = [
        # Columns are x, x^-1, y, y^-1, ….
        tuple(tuple(row[2 * at] for row in table.table) for at in range(len(symbols)))
        for table in low_index_subgroups(presented, most)
    ]
    return tables, relators


def _sign_choices(
    images: tuple[Permutation, ...], relators: Sequence[Sequence[tuple[int, int]]]
) -> list[tuple[Signs, ...]]:
    """Return the signs that respect the relations, up to changing the sign of units.

    The one without signs first.
    """
    points = len(images[0])
    inverses = [tuple(int(at) for at in np.argsort(image)) for image in images]
    size = len(images) * points
    equations = []
    for relator in relators:
        for start in range(points):
            row, at = np.zeros(size, dtype=np.int64), start
            for generator, power in relator:
                if power > 0:
                    row[generator * points + at] += 1
                    at = images[generator][at]
                else:
                    at = inverses[generator][at]
                    row[generator * points + at] += 1
            equations.append(row % 2)
    kernel = modular.nullspace(np.array(equations).reshape(-1, size), 2)
    # Changing the sign of unit k changes those of the moves from k and to k.
    gauge = np.zeros((points, size), dtype=np.int64)
    for generator, image in enumerate(images):
        for unit in range(points):
            gauge[unit, generator * points + unit] ^= 1
            gauge[image[unit], generator * points + unit] ^= 1
    basis = _complement(gauge, kernel)
    choices = []
    for bits in product((0, 1), repeat=len(basis)):
        combined = np.array(bits, dtype=np.int64) @ basis % 2 if len(basis) else np.zeros(size, int)
        signs = (1 - 2 * combined).reshape(len(images), points)
        choices.append(tuple(tuple(int(sign) for sign in row) for row in signs))
    return choices


def _complement(inside: Residues, space: Residues) -> Residues:
    """Return rows of a space that are a basis of it modulo a subspace, over two elements."""
    kept: list[Residues] = []
    rows, rank = inside, modular.rank(inside, 2)
    for row in space:
        grown = np.concatenate([rows, row[None]])
        if modular.rank(grown, 2) > rank:
            kept.append(row)
            rows, rank = grown, rank + 1
    return np.array(kept, dtype=np.int64).reshape(len(kept), space.shape[1])


def equivariant_basis(below: SignedAction, above: SignedAction) -> Residues:
    """Return a basis of the matrices that are equivariant between two signed actions.

    Signed orbits of pairs (k, i): an orbit on which a sign would have to be both counts for
    nothing. Shape (basis, above units · below units), entries 0, 1 and -1.

    Examples
    --------
    >>> natural = transitive_actions(PermutationGroup.symmetric(3), 3)[3]
    >>> len(equivariant_basis(natural, natural))
    2
    """
    rows, columns = above.units, below.units
    sign = np.zeros(rows * columns, dtype=np.int64)
    basis = []
    for start in range(rows * columns):
        if sign[start]:
            continue
        sign[start] = 1
        orbit, consistent = [start], True
        for pair in orbit:
            k, i = divmod(pair, columns)
            for generator in range(len(above.images)):
                image = above.images[generator][k] * columns + below.images[generator][i]
                value = sign[pair] * above.signs[generator][k] * below.signs[generator][i]
                if not sign[image]:
                    sign[image] = value
                    orbit.append(image)
                consistent &= bool(sign[image] == value)
        if consistent:
            element = np.zeros(rows * columns, dtype=np.int64)
            element[orbit] = sign[orbit]
            basis.append(element)
    return np.array(basis, dtype=np.int64).reshape(len(basis), rows * columns)


@dataclass(frozen=True)
class SignedStratum:
    """One choice of actions on the hidden levels.

    Attributes
    ----------
    hidden : tuple of SignedAction
    parameters : int
        Dimension of the space of equivariant layers.
    weight_dimension, tangent_dimension, function_dimension : int
    """

    hidden: tuple[SignedAction, ...]
    parameters: int
    weight_dimension: int
    tangent_dimension: int
    function_dimension: int

    @property
    def gauge(self) -> int:
        """Dimension of the functions' fibres in the stratum."""
        return self.weight_dimension - self.function_dimension

    @property
    def component(self) -> bool:
        """Whether the closure of the stratum is proved to be an irreducible component."""
        return self.weight_dimension == self.tangent_dimension

    def to_json(self) -> dict[str, Any]:
        """Return the entry of a document of schema ``dimension``."""
        return {
            "hidden": [action.name for action in self.hidden],
            "parameters": self.parameters,
            "weight_dimension": self.weight_dimension,
            "tangent_dimension": self.tangent_dimension,
            "function_dimension": self.function_dimension,
            "gauge": self.gauge,
            "component": self.component,
            "certainty": "proved" if self.component else None,
        }


@dataclass(frozen=True)
class SymmetricNeurovariety:
    """Networks of linear layers with activation z^r that are symmetric as a whole.

    Parameters
    ----------
    group : PermutationGroup
        On the inputs.
    hidden : tuple of int
        Hidden widths.
    exponent : int
        r, at least 2.
    outputs : tuple of permutations
        The image of each generator on the outputs; identities for invariance.
    seed : int

    Examples
    --------
    >>> group = PermutationGroup.symmetric(3)
    >>> networks = SymmetricNeurovariety(group, (3,), 4, group.generators)
    >>> for found in networks.strata():
    ...     if found.component:
    ...         print(found.hidden[0].name, found.weight_dimension, found.function_dimension)
    3 6 3
    3- 5 2
    """

    group: PermutationGroup
    hidden: tuple[int, ...]
    exponent: int
    outputs: tuple[Permutation, ...]
    seed: int = 0

    @classmethod
    def of(
        cls,
        widths: Sequence[int],
        activation: Activation,
        group: PermutationGroup,
        kind: Literal["equivariant", "invariant"] = "equivariant",
        seed: int = 0,
    ) -> SymmetricNeurovariety:
        """Return the networks of an architecture, equivariant or invariant under a group.

        Raises
        ------
        UsageError
            If the activation is no z^r with r ≥ 2, or the widths don't fit the group.
        """
        if activation.degree < 2 or str(activation) != str(Activation.monomial(activation.degree)):
            raise UsageError(f"expected z^r with r ≥ 2 for a group, got {activation}", "activation")
        if len(widths) < 2 or widths[0] != group.degree:
            raise UsageError(
                f"expected {group.degree} inputs, the points of the group, got {widths[0]}",
                "widths",
            )
        if kind == "equivariant" and widths[-1] != widths[0]:
            raise UsageError(
                f"expected {widths[0]} outputs, which move as the inputs do, got {widths[-1]}",
                "widths",
            )
        still = tuple(range(widths[-1]))
        outputs = group.generators if kind == "equivariant" else (still,) * len(group.generators)
        return cls(group, tuple(widths[1:-1]), activation.degree, tuple(outputs) or (still,), seed)

    @cached_property
    def _levels(self) -> list[list[SignedAction]]:
        """The possible actions on each hidden level."""
        transitive = transitive_actions(self.group, max(self.hidden, default=1))
        levels = []
        for width in self.hidden:
            found = []
            for count in range(1, width + 1):
                for parts in combinations_with_replacement(transitive, count):
                    if sum(part.units for part in parts) == width:
                        total = parts[0]
                        for part in parts[1:]:
                            total = total + part
                        found.append(total)
            levels.append(found)
        return levels

    @property
    def count(self) -> int:
        """Number of strata."""
        return int(np.prod([len(found) for found in self._levels], dtype=object))

    def strata(self, advance: Callable[[float], None] | None = None) -> list[SignedStratum]:
        """Return all strata, those with the largest set of functions first.

        Raises
        ------
        TooLargeError
            If there are more than 10 000.
        """
        if self.count > MAX_STRATA:
            raise TooLargeError(f"expected at most {MAX_STRATA} strata, got {self.count}")
        found = []
        for hidden in product(*self._levels):
            found.append(self.measure(hidden))
            if advance is not None:
                advance(1)
        return sorted(found, key=lambda one: (-one.function_dimension, -one.weight_dimension))

    def measure(self, hidden: Sequence[SignedAction]) -> SignedStratum:
        """Return the dimensions of one stratum: the best of two primes."""
        ranks = [self._ranks(hidden, prime) for prime in modular.PRIMES[:2]]
        parameters = ranks[0][0]
        weight, tangent, functions = (
            max(rank[1] for rank in ranks),
            min(rank[2] for rank in ranks),
            max(rank[3] for rank in ranks),
        )
        return SignedStratum(tuple(hidden), parameters, weight, tangent, functions)

    def _ranks(self, hidden: Sequence[SignedAction], prime: int) -> tuple[int, int, int, int]:
        rng = np.random.default_rng([self.seed, prime])
        inputs = _unsigned("inputs", self.group.generators, self.group.degree)
        outputs = _unsigned("outputs", self.outputs, len(self.outputs[0]))
        below = [inputs, *(self._activated(action) for action in hidden)]
        above = [*hidden, outputs]
        bases = [equivariant_basis(a, b) for a, b in zip(below, above, strict=True)]
        matrices = [
            modular.matmul(
                modular.random_residues(rng, prime, (1, len(basis))), basis % prime, prime
            ).reshape(b.units, a.units)
            for basis, a, b in zip(bases, below, above, strict=True)
        ]
        along = _block_diagonal(bases) % prime
        scaled = np.concatenate([along, self._scalings(matrices, prime)])
        network = NetworkSpec(
            inputs.units,
            len(matrices),
            "linear",
            widths=self.hidden,
            outputs=outputs.units,
            activation=Activation.monomial(self.exponent),
        )
        differentials = _Differentials(network, matrices, Modulo(prime), rng)
        functions = differentials.saturated(lambda rows, _: modular.matmul(rows, along.T, prime))
        moves = list(zip(inputs.images, outputs.images, strict=True))
        equations = differentials.saturated(lambda _, moved: moved, moves)
        tangent = network.weights - equations
        return len(along), modular.rank(scaled, prime), tangent, functions

    def _activated(self, action: SignedAction) -> SignedAction:
        return action if self.exponent % 2 else action.unsigned()

    def _scalings(self, matrices: Sequence[Residues], prime: int) -> Residues:
        """Return the directions in which hidden units are scaled, unnoticed."""
        starts = np.cumsum([0, *(matrix.size for matrix in matrices)])
        rows = []
        for index, (lower, upper) in enumerate(pairwise(matrices)):
            for unit in range(len(lower)):
                row = np.zeros(starts[-1], dtype=np.int64)
                into = np.zeros_like(lower)
                into[unit] = lower[unit]
                out = np.zeros_like(upper)
                out[:, unit] = -self.exponent * upper[:, unit] % prime
                row[starts[index] : starts[index + 1]] = into.ravel()
                row[starts[index + 1] : starts[index + 2]] = out.ravel()
                rows.append(row)
        return np.array(rows, dtype=np.int64).reshape(len(rows), int(starts[-1]))


def _unsigned(name: str, images: Sequence[Permutation], units: int) -> SignedAction:
    listed = tuple(images) or (tuple(range(units)),)
    return SignedAction(name, listed, ((1,) * units,) * len(listed))


def _block_diagonal(blocks: Sequence[Residues]) -> Residues:
    rows = sum(len(block) for block in blocks)
    result = np.zeros((rows, sum(block.shape[1] for block in blocks)), dtype=np.int64)
    row = column = 0
    for block in blocks:
        result[row : row + len(block), column : column + block.shape[1]] = block
        row, column = row + len(block), column + block.shape[1]
    return result


class _Differentials:
    """Derivatives of the outputs at random points, and how much symmetry fails along them."""

    def __init__(
        self,
        network: NetworkSpec,
        weights: Sequence[Residues],
        ring: Modulo,
        rng: np.random.Generator,
    ) -> None:
        self.network = network
        self.weights = weights
        self.ring = ring
        self.rng = rng

    def _rows(
        self, count: int, moves: Sequence[tuple[Permutation, Permutation]]
    ) -> tuple[Residues, Residues]:
        network, weights, ring = self.network, self.weights, self.ring
        points = modular.random_residues(self.rng, ring.prime, (count, network.units[0]))
        plain = jacobian(network, weights, points, ring)
        moved = [
            jacobian(network, weights, points[:, list(inputs)], ring) - plain[:, list(outputs)]
            for inputs, outputs in moves
        ]
        flat = plain.reshape(-1, network.weights)
        if not moved:
            return flat, flat[:0]
        return flat, np.concatenate(moved).reshape(-1, network.weights) % ring.prime

    def saturated(
        self,
        chosen: Callable[[Residues, Residues], Residues],
        moves: Sequence[tuple[Permutation, Permutation]] = (),
    ) -> int:
        """Return the rank of chosen rows at so many points that more add nothing."""
        count = 1 + self.network.weights // self.network.units[-1]
        kept = chosen(*self._rows(count, moves))
        found, before = modular.rank(kept, self.ring.prime), -1
        while found != before and found >= count:
            kept = np.concatenate([kept, chosen(*self._rows(1, moves))])
            count += 1
            before, found = found, modular.rank(kept, self.ring.prime)
        return found
