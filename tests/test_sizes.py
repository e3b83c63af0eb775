"""Large networks: quick where much of them is equal."""

from __future__ import annotations

import time
from math import comb

import pytest

import polyconstraints as pc


def test_equal_layers_are_one_layer() -> None:
    started = time.process_time()
    depth = 400
    network = pc.NetworkSpec(2, depth=depth)
    found = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(2)))
    assert len({id(comparison) for comparison in found.comparisons}) == 1
    assert found.distinct_weights == 3 * depth
    # One layer has 3; each further one has a hidden gauge a·I + b·11^T of 2 (n = 2).
    assert found.function_dimension == 3 * depth - 2 * (depth - 1)
    # Was 40 seconds when derivatives were carried forwards, 3 to 5 now.
    assert time.process_time() - started < 20


@pytest.mark.parametrize("kind", ["equivariant", "invariant"])
def test_many_channels_count_as_quickly_as_few(kind: str) -> None:
    started = time.process_time()
    channels = 40
    network = pc.NetworkSpec(3, outputs=1 if kind == "invariant" else 3, channels=channels)
    found = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(3), kind))
    # Multisets of two channels for each way in which i, j and k are equal.
    same, ordered = comb(channels + 1, 2), channels**2
    of_an_output = 2 * same + same + ordered if kind == "equivariant" else 2 * same
    assert found.distinct_weights == channels * of_an_output
    assert found.counts.distinct > 0
    assert time.process_time() - started < 10


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("kind", ["equivariant", "invariant"])
def test_counts_of_channels_are_those_of_single_pairs(kind: str, bias: bool) -> None:
    channels = (3, 2)
    network = pc.NetworkSpec(
        3, bias=bias, outputs=1 if kind == "invariant" else 3, channels=channels
    )
    found = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(3), kind))
    comparison = found.comparisons[0]
    assert found.counts.distinct == len(list(comparison.pairs()))
