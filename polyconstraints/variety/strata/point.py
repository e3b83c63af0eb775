"""A random point of a stratum, built layer by layer, and the dimensions that are measured there.

A stratum is a *tower*: the layers up to one of them make a variety over which the choices of
the next layer are a bundle, so that their dimensions add up. A layer is equivariant between the
representations of its levels, where free functions are below it any solution of the (linear)
equations for that; then come free functions, at random. Besides, random combinations of the
relations between the products that the layer reads are added to it: a relation is zero as a
function, so that nothing that the network computes changes, but the weights do. (Three
invariants of degree 2 among e1, e1² and p2, for one, satisfy e1² = (e1)², which a layer that
reads them can add to any of its outputs.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, reduce
from math import prod
from typing import Any, Literal

import numpy as np

from polyconstraints.algebra import modular
from polyconstraints.algebra.modular import Residues
from polyconstraints.display import Displayed
from polyconstraints.errors import PolyconstraintsError
from polyconstraints.evaluation import layer_products
from polyconstraints.schemas.writing import written
from polyconstraints.spec.groups import PermutationGroup
from polyconstraints.spec.network import LayerSpec
from polyconstraints.variety.strata.equivariant import by_blocks, equivariant_layers
from polyconstraints.variety.strata.irreducibles import Block, Field, copies, irreducibles
from polyconstraints.variety.strata.kernel import (
    SPARE,
    Setting,
    by_layers,
    function_dimension,
    is_symmetric,
    tangent_conditions,
)
from polyconstraints.variety.strata.representations import FREE, Content, Level, direct_sum


@dataclass(frozen=True, eq=False)
class Tower:
    """A random point of a stratum, up to some level.

    Units are its values at random inputs, then at those that each generator moves them to; plain
    weights are those without relations, general ones have them, and directions are a basis of what
    is equivariant of the plain layers at each place. What is attained can be less than was asked
    for where the levels below cannot supply so much, and more where free functions happen to span
    something that the group preserves. The degree is that of the units, as polynomials in all that
    is chosen at random, and that of conditions of what vanishes where the choices are unlucky, so
    that a relation or a layer is found that isn't one; 0 where no null space was found at random
    points.
    """

    setting: Setting
    group: PermutationGroup
    level: Level
    units: Residues
    plain: tuple[Residues, ...] = ()
    general: tuple[Residues, ...] = ()
    directions: tuple[Residues, ...] = ()
    attained: tuple[Content, ...] = ()
    plain_dimension: int = 0
    dimension: int = 0
    parameters: int = 0
    degree: int = 1
    conditions: int = 0
    field: Field = "rational"

    @classmethod
    def start(
        cls, setting: Setting, group: PermutationGroup, inputs: Level, field: Field = "rational"
    ) -> Tower:
        """Return the tower of no layers."""
        count = max(layer.products for layer in setting.network.layers) + 2 * SPARE
        points = setting.inputs(count)
        units = np.concatenate([points, *setting.moved(points)])
        return cls(setting, group, inputs, units, field=field)

    @property
    def layer(self) -> LayerSpec:
        """The next layer."""
        return self.setting.network.layers[len(self.plain)]

    def _split(self, values: Residues) -> list[Residues]:
        """Return values at the random inputs, and at those that each generator moves them to."""
        return np.split(values, 1 + len(self.setting.moves))

    @cached_property
    def products(self) -> Residues:
        """What the next layer reads, at all points."""
        return layer_products(self.layer, self.units, self.setting.ring)

    @cached_property
    def relations(self) -> Residues:
        """The linear relations between the products that the next layer reads, in rows."""
        return modular.nullspace(self._split(self.products)[0], self.setting.prime)

    @property
    def source(self) -> Level:
        """What the next layer reads carries."""
        return self.level

    def known(self, units: int) -> tuple[Block, ...]:
        """Return the summands that a level of so many units can have."""
        return irreducibles(self.group, units, self.field)

    @property
    def spanned(self) -> Content:
        """What the functions of the last level carry, modulo constants where there is a bias."""
        known = self.known(self.level.rank)
        # Where no irreducibles are known there is nothing to compare.
        return self._content(self.units, known) if known else self.level.names

    @cached_property
    def supply(self) -> Content:
        """What the functions carry that the next layer can compute.

        Representations too large for its level count as free.
        """
        known = self.known(self.layer.outputs)
        return self._content(self.products, known)

    def _content(self, values: Residues, known: Sequence[Block]) -> Content:
        """Return what the largest space of functions carries that the group preserves.

        Given are functions that span a space, and the representations that are looked for. What is
        left of the dimension is free: functions that the group does not preserve, or irreducibles
        that were not looked for.
        """
        prime, parts = self.setting.prime, self._split(values)
        if self.setting.network.bias:
            # An affine action of a finite group has a fixed point, so that a shift makes it linear.
            parts = [(part - part[:1]) % prime for part in parts]
        _, chosen = modular.row_echelon(parts[0], prime)
        actions = _preserved(*(part[:, chosen] for part in parts), prime=prime)
        found: Content = {}
        size = left = len(actions[0]) if actions else len(chosen)
        for block in known:
            times = copies(actions, size, block, prime) if block.size <= left else 0
            if times:
                found[block.name] = times
                left -= times * block.size
        rest = len(chosen) - size + left
        return {**found, FREE: rest} if rest else found

    def extended(self, above: Level) -> Tower:
        """Return the tower with one more layer, chosen at random, to a level that carries this."""
        setting, layer, prime = self.setting, self.layer, self.setting.prime
        relations = self.relations
        # Products with units that are zero are relations that hold by construction.
        vanishing = layer.products - replace(layer, inputs=self.level.rank).products
        bound = replace(layer, outputs=above.representation.dimension)
        directions = self.equivariant(bound, above)
        solved = self.level.free > 0 and above.representation.dimension > 0
        padding = ((0, 0), (0, layer.outputs - bound.outputs), (0, 0))
        directions = np.pad(directions, padding)
        mixture = setting.random((1, len(directions)))
        weights = modular.matmul(
            mixture, directions.reshape(len(directions), layer.weights), prime
        ).reshape(layer.outputs, layer.products)
        weights[bound.outputs : above.rank] = setting.random((above.free, layer.products))
        mixture = setting.random((layer.outputs, len(relations)))
        general = (weights + modular.matmul(mixture, relations, prime)) % prime
        common, unnoticed = relations[:0], directions
        if layer.index + 1 < setting.network.depth:
            common, changes = self.changes(weights, above)
            unnoticed = np.concatenate([directions, changes])
        plain = _dimension(unnoticed, above.free, common, prime)
        whole = plain
        if len(relations):
            common = np.concatenate([common, relations])
            whole = _dimension(unnoticed, above.free, common, prime)
        # Minors have as many rows as there are unknowns, each of the degree of the products.
        degree = self.degree * layer.degree
        unknowns = layer.products * (len(relations) > vanishing)
        if solved:
            unknowns += layer.products * bound.outputs
        tower = replace(
            self,
            level=above,
            units=modular.matmul(self.products, weights.T, prime),
            plain=(*self.plain, weights),
            general=(*self.general, general),
            directions=(*self.directions, directions),
            plain_dimension=self.plain_dimension + plain,
            dimension=self.dimension + whole,
            parameters=self.parameters + len(directions) + above.free * layer.products,
            degree=degree * (1 + layer.products * bound.outputs * solved) + 1,
            conditions=self.conditions + unknowns * degree,
        )
        if layer.index + 1 < setting.network.depth:
            tower = replace(tower, attained=(*self.attained, tower.spanned))
        return tower

    def given(self, weights: Residues) -> Tower:
        """Return the tower with one more layer, given by its weights: all functions are free."""
        units = modular.matmul(self.products, weights.T, self.setting.prime)
        level = Level(len(weights), direct_sum(self.group, ()), len(weights))
        return replace(self, level=level, units=units, plain=(*self.plain, weights))

    def changes(self, weights: Residues, above: Level) -> tuple[Residues, Residues]:
        """Return what changes of the units of a level add to the layer below it.

        Rows that may be added to any output, and other directions. Any invertible affine map is
        undone by the next layer: old outputs and the constant may be added.
        """
        # The product o_0 · o_0 (or o_0 alone) comes first.
        constant = np.eye(int(self.layer.bias), self.layer.products, dtype=np.int64)
        return np.concatenate([weights, constant]), weights[None][:0]

    def equivariant(self, layer: LayerSpec, above: Level) -> Residues:
        """Return a basis of the layers to what of a level the group binds."""
        if not self.level.free:
            return equivariant_layers(layer, self.source, above, self.setting.prime)
        # The equations W p(σx) = R(σ) W p(x) are linear in W once the inputs are known.
        here, *there = self._split(self.products)
        prime, products = self.setting.prime, layer.products

        @cache
        def solved(block: Block) -> Residues:
            identity = np.eye(block.size, dtype=np.int64)
            rows = np.zeros((block.size * len(here), block.size * products), dtype=np.int64)
            # A random combination of the generators at each point says as much as all of them.
            for turned, moved in zip(block.modulo(prime), there, strict=True):
                scale = self.setting.random((len(here), 1))
                # Entries of the Kronecker products are residues times residues.
                rows += np.kron(identity, moved * scale % prime)
                rows -= np.kron(turned, here * scale % prime) % prime
            basis = modular.nullspace(rows % prime, prime)
            return basis.reshape(len(basis), block.size, products)

        return by_blocks(layer, above, solved)


def _preserved(here: Residues, *there: Residues, prime: int) -> list[Residues]:
    """Return how each generator acts on the largest subspace that all of them preserve.

    The functions f of a basis have the values ``here`` and, moved, ``there``, (points,
    functions); the matrices A are those with g(σx) = A g(x) for a basis g of the subspace.
    """
    _, points = modular.row_echelon(here.T, prime)
    inverse = modular.inverse(here[points], prime)
    # Coordinates of the moved functions, in columns, and what is outside the space.
    moved = [modular.matmul(inverse, block[points], prime) for block in there]
    outside = [
        (block - modular.matmul(here, matrix, prime)) % prime
        for block, matrix in zip(there, moved, strict=True)
    ]
    basis = modular.nullspace(np.concatenate([here[:0], *outside]), prime)
    while len(basis):
        conditions = modular.nullspace(basis, prime)
        leaving = [
            modular.matmul(conditions, modular.matmul(matrix, basis.T, prime), prime)
            for matrix in moved
        ]
        stay = modular.nullspace(np.concatenate([basis.T[:0], *leaving]), prime)
        if len(stay) == len(basis):
            break
        basis = modular.matmul(stay, basis, prime)
    rows, pivots = modular.row_echelon(basis, prime)
    return [modular.matmul(rows, matrix.T, prime)[:, pivots] for matrix in moved]


def _dimension(directions: Residues, free: int, common: Residues, prime: int) -> int:
    """Return the dimension of what directions, free outputs, and common rows in any output span."""
    rows, pivots = modular.row_echelon(common, prime)
    rest = directions - modular.matmul(directions[..., pivots], rows, prime)
    count, outputs, products = directions.shape
    span = modular.rank(rest.reshape(count, outputs * products) % prime, prime)
    return int(outputs * len(rows) + span + free * (products - len(rows)))


# --- Strata -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stratum(Displayed):
    """The networks whose hidden levels carry given representations.

    Attributes
    ----------
    number : int
        Its place in the list of choices, from 1.
    hidden : tuple of Level
        What each hidden level carries.
    weight_dimension, plain_weight_dimension : int
        Dimensions of the stratum in the space of weights, and of it without the relations between
        hidden functions.
    tangent_dimension : int
        Dimension of the variety's tangent space at a random point of the stratum.
    function_dimension : int or None
        Dimension of the set of functions that the stratum's networks compute.
    parameters : int
        Number of distinct weights of the equivariant layers.
    attained : tuple
        What the functions of each hidden level really carry, modulo constants. Strata that attain
        the same have the same closure.
    conditions : int
        The degree under which the null spaces are right that were found at random points, 0 where
        there were none.
    confirmed : bool
        Whether two primes with different random choices gave these figures.
    """

    number: int
    hidden: tuple[Level, ...]
    weight_dimension: int
    plain_weight_dimension: int
    tangent_dimension: int
    function_dimension: int | None
    parameters: int
    attained: tuple[tuple[tuple[str, int], ...], ...]
    conditions: int
    confirmed: bool = False

    @property
    def certainty(self) -> Literal["proved", "almost surely"] | None:
        """How sure it is that the stratum's closure is an irreducible component.

        The tangent space contains that of any component through the point, so a stratum that
        fills it is one. Ranks at random points prove it: they can only make the weight dimension
        too small and the tangent dimension too large. A null space can be found too large.
        """
        smooth = self.weight_dimension == self.tangent_dimension
        if not smooth or not (self.confirmed or not self.conditions):
            return None
        return "almost surely" if self.conditions else "proved"

    @property
    def component(self) -> bool:
        """Whether the stratum's closure is known to be an irreducible component."""
        return self.certainty is not None

    @property
    def error_bound(self) -> float | None:
        """Probability with which random choices modulo two primes make a component of none.

        By the lemma of Schwartz and Zippel; None where nothing is claimed, or all is proved.
        """
        if self.certainty != "almost surely":
            return None
        return float(prod(min(1.0, self.conditions / prime) for prime in modular.PRIMES[:2]))

    @property
    def gauge(self) -> int | None:
        """How many of the distinct weights cannot be learnt apart; None if unknown."""
        if self.function_dimension is None or any(level.free for level in self.hidden):
            return None
        return self.parameters - self.function_dimension

    def to_json(self) -> dict[str, Any]:
        """Return the stratum's entry in a document of schema ``strata``."""
        return written("variety.StratumEntry", self, hidden=[level.names for level in self.hidden])


