"""Symmetries planted in weights, hidden units scrambled, for `discover` to find.

``python -m tests.verification.planted 200`` looks for 200 of them and says how long it took. The
weights are constant on the orbits of a group, found here by brute force, and otherwise random.
The groups are those that no larger group of permutations shares these orbits with.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from itertools import combinations, combinations_with_replacement, product
from math import comb, factorial

import numpy as np

import polyconstraints as pc

Images = tuple[int, ...]

#: A group: its degree, generators, order and name.
Planted = tuple[int, list[Images], int, str]


def symmetric(n: int) -> Planted:
    swap = (1, 0, *range(2, n))
    return n, [swap, (*range(1, n), 0)], factorial(n), f"S{n}"


def cyclic(n: int) -> Planted:
    return n, [(*range(1, n), 0)], n, f"C{n}" if n > 2 else "S2"


def dihedral(n: int) -> Planted:
    return n, [(*range(1, n), 0), tuple(reversed(range(n)))], 2 * n, f"D{n}"


def beside(a: Planted, b: Planted) -> Planted:
    """Return a group that acts on points, and another one on others."""
    n = a[0]
    left = [(*images, *range(n, n + b[0])) for images in a[1]]
    right = [(*range(n), *(n + at for at in images)) for images in b[1]]
    names = [group[3] for group in (a, b) if group[2] > 1]
    return n + b[0], left + right, a[2] * b[2], " × ".join(names)


def grid(a: Planted, b: Planted, name: str = "") -> Planted:
    """Return one group acting on the rows of a grid, and another one on its columns."""
    places = list(product(range(a[0]), range(b[0])))
    rows = [tuple(places.index((g[i], j)) for i, j in places) for g in a[1]]
    columns = [tuple(places.index((i, g[j])) for i, j in places) for g in b[1]]
    return len(places), rows + columns, a[2] * b[2], name or f"order {a[2] * b[2]}"


def wreath(a: Planted, b: Planted) -> Planted:
    """Return a group in each block of points, and another one of the blocks."""
    size, generators, order, _ = grid(a, b)
    inside = [
        tuple(at if at % b[0] else images[at // b[0]] * b[0] for at in range(size))
        for images in a[1]
    ]
    total = a[2] ** b[0] * b[2]
    assert order <= total
    return size, inside + generators, total, f"order {total}"


def pairs(k: int) -> Planted:
    """Return S_k acting on the pairs of k letters."""
    edges = [frozenset(edge) for edge in combinations(range(k), 2)]
    images = [
        tuple(edges.index(frozenset(g[i] for i in edge)) for edge in edges) for g in symmetric(k)[1]
    ]
    return comb(k, 2), images, factorial(k), f"order {factorial(k)}"


def twice(a: Planted, name: str) -> Planted:
    """Return a group that moves two copies of its points alike."""
    n = a[0]
    return 2 * n, [(*g, *(n + at for at in g)) for g in a[1]], a[2], name


def trivial(n: int) -> Planted:
    return n, [], 1, "trivial"


#: (C3 × C3) ⋊ C2 on nine points, in which the involution inverts both.
GENERALISED = (
    9,
    [(1, 2, 0, 4, 5, 3, 7, 8, 6), (3, 4, 5, 6, 7, 8, 0, 1, 2), (0, 2, 1, 6, 8, 7, 3, 5, 4)],
    18,
    "order 18",
)
FANO = (7, [(1, 2, 3, 4, 5, 6, 0), (0, 1, 4, 6, 2, 5, 3)], 168, "order 168")
KLEIN = (4, [(1, 0, 3, 2), (2, 3, 0, 1)], 4, "C2 × C2")

GROUPS: list[Planted] = [
    *map(symmetric, (2, 3, 4, 5, 6, 8, 9, 12, 16)),
    *map(cyclic, (3, 4, 5, 6, 7, 8, 10, 12, 16)),
    *map(dihedral, (4, 5, 6, 7, 8, 10, 16)),
    *map(trivial, (3, 8, 16)),
    beside(symmetric(3), symmetric(4)),
    beside(symmetric(8), symmetric(8)),
    beside(cyclic(3), dihedral(5)),
    beside(trivial(5), cyclic(4)),
    beside(wreath(symmetric(3), symmetric(2)), cyclic(3)),
    grid(symmetric(3), symmetric(3)),
    grid(symmetric(2), symmetric(4)),
    grid(symmetric(4), symmetric(4)),
    grid(cyclic(4), cyclic(4), "C4 × C4"),
    grid(cyclic(2), cyclic(4), "C2 × C4"),
    grid(cyclic(3), cyclic(5), "C15"),
    grid(symmetric(3), cyclic(5)),
    wreath(symmetric(2), symmetric(4)),
    wreath(symmetric(4), symmetric(4)),
    wreath(cyclic(3), symmetric(3)),
    wreath(cyclic(4), cyclic(4)),
    pairs(4),
    pairs(5),
    pairs(6),
    twice(symmetric(3), "S3"),
    twice(symmetric(8), "S8"),
    twice(dihedral(5), "D5"),
    twice(cyclic(2), "C2"),
    GENERALISED,
    FANO,
    KLEIN,
]


def tied(
    rng: np.random.Generator, outputs: Sequence[Images], letters: Sequence[Images], degree: int
) -> np.ndarray:
    """Return random weights, of descending letters, that generators leave unchanged."""
    size = len(letters[0])
    shape = (len(outputs[0]), *(size,) * degree)
    weights = np.zeros(shape)
    seen = np.zeros(shape, dtype=bool)
    for output in range(shape[0]):
        for chosen in combinations_with_replacement(range(size), degree):
            place = (output, *reversed(chosen))
            if seen[place]:
                continue
            value, found = rng.normal(), [place]
            seen[place] = True
            for k, *factors in found:
                weights[k, *factors] = value
                for up, down in zip(outputs, letters, strict=True):
                    image = (up[k], *sorted((down[at] for at in factors), reverse=True))
                    if not seen[image]:
                        seen[image] = True
                        found.append(image)
    return weights


def plant(
    rng: np.random.Generator, group: Planted
) -> tuple[pc.NetworkSpec, list[np.ndarray], Images]:
    """Return a network with a group's symmetry, and how its components were renamed."""
    n, generators, _, _ = group
    generators = generators or [tuple(range(n))]
    name = tuple(rng.permutation(n).tolist())
    back = tuple(np.argsort(name).tolist())
    generators = [tuple(name[g[back[at]]] for at in range(n)) for g in generators]
    bias = bool(rng.integers(2))
    degrees = [
        int(rng.choice([1, 2, 2] if n > 8 else [1, 2, 3])) for _ in range(rng.integers(1, 4))
    ]
    degrees[0] = max(2, degrees[0])
    # An invariant layer alone cannot tell rotations from reflections.
    equivariant = len(degrees) == 1 or bool(rng.integers(2))
    extra = int(rng.integers(3))
    levels = [generators]
    for _ in degrees[1:]:
        scrambled = rng.permutation(n + extra)
        undone = np.argsort(scrambled)
        hidden = [(*g, *range(n, n + extra)) for g in generators]
        levels.append([tuple(scrambled[list(g)][undone].tolist()) for g in hidden])
    levels.append(generators if equivariant else [(0,)] * len(generators))
    weights = []
    for degree, below, above in zip(degrees, levels, levels[1:], strict=False):
        letters = [(0, *(at + 1 for at in g)) for g in below] if bias else below
        weights.append(tied(rng, above, letters, degree))
    network = pc.NetworkSpec(
        n,
        len(degrees),
        degrees,
        bias=bias,
        widths=[len(level[0]) for level in levels[1:-1]],
        outputs=len(levels[-1][0]),
        activation="z^2" if rng.integers(4) == 0 else None,
    )
    return network, weights, name


