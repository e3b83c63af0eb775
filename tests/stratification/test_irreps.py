"""Young's seminormal form, against characters and the laws of representations."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations
from math import factorial

import numpy as np
import pytest

from polyconstraints.errors import UsageError
from polyconstraints.spec.groups import PermutationGroup, compose
from polyconstraints.variety.strata.irreducibles import Block, Field, irreducibles, primes
from polyconstraints.variety.strata.irreps import (
    irrep_dimension,
    irrep_matrix,
    partitions_up_to_dimension,
    standard_tableaux,
)
from polyconstraints.variety.strata.representations import (
    Level,
    level_choices,
    parse_level,
    permutation_representation,
)


def all_partitions(n: int, largest: int | None = None) -> list[tuple[int, ...]]:
    if n == 0:
        return [()]
    top = n if largest is None else min(n, largest)
    return [(part, *rest) for part in range(top, 0, -1) for rest in all_partitions(n - part, part)]


def character(partition: tuple[int, ...], cycles: tuple[int, ...]) -> int:
    """Apply the Murnaghan-Nakayama rule to first-column hook lengths (beta numbers)."""
    if not cycles:
        return 1
    length, *rest = cycles
    beads = [part + len(partition) - 1 - row for row, part in enumerate(partition)]
    total = 0
    for row, bead in enumerate(beads):
        target = bead - length
        if target < 0 or target in beads:
            continue
        between = sum(target < other < bead for other in beads)
        moved = sorted([*beads[:row], *beads[row + 1 :], target], reverse=True)
        smaller = tuple(b - (len(moved) - 1 - at) for at, b in enumerate(moved))
        total += (-1) ** between * character(tuple(p for p in smaller if p), tuple(rest))
    return total


def cycle_type(permutation: tuple[int, ...]) -> tuple[int, ...]:
    seen: set[int] = set()
    lengths = []
    for start in range(len(permutation)):
        length, point = 0, start
        while point not in seen:
            seen.add(point)
            point = permutation[point]
            length += 1
        if length:
            lengths.append(length)
    return tuple(sorted(lengths, reverse=True))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_traces_are_characters(n: int) -> None:
    for partition in all_partitions(n):
        for permutation in permutations(range(n)):
            trace = np.trace(irrep_matrix(partition, permutation))
            assert trace == character(partition, cycle_type(permutation))


@pytest.mark.parametrize("partition", [(3,), (2, 1), (2, 2), (3, 1), (2, 1, 1), (3, 2)])
def test_matrices_follow_the_order_of_the_action(partition: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    n = sum(partition)
    for _ in range(20):
        one, other = (tuple(rng.permutation(n).tolist()) for _ in range(2))
        # (στ acts) x ↦ x_τ(i) first, then x ↦ x_σ(i): together x_τ(σ(i)).
        product = irrep_matrix(partition, one) @ irrep_matrix(partition, other)
        assert (product == irrep_matrix(partition, compose(other, one))).all()


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7])
def test_dimensions(n: int) -> None:
    found = partitions_up_to_dimension(n, factorial(n))
    assert sorted(found) == sorted(all_partitions(n))
    assert sum(irrep_dimension(partition) ** 2 for partition in found) == factorial(n)
    for partition in found:
        assert irrep_dimension(partition) == len(standard_tableaux(partition))


def test_only_four_small_irreps_of_a_large_group() -> None:
    found = partitions_up_to_dimension(30, 30)
    assert found == [(30,), (29, 1), (2, *[1] * 28), (1,) * 30]


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_permutation_representation_is_its_summands(n: int) -> None:
    group = PermutationGroup.symmetric(n)
    points = permutation_representation(group.generators, group)
    for matrix, generator in zip(points.over(), group.generators, strict=True):
        x = np.arange(10, 10 + n)
        assert (matrix @ x == x[list(generator)]).all()
        traces = Counter(dict(points.multiplicities))
        expected = sum(
            count * character(tuple(json.loads(name)), cycle_type(generator))
            for name, count in traces.items()
        )
        assert np.trace(matrix) == expected


@pytest.mark.parametrize(("n", "units", "count"), [(3, 3, 6), (4, 4, 13), (5, 5, 12), (2, 2, 3)])
def test_number_of_choices(n: int, units: int, count: int) -> None:
    group = PermutationGroup.symmetric(n)
    points = permutation_representation(group.generators, group)
    supply = {block.name: units for block in irreducibles(group, units)}
    levels = list(level_choices(units, group, points, supply, irreducibles(group, units)))
    names = [str(level) for level in levels]
    assert len(set(names)) == len(names)
    assert names[0] == str(Level(units, points))
    assert sum(level.rank == units and not level.free for level in levels) == count


def test_entries_are_exact() -> None:
    entries = irrep_matrix((3, 1), (1, 2, 3, 0)).ravel().tolist()
    assert all(isinstance(entry, int | Fraction) for entry in entries)


@pytest.mark.parametrize(
    "text", ["[4]", "[1,2]", "2*[2,1]", "x", "[3]+", "free:4", "[3]+3*free", "a*[3]", "[0,3]"]
)
def test_wrong_levels_are_refused(text: str) -> None:
    group = PermutationGroup.symmetric(3)
    with pytest.raises(UsageError, match="hidden"):
        parse_level(text, 3, group, None, irreducibles(group, 3))


GROUPS = [
    PermutationGroup.cyclic(5),
    PermutationGroup.cyclic(6),
    PermutationGroup.dihedral(4),
    PermutationGroup.dihedral(5),
    PermutationGroup.alternating(4),
    PermutationGroup(6, [(1, 0, 2, 3, 4, 5), (1, 2, 0, 3, 4, 5), (0, 1, 2, 4, 5, 3)]),  # S3 × C3
    PermutationGroup(8, [(1, 2, 3, 0, 5, 6, 7, 4), (4, 5, 6, 7, 0, 1, 2, 3)]),  # a grid: C4 × C2
    PermutationGroup(4, [(2, 3, 0, 1), (1, 0, 3, 2)]),  # a grid: S2 × S2
    PermutationGroup(9, [(1, 2, 0, 4, 5, 3, 7, 8, 6), (3, 4, 5, 6, 7, 8, 0, 1, 2)]),  # C3 × C3
    PermutationGroup(4, [(1, 0, 2, 3), (0, 1, 3, 2)]),  # two orbits
    PermutationGroup(6, [(1, 0, 3, 2, 5, 4), (5, 2, 4, 0, 1, 3)]),  # S3 on itself
    PermutationGroup(6, [(4, 1, 3, 0, 2, 5), (5, 4, 2, 3, 1, 0)]),  # S5 on six points
]


def characters(
    group: PermutationGroup, blocks: Sequence[Block], prime: int
) -> list[dict[tuple[int, ...], int]]:
    """Return the trace of every element in each representation, element by element."""
    found = []
    for block in blocks:
        generators = list(zip(group.generators, block.modulo(prime), strict=True))
        one = tuple(range(group.degree))
        matrices = {one: np.eye(block.size, dtype=np.int64)}
        queue = [one]
        for element in queue:
            for generator, image in generators:
                # x ↦ x_σ(i) after x ↦ x_τ(i) is x ↦ x_τ(σ(i)).
                after = tuple(element[at] for at in generator)
                matrix = image @ matrices[element] % prime
                if after in matrices:
                    assert (matrices[after] == matrix).all()
                else:
                    matrices[after] = matrix
                    queue.append(after)
        found.append({g: int(np.trace(m)) % prime for g, m in matrices.items()})
    return found


@pytest.mark.parametrize("group", GROUPS, ids=str)
@pytest.mark.parametrize("field", ["rational", "complex"])
def test_irreducibles_of_any_group(group: PermutationGroup, field: Field) -> None:
    """They are representations, with orthogonal characters, and there are no others."""
    blocks, prime = irreducibles(group, 99, field), primes(group, field)[0]
    traces = characters(group, blocks, prime)
    order = len(traces[0])
    assert sum(b.size**2 // b.endomorphisms for b in blocks) == order == group.order()
    assert set(traces[0].values()) == {1}
    for one, block in zip(traces, blocks, strict=True):
        assert field == "rational" or block.endomorphisms == 1
        for other in traces:
            inverse = {tuple(np.argsort(g)): trace for g, trace in other.items()}
            product = sum(one[g] * inverse[g] for g in one) % prime
            assert product == (order * block.endomorphisms if one is other else 0)


def test_names_of_irreducibles() -> None:
    group = PermutationGroup.dihedral(5)
    assert [block.name for block in irreducibles(group, 9)] == ["1a", "1b", "4a"]
    assert [block.name for block in irreducibles(group, 9, "complex")] == ["1a", "1b", "2a", "2b"]
    assert str(permutation_representation(group.generators, group).multiplicities) == (
        "(('1a', 1), ('4a', 1))"
    )


def test_groups_of_too_many_points_are_not_split() -> None:
    """Then the permutation representation has no summands to be named."""
    group = PermutationGroup.cyclic(97)
    assert irreducibles(group, 97) == ()
    points = permutation_representation(group.generators, group)
    assert str(Level(97, points)) == "permutation"
