"""The irreducible representations of a group, over the rationals or over the complex numbers.

Those of S_n are in Young's seminormal form. Those of any other group of permutations are split off
the representations on its orbits and on cosets of its cyclic subgroups: a random matrix X that
commutes with the group has a characteristic polynomial over the rationals whose factors f give
subspaces ker f(X), each of them irreducible unless it occurs more than once. The squares of the
dimensions, each divided by the dimension of what commutes with it, add up to the order of the
group once all of them are found. X generates the field of what commutes with one, so that over
the complex numbers it falls into as many conjugates as f has roots. These are found modulo primes
p with all roots of unity that the group needs: p - 1 is a multiple of every element's order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice
from math import lcm
from operator import getitem
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from polyconstraints.algebra import modular
from polyconstraints.algebra.modular import Matrix, Residues
from polyconstraints.spec.groups import (
    Permutation,
    PermutationGroup,
    compose,
    cycle_lengths,
    inverse,
)
from polyconstraints.spec.groups.permutations import numbered, orbits
from polyconstraints.variety.strata.irreps import (
    Rationals,
    irrep_dimension,
    irrep_matrix,
    partition_name,
    partitions_up_to_dimension,
)

Field = Literal["rational", "complex"]

T = TypeVar("T")

#: Points of the largest set whose representation is split, and elements of the largest group that
#: are listed.
_LARGEST = 96
_MOST_ELEMENTS = 5000

#: Random matrices that are tried to split a representation.
_ATTEMPTS = 6


@dataclass(frozen=True, eq=False)
class Block:
    """A summand of a representation that has units of its own.

    A matrix of shape (size, size) says how a generator of the group acts on the values of the
    units. Endomorphisms are the dimension of the space of matrices that commute with all of them;
    one of these, and its minimal polynomial, where there is more than one.
    """

    name: str
    size: int
    matrices: tuple[Rationals, ...]
    endomorphisms: int = 1
    commuting: Rationals | None = None
    polynomial: tuple[int, ...] = ()

    def over(self, prime: int | None) -> Sequence[Matrix]:
        """Return the matrices, modulo a prime that divides no denominator if one is given."""
        return self.matrices if prime is None else self.modulo(prime)

    def modulo(self, prime: int) -> list[Residues]:
        """Return the matrices modulo a prime that divides no denominator."""
        return [modular.from_rationals(matrix, prime) for matrix in self.matrices]


@dataclass(frozen=True, eq=False, kw_only=True)
class Conjugate(Block):
    """One of the conjugates into which an irreducible representation falls over C.

    It has matrices modulo primes only. The number is its place among them, exponent that of the
    group.
    """

    rational: Block
    number: int
    exponent: int

    def modulo(self, prime: int) -> list[Residues]:
        """Return the matrices modulo a prime with all roots of unity that the group needs."""
        return _conjugates(self.rational, prime, self.exponent)[self.number]


@lru_cache(maxsize=256)
def irreducibles(
    group: PermutationGroup, most: int, field: Field = "rational"
) -> tuple[Block, ...]:
    """Return the irreducible representations over a field of at most a given dimension.

    The trivial one first. Those of S_n are named by partitions, those of another group by their
    dimension and a letter. None where the representation on the group's points is too large to be
    split.

    Examples
    --------
    >>> [block.name for block in irreducibles(PermutationGroup.symmetric(4), 2)]
    ['[4]', '[2,2]', '[1,1,1,1]']
    >>> [block.name for block in irreducibles(PermutationGroup.dihedral(5), 9)]
    ['1a', '1b', '4a']
    >>> [block.name for block in irreducibles(PermutationGroup.dihedral(5), 9, "complex")]
    ['1a', '1b', '2a', '2b']
    """
    if group.is_symmetric():
        n = group.degree
        return tuple(_young(group, one) for one in partitions_up_to_dimension(n, most))
    return tuple(block for block in _named(group, field) if block.size <= most)


@lru_cache(maxsize=16)
def primes(group: PermutationGroup, field: Field) -> tuple[int, ...]:
    """Return three primes just below 2^31 modulo which the irreducibles over a field exist."""
    if field == "rational" or group.is_symmetric():
        return modular.PRIMES
    from flint import fmpz

    step = _exponent(group)
    candidates = range((1 << 31) // step * step + 1 - step, 2, -step)
    return tuple(islice((p for p in candidates if fmpz(p).is_prime()), len(modular.PRIMES)))


def _exponent(group: PermutationGroup) -> int:
    """Return a multiple of the orders of all elements."""
    if group.order() > _MOST_ELEMENTS:
        return lcm(*range(1, group.degree + 1))
    lengths = map(cycle_lengths, group.elements(_MOST_ELEMENTS))
    return lcm(*chain.from_iterable(lengths))


@lru_cache(maxsize=256)
def _young(group: PermutationGroup, partition: tuple[int, ...]) -> Block:
    matrices = tuple(irrep_matrix(partition, generator) for generator in group.generators)
    return Block(partition_name(partition), irrep_dimension(partition), matrices)


def copies(actions: Sequence[Residues], size: int, block: Block, prime: int) -> int:
    """Return how often an irreducible representation occurs in one of a given size.

    Given is how each generator acts, modulo a prime. By Schur's lemma the maps X with X A = R X
    count the copies.
    """
    equations = [np.zeros((0, block.size * size), dtype=np.int64)]
    for action, image in zip(actions, block.modulo(prime), strict=True):
        turned = np.kron(np.eye(block.size, dtype=np.int64), action.T)
        equations.append((turned - np.kron(image, np.eye(size, dtype=np.int64))) % prime)
    return len(modular.nullspace(np.concatenate(equations), prime)) // block.endomorphisms


# --- Any group of permutations --------------------------------------------------------------


@lru_cache(maxsize=16)
def _named(group: PermutationGroup, field: Field) -> tuple[Block, ...]:
    """Return irreducible representations over a field, with their names."""
    found = _split_off(group)
    if field == "complex":
        exponent = _exponent(group)
        found = [
            one
            for block in found
            for one in ([block] if block.endomorphisms == 1 else _conjugate(block, exponent))
        ]
    found = sorted(found, key=lambda block: block.size)
    sizes = [block.size for block in found]
    return tuple(
        replace(block, name=f"{block.size}{_letters(sizes[:at].count(block.size))}")
        for at, block in enumerate(found)
    )


def _conjugate(block: Block, exponent: int) -> list[Block]:
    parts = block.endomorphisms
    size = block.size // parts
    return [
        Conjugate("", size, (), rational=block, number=number, exponent=exponent)
        for number in range(parts)
    ]


@lru_cache(maxsize=64)
def _conjugates(block: Block, prime: int, exponent: int) -> list[list[Residues]]:
    """Return the matrices of the conjugates of a representation modulo a prime.

    They are sorted by the exponents of the eigenvalues of some elements, as powers of one root of
    unity. Another root would exchange the conjugates of all representations alike, so that numbers
    mean the same modulo any prime but for one automorphism of the field.
    """
    from flint import nmod_poly

    power = {1: 0}
    unit = _root_of_unity(prime, exponent)
    for at in range(1, exponent):
        power[pow(unit, at, prime)] = at
    matrices = block.modulo(prime)
    commuting = modular.from_rationals(np.array(block.commuting), prime)
    identity = np.eye(block.size, dtype=np.int64)
    found = []
    for factor, _ in nmod_poly(list(block.polynomial), prime).factor()[1]:
        root = -int(factor[0]) % prime
        kernel = modular.nullspace((commuting - root * identity).T % prime, prime)
        rows, pivots = modular.row_echelon(kernel, prime)
        images = [modular.matmul(rows, matrix, prime)[:, pivots] for matrix in matrices]
        signature = [
            sorted(power[value] for value in _eigenvalues(word, prime))
            for word in _words(images, prime)
        ]
        found.append((signature, images))
    return [images for _, images in sorted(found, key=lambda pair: pair[0])]


def _root_of_unity(prime: int, order: int) -> int:
    """Return the first primitive root of unity of an order among powers of 2, 3, …."""
    roots = (pow(base, (prime - 1) // order, prime) for base in range(2, prime))
    parts = [order // p for p in range(2, order + 1) if order % p == 0]
    return next(one for one in roots if all(pow(one, part, prime) != 1 for part in parts))


def _words(images: Sequence[Residues], prime: int) -> Iterator[Residues]:
    """Yield the matrices of some elements of the group."""
    rng = np.random.default_rng(len(images))
    for length in range(1, 9):
        word = np.eye(len(images[0]), dtype=np.int64)
        for at in rng.integers(0, len(images), length):
            word = modular.matmul(word, images[at], prime)
        yield word


def _eigenvalues(matrix: Residues, prime: int) -> Iterator[int]:
    from flint import nmod_mat

    size = len(matrix)
    polynomial = nmod_mat(size, size, matrix.ravel().tolist(), prime).charpoly()
    for factor, times in polynomial.factor()[1]:
        yield from [-int(factor[0]) % prime] * times


@lru_cache(maxsize=16)
def _split_off(group: PermutationGroup) -> list[Block]:
    """Return irreducible representations over the rationals, split off small sets first."""
    if any(len(orbit) > _LARGEST for orbit in group.orbits()):
        return []
    found: list[Block] = []
    missing = group.order()
    for images in _actions(group):
        for block in _summands(images):
            if not any(_same(block, other) for other in found):
                found.append(block)
                missing -= block.size**2 // block.endomorphisms
        if not missing:
            break
    return found


def _same(one: Block, other: Block) -> bool:
    """Return whether two irreducible representations are the same but for the basis."""
    if (one.size, *map(np.trace, one.matrices)) != (other.size, *map(np.trace, other.matrices)):
        return False
    prime = modular.PRIMES[0]
    return copies(one.modulo(prime), one.size, other, prime) > 0


def _letters(number: int) -> str:
    """Return a, b, …, z, ba, bb, …."""
    rest, last = divmod(number, 26)
    return (_letters(rest) if rest else "") + chr(ord("a") + last)


def _actions(group: PermutationGroup) -> Iterator[tuple[Permutation, ...]]:
    """Yield how the generators permute a point, the orbits, and the cosets of cyclic subgroups.

    Small sets first; none of more than so many points, and no cosets in a large group.
    """
    generators = group.generators
    yield ((0,),) * len(generators)
    orbits = sorted(group.orbits(), key=len)
    yield from (_moved([[one] for one in orbit], generators, getitem) for orbit in orbits)
    elements = list(group.elements(_MOST_ELEMENTS))
    if len(elements) > _MOST_ELEMENTS:
        return
    sets = []
    left = dict.fromkeys(elements)
    for element in elements:
        if element not in left:
            continue
        # Conjugate elements have the same sets of cosets.
        del left[element]
        queue = [element]
        for one in queue:
            for generator in generators:
                conjugate = compose(compose(generator, one), inverse(generator))
                if conjugate in left:
                    del left[conjugate]
                    queue.append(conjugate)
        powers = [elements[0]]
        while (power := compose(element, powers[-1])) != elements[0]:
            powers.append(power)
        cosets, seen = [], set[Permutation]()
        for one in elements if len(elements) <= _LARGEST * len(powers) else ():
            if one not in seen:
                cosets.append([compose(one, power) for power in powers])
                seen.update(cosets[-1])
        sets.append(cosets)
    for cosets in sorted(sets, key=len):
        if cosets:
            yield _moved(cosets, generators, compose)


def _moved(
    parts: Sequence[Sequence[T]],
    generators: Sequence[Permutation],
    move: Callable[[Permutation, T], T],
) -> tuple[Permutation, ...]:
    """Return how generators permute the parts of a set."""
    place = {one: at for at, part in enumerate(parts) for one in part}
    return tuple(tuple(place[move(g, part[0])] for part in parts) for g in generators)


def _summands(images: Sequence[Permutation]) -> Iterator[Block]:
    """Yield irreducible summands of the representation on points, not yet named."""
    from flint import fmpz_mat

    orbitals = _orbitals(images)
    kinds, points = int(orbitals.max()) + 1, len(orbitals)
    rng = np.random.default_rng(kinds)
    for attempt in range(_ATTEMPTS):
        # Small numbers keep those of the kernels small; larger ones tell more summands apart.
        bound = 3 << 2 * attempt
        mixture = rng.integers(-bound, bound + 1, kinds)[orbitals]
        commuting = fmpz_mat(mixture.tolist())
        whole = True
        for factor, _ in commuting.charpoly().factor()[1]:
            value = fmpz_mat(points, points)
            for coefficient in factor.coeffs()[::-1]:
                value = value * commuting
                for at in range(points):
                    value[at, at] += coefficient
            entries = np.array(value.entries(), dtype=object).reshape(points, points)
            basis, pivots = modular.row_echelon(modular.nullspace(entries.T))
            # What commutes with the group on the kernel is what does on all points.
            reduced = modular.from_rationals(basis, modular.PRIMES[0])
            restricted = [
                modular.matmul(reduced, (orbitals == kind).astype(np.int64), modular.PRIMES[0])
                for kind in range(kinds)
            ]
            rows = np.array([one[:, pivots].ravel() for one in restricted])
            endomorphisms = modular.rank(rows, modular.PRIMES[0])
            if endomorphisms == factor.degree():
                matrices = tuple(
                    basis[:, np.argsort(np.array(image))][:, pivots] for image in images
                )
                own = (basis @ mixture.astype(object))[:, pivots]
                polynomial = tuple(map(int, factor.coeffs()))
                yield Block("", len(basis), matrices, endomorphisms, own, polynomial)
            else:
                whole = False
        if whole:
            return


def _orbitals(images: Sequence[Permutation]) -> NDArray[np.intp]:
    """Return which orbit of pairs of points each pair is in, numbered from 0."""
    points = len(images[0]) if images else 1
    pairs = np.arange(points**2).reshape(points, points)
    moved = (pairs[np.ix_(image, image)].ravel() for image in images)
    return numbered(orbits(points**2, moved))[0].reshape(points, points)