def planted(
    count: int, seed: int = 0
) -> Iterator[tuple[Planted, pc.NetworkSpec, list[np.ndarray], Images]]:
    """Yield so many planted symmetries."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        group = GROUPS[number % len(GROUPS)]
        yield group, *plant(rng, group)


def mistakes(
    group: Planted, network: pc.NetworkSpec, weights: list[np.ndarray], name: Images
) -> list[str]:
    """Return what is wrong with what is discovered."""
    found = pc.discover(network, weights).groups[0]
    wrong = []
    names = [sorted(name.split(" × ")) for name in (found.name, group[3])]
    if (found.order, found.complete) != (group[2], True) or names[0] != names[1]:
        wrong.append(f"{found.name}, order {found.order}, complete {found.complete}")
    known = found.group
    for images in group[1]:
        renamed = [0] * len(name)
        for point, image in enumerate(images):
            renamed[name[point]] = name[image]
        if tuple(renamed) not in known:
            wrong.append(f"{renamed} is missing")
    return wrong


def main() -> None:
    started, failed = time.perf_counter(), 0
    for number, (group, network, weights, name) in enumerate(planted(int(sys.argv[1]))):
        if wrong := mistakes(group, network, weights, name):
            failed += 1
            print(number, group[3], network, *wrong, sep="; ")
    seconds = time.perf_counter() - started
    print(f"{int(sys.argv[1]) - failed} of {sys.argv[1]} right, {seconds:.0f} s")


if __name__ == "__main__":
    main()
