"""Automorphisms of a network's coloured graph: units, products, and coefficients between both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import extra
from polyconstraints.memory import require_memory
from polyconstraints.spec.groups import Permutation, PermutationGroup
from polyconstraints.spec.network import NetworkSpec

Integers = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Kind = Literal["equivariant", "invariant"]

#: Bytes for a node of the graph with its edges, and for its image under a generator.
_NODE_BYTES = 600
_IMAGE_BYTES = 40


@dataclass(frozen=True, eq=False)
class LayerLabels:
    """The coefficients of one layer, those that count as equal in one class."""

    #: The letters of each product, in descending order, (products, degree).
    multisets: NDArray[np.int32]
    #: The class of each coefficient, (outputs, products).
    labels: Integers
    #: Whether letter 0 is the homogenising unit.
    bias: bool


@dataclass
class _Graph:
    """A coloured graph in the making."""

    colors: list[Integers] = field(default_factory=list)
    edges: list[Integers] = field(default_factory=list)
    size: int = 0
    used: int = 0

    def nodes(self, colors: Integers) -> Integers:
        """Add nodes of colours that no nodes before have, and return their numbers."""
        self.colors.append(colors + self.used)
        self.used += int(colors.max(initial=-1)) + 1
        self.size += len(colors)
        return np.arange(self.size - len(colors), self.size)

    def join(self, left: Integers, right: Integers) -> None:
        """Add edges."""
        self.edges.append(np.stack(np.broadcast_arrays(left, right), axis=-1).reshape(-1, 2))


def automorphisms(
    network: NetworkSpec, layers: Sequence[LayerLabels], kind: Kind, memory_limit: int | None
) -> tuple[PermutationGroup, tuple[Mapping[int, Permutation], ...]]:
    """Return the group that leaves the classes of coefficients, and how hidden units move."""
    with extra("discover"):
        from igraph import Graph
    n = network.inputs
    cells = _cells(network, layers, kind)
    graph = _Graph()
    components = graph.nodes(np.zeros(n, dtype=np.int64))
    levels = [graph.nodes(numbers) for numbers in cells]
    for level in _moved_ends(network, kind):
        graph.join(levels[level], np.repeat(components, network.channels[level]))
    for index, layer in enumerate(layers):
        _add_layer(graph, layer, levels[index : index + 2], cells[index : index + 2])
    colors = np.concatenate(graph.colors)
    _require_nodes(graph.size, 0, memory_limit)
    whole = Graph(graph.size, np.concatenate(graph.edges))
    order = whole.count_automorphisms(color=colors.tolist())
    # Each generator joins two orbits, which are parts of cells, and makes a larger group.
    joined = sum(len(numbers) - int(numbers.max()) - 1 for numbers in cells)
    _require_nodes(graph.size, min(joined, order.bit_length()), memory_limit)
    found: dict[Permutation, Mapping[int, Permutation]] = {}
    for images in whole.automorphism_group(color=colors.tolist()):
        moved = {
            level: tuple(images[node] - nodes[0] for node in nodes)
            for level, nodes in enumerate(levels[1:-1], 1)
        }
        found.setdefault(tuple(images[:n]), moved)
    found.pop(tuple(range(n)), None)
    # Those that leave all components in place permute hidden units that are alike.
    colors[components] = graph.used + components
    order //= whole.count_automorphisms(color=colors.tolist())
    group = PermutationGroup(n, found, known_order=lambda: order)
    return group, tuple(found.values())


def _require_nodes(nodes: int, generators: int, memory_limit: int | None) -> None:
    needed = nodes * (_NODE_BYTES + _IMAGE_BYTES * generators)
    require_memory(needed, memory_limit, f"a graph of {nodes} nodes", nodes)


def _moved_ends(network: NetworkSpec, kind: Kind) -> list[int]:
    """Return the levels whose units move with the components."""
    return [0, network.depth] if kind == "equivariant" else [0]


def _add_layer(
    graph: _Graph,
    layer: LayerLabels,
    units: Sequence[Integers],
    cells: Sequence[Integers],
) -> None:
    """Add the products of a layer, and the coefficients that tell more than the cells do."""
    letters, outputs = units
    kinds = _product_cells(layer, cells[0])
    # Within each pair of cells, the coefficients of the commonest class need no nodes.
    pairs = cells[1][:, None] * (int(kinds.max()) + 1) + kinds
    keys = pairs * (int(layer.labels.max()) + 1) + layer.labels
    values, which, counts = np.unique(keys, return_inverse=True, return_counts=True)
    pair = values // (int(layer.labels.max()) + 1)
    order = np.lexsort((-counts, pair))
    commonest = order[np.unique(pair[order], return_index=True)[1]]
    kept = ~np.isin(which.reshape(keys.shape), commonest)
    output, product = np.nonzero(kept)
    used = np.flatnonzero(kept.any(axis=0))
    products = np.zeros(len(kinds), dtype=np.int64)
    products[used] = graph.nodes(kinds[used])
    coefficients = graph.nodes(layer.labels[kept])
    graph.join(coefficients, outputs[output])
    graph.join(coefficients, products[product])
    # A letter to the power e in a product is an edge to a node of its own.
    degree = layer.multisets.shape[1]
    if layer.bias:
        letters = np.append(graph.nodes(np.zeros(1, dtype=np.int64)), letters)
    powers = graph.nodes(np.tile(np.arange(degree), len(letters))).reshape(-1, degree)
    graph.join(powers, letters[:, None])
    chosen = layer.multisets[used]
    exponents = (chosen[:, :, None] == chosen[:, None]).sum(axis=2) - 1
    first = np.diff(chosen, axis=1, prepend=-1) != 0
    row, place = np.nonzero(first)
    graph.join(products[used][row], powers[chosen[row, place], exponents[row, place]])


# --- Cells --------------------------------------------------------------------------------


def _cells(network: NetworkSpec, layers: Sequence[LayerLabels], kind: Kind) -> list[Integers]:
    """Return numbers of the units of each level, the same for units that look alike.

    Colour refinement: units are told apart by their coefficients and the units behind them, until
    that tells nothing new. Compared are hashes, in any order: a collision joins two cells, which
    makes the graph larger, but no result wrong.
    """
    ends = _moved_ends(network, kind)
    cells = [np.zeros(units, dtype=np.int64) for units in network.units]
    cells[-1] = np.arange(network.units[-1])
    for level in ends:
        cells[level] = np.arange(network.units[level]) % network.channels[level]
    hashed = [_hash(layer.labels) for layer in layers]
    before = 0
    while (now := sum(int(numbers.max()) + 1 for numbers in cells)) > before:
        before, sums = now, [_hash(numbers) for numbers in cells]
        for index, (layer, labels) in enumerate(zip(layers, hashed, strict=True)):
            products = _hash(_product_cells(layer, cells[index]))
            outputs = _hash(cells[index + 1])[:, None]
            seen = np.zeros(int(layer.multisets.max()) + 1, dtype=np.uint64)
            below = products + _hash(labels ^ outputs).sum(axis=0)
            np.add.at(seen, layer.multisets, _hash(below)[:, None])
            sums[index] += _hash(seen[int(layer.bias) :])
            sums[index + 1] += _hash(labels ^ products).sum(axis=1)
        whole = sum(
            _hash(sums[level] + level).reshape(network.inputs, -1).sum(axis=1) for level in ends
        )
        for level in ends:
            sums[level] = _hash(sums[level]) + np.repeat(whole, network.channels[level])
        cells = [np.unique(numbers, return_inverse=True)[1] for numbers in sums]
    return cells


def _product_cells(layer: LayerLabels, cells: Integers) -> Integers:
    """Return numbers of the products, the same for products of units of the same cells."""
    letters = np.append(0, cells + 1) if layer.bias else cells
    hashes = _hash(letters)[layer.multisets].sum(axis=1)
    return np.unique(hashes, return_inverse=True)[1]


def _hash(numbers: NDArray[Any]) -> Hashes:
    """Return 64 bits for each number that look random (the mixing of SplitMix64)."""
    mixed: Hashes = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
