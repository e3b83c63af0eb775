"""Actions by signed permutations: what levels carry under an activation z^r.

With z^r a hidden unit can be permuted and scaled without being noticed, and nothing else. So
where a network is equivariant because its layers are, a hidden level carries a permutation
action twisted by signs: a sum of representations induced from characters H → {±1} of
subgroups H of the group. For even r the activation forgets the signs, for odd r it keeps
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import groupby, product

import numpy as np

from polyconstraints.algebra import modular
from polyconstraints.algebra.modular import Residues
from polyconstraints.errors import TooLargeError, UsageError
from polyconstraints.evaluation import layer_products
from polyconstraints.spec.activation import Activation
from polyconstraints.spec.groups import Permutation, PermutationGroup
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.variety.strata.irreducibles import Block
from polyconstraints.variety.strata.irreps import Rationals
from polyconstraints.variety.strata.point import Tower
from polyconstraints.variety.strata.representations import FREE, Content, Level, Representation

Signs = tuple[int, ...]

#: Name of the action on one point.
_TRIVIAL = "1"

#: Largest group whose subgroups are sought: SymPy needs seconds for its presentation.
MAX_ORDER = 1000


def require_power(network: NetworkSpec) -> None:
    """Raise UsageError unless the network is one of linear layers with activation z^r."""
    activation = network.activation
    if activation is None or activation.degree < 2 or network.bias or set(network.degrees) != {1}:
        raise UsageError("expected linear layers without bias and z^r with r ≥ 2", "activation")
    if str(activation) != str(Activation.monomial(activation.degree)):
        raise UsageError(f"expected z^r with r ≥ 2 for a group, got {activation}", "activation")


class SignedTower(Tower):
    """A random point of a stratum of networks with activation z^r, whose levels carry signs.

    What a level carries is said of its units, not of the space that they span.
    """

    @property
    def _exponent(self) -> int:
        activation = self.setting.network.activation
        return activation.degree if activation is not None and self.plain else 1

    @cached_property
    def products(self) -> Residues:
        """What the next layer reads: the units with their activation."""
        units = self.units
        for _ in range(self._exponent - 1):
            units = units * self.units % self.setting.prime
        return layer_products(self.layer, units, self.setting.ring)

    @cached_property
    def source(self) -> Level:
        """What the units carry after the activation, which forgets signs if r is even."""
        carried = self.level.representation
        if self._exponent % 2:
            return self.level
        blocks = tuple(replace(b, matrices=tuple(map(abs, b.matrices))) for b in carried.blocks)
        return replace(self.level, representation=replace(carried, blocks=blocks))

    def known(self, units: int) -> tuple[Block, ...]:
        """Return the transitive actions on up to so many units."""
        return signed_actions(self.group, units)

    @property
    def spanned(self) -> Content:
        """What the units of the last level carry, orbits of different functions alone.

        The units of an orbit can be zero, or the same but for a factor: then they are several
        copies of a smaller one.
        """
        carried = self.level.representation
        alive = [
            block.name
            for block, units in zip(carried.blocks, carried.slices, strict=True)
            if block.size and self._lines(self.units[:, units]) == block.size
        ]
        free = {FREE: self.level.free} if self.level.free else {}
        return {name: alive.count(name) for name in alive} | free

    def _lines(self, values: Residues) -> int:
        """Return how many functions there are that are not zero, up to factors."""
        prime = self.setting.prime
        # A function that isn't zero isn't at the first point, but by accident.
        scales = [pow(int(value), -1, prime) for value in values[0] if value]
        scaled = values[:, values[0] != 0] * np.array(scales, dtype=np.int64) % prime
        return len(np.unique(scaled, axis=1).T)

    @cached_property
    def supply(self) -> Content:
        """How many units of each action that are not zero there can be on the next level.

        Units that differ by a factor count.
        """
        units = self.layer.outputs
        return {FREE: units} | {
            block.name: units // block.size for block in self.known(units) if len(self._to(block))
        }

    def _to(self, block: Block) -> Residues:
        """Return a basis of the equivariant layers to the units of one action."""
        above = Level(block.size, Representation(((block.name, 1),), (block,)))
        return self.equivariant(replace(self.layer, outputs=block.size), above)

    def extended(self, above: Level) -> Tower:
        """Return the tower with one more layer, chosen at random, to a level that carries this."""
        tower = super().extended(above)
        trivial = self.known(1)[0]
        if above.free and tower.attained and len(self._to(trivial)) == self.layer.products:
            # The group moves nothing that is read: free units carry the trivial action.
            found = dict(tower.attained[-1])
            found[_TRIVIAL] = found.get(_TRIVIAL, 0) + found.pop(FREE)
            return replace(tower, attained=(*self.attained, found))
        return tower

    def changes(self, weights: Residues, above: Level) -> tuple[Residues, Residues]:
        """Return the directions in which units are scaled, which the next layer undoes."""
        scaled = np.zeros((above.representation.dimension, *weights.shape), dtype=np.int64)
        for unit, row in enumerate(weights[: len(scaled)]):
            scaled[unit, unit] = row
        return weights[:0], scaled


@lru_cache(maxsize=16)
def signed_actions(group: PermutationGroup, most: int) -> tuple[Block, ...]:
    """Return the transitive actions of a group on up to so many points, twisted by signs.

    One for each class of conjugate subgroups of index up to ``most`` and each of its
    characters to {±1}, up to the signs of the units: ``3`` for three points, ``3-`` with signs,
    ``6b`` for the second kind of six points.

    Subgroups are found from a presentation of the group, of order up to 1000, by their coset tables
    (Sims' low-index algorithm, by SymPy). A choice of signs is a solution of linear equations over
    the field of two elements, one for each relation and point.

    Examples
    --------
    >>> [action.name for action in signed_actions(PermutationGroup.symmetric(3), 3)]
    ['1', '1-', '2', '3', '3-']
    """
    order = group.order()
    if order > MAX_ORDER:
        raise TooLargeError(
            f"expected a group of order at most {MAX_ORDER}, whose subgroups can be listed, got "
            f"one of order {order}"
        )
    if not group.generators:
        return (Block(_TRIVIAL, 1, ()),)
    tables, relators = _coset_tables(group.generators, most)
    found = []
    tables.sort(key=lambda images: (len(images[0]), images))
    for points, alike in groupby(tables, key=lambda images: len(images[0])):
        kinds = list(alike)
        for kind, images in enumerate(kinds):
            label = f"{points}{chr(ord('a') + kind) if len(kinds) > 1 else ''}"
            choices = _sign_choices(images, relators)
            for at, signs in enumerate(choices):
                suffix = "" if at == 0 else "-" if len(choices) == 2 else f"-{at}"
                found.append(Block(label + suffix, points, tuple(map(_matrix, images, signs))))
    return tuple(found)


def _matrix(image: Permutation, signs: Signs) -> Rationals:
    """Return how a generator acts on values: unit k of the moved level is ± unit σ(k)."""
    matrix = np.zeros((len(image), len(image)), dtype=object)
    matrix[np.arange(len(image)), list(image)] = signs
    return matrix


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
    kernel = modular.nullspace(np.array(equations, dtype=np.int64).reshape(-1, size), 2)
    # Changing the sign of unit k changes those of the moves from k and to k.
    gauge = np.zeros((points, size), dtype=np.int64)
    for generator, image in enumerate(images):
        for unit in range(points):
            gauge[unit, generator * points + unit] ^= 1
            gauge[image[unit], generator * points + unit] ^= 1
    # Solutions that are independent of those and of one another.
    _, pivots = modular.row_echelon(np.concatenate([gauge, kernel]).T, 2)
    basis = kernel[pivots[pivots >= points] - points]
    choices = []
    for bits in product((0, 1), repeat=len(basis)):
        combined = np.array(bits, dtype=np.int64) @ basis % 2
        signs = (1 - 2 * combined).reshape(len(images), points)
        choices.append(tuple(tuple(int(sign) for sign in row) for row in signs))
    return choices