def measure(
    starts: Iterable[Tower], hidden: Sequence[Level], last: Level, number: int, antisymmetric: int
) -> Stratum:
    """Return a stratum, its figures confirmed with a second prime and other choices.

    Given are towers of no layers modulo several primes, what the levels carry, and how many
    dimensions redundant indices add. Where two primes disagree the third one decides, and the
    figures count as confirmed if it agrees with one of the others. Time and memory are those of
    Gaussian elimination on a square matrix of the size of the number of weights.

    A point that should be symmetric and is not is an error: F(σx) ≠ σF(x) at fresh points.
    """
    found: list[Stratum] = []
    for start in starts:
        result = _measured(start, tuple(hidden), last, number, antisymmetric)
        if result in found:
            return replace(result, confirmed=True)
        found.append(result)
    return max(found, key=lambda result: (result.weight_dimension, -result.tangent_dimension))


def _measured(
    start: Tower, hidden: tuple[Level, ...], last: Level, number: int, antisymmetric: int
) -> Stratum:
    setting, point = start.setting, reduce(Tower.extended, (*hidden, last), start)
    if not all(is_symmetric(setting, weights) for weights in (point.plain, point.general)):
        carried = " | ".join(map(str, hidden))
        raise PolyconstraintsError(
            f"the point that was chosen for {carried or 'the outputs'} is not symmetric, so that "
            "nothing was measured there: an error of this program"
        )
    conditions = tangent_conditions(setting, point.general, point.dimension)
    tangent = setting.network.weights - conditions.rank
    function: int | None = None
    if not any(level.free for level in hidden):
        # Relations don't change functions, so the plain point has all of them.
        directions = by_layers(setting.network, point.directions)
        function = function_dimension(setting, point.plain, directions)
    elif point.dimension == tangent:
        function = function_dimension(setting, point.general, conditions)
    return Stratum(
        number,
        hidden,
        point.dimension + antisymmetric,
        point.plain_dimension + antisymmetric,
        tangent + antisymmetric,
        function,
        point.parameters,
        tuple(tuple(sorted(level.items())) for level in point.attained),
        point.conditions,
    )
