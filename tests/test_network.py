"""Networks: sizes, conventions, names."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import polyconstraints as pc
from polyconstraints.spec.network import LayerSpec, layer_degree, layer_kind


@st.composite
def networks(draw: st.DrawFn) -> pc.NetworkSpec:
    depth = draw(st.integers(1, 3))
    sizes = st.integers(1, 4)
    return pc.NetworkSpec(
        draw(sizes),
        depth,
        draw(st.sampled_from(["quadratic", "linear"])),
        draw(st.sampled_from(["ordered", "redundant"])),
        draw(st.booleans()),
        draw(st.lists(sizes, min_size=depth - 1, max_size=depth - 1)),
        draw(sizes),
        draw(st.lists(st.integers(1, 2), min_size=depth + 1, max_size=depth + 1)),
    )


@pytest.mark.parametrize("n", range(1, 8))
def test_weights_of_one_layer(n: int) -> None:
    assert pc.NetworkSpec(n, layer="linear").weights == n**2
    assert pc.NetworkSpec(n, indices="redundant").weights == n**3
    assert pc.NetworkSpec(n).weights == n**2 * (n + 1) // 2
    assert pc.NetworkSpec(n, bias=True).weights == n * (n + 1) * (n + 2) // 2


@given(networks())
def test_names_and_places(network: pc.NetworkSpec) -> None:
    names = network.weight_names()
    assert len(set(names)) == len(names) == network.weights
    position = 0
    for layer in network.layers:
        assert int(layer.mask.sum()) == layer.weights
        # A weight's number is its place among the weights in the array's own order.
        for index in np.argwhere(layer.mask).tolist():
            assert names[position] == layer.name(*index)
            assert network.locate(names[position]) == (layer.index, tuple(index))
            position += 1


@pytest.mark.parametrize(
    "name",
    [
        "W0_1_1_2",
        "W0_4_1_1",
        "W0_0_1_1",
        "W2_1_1_1",
        "W0_1_1",
        "W0_1_1_1_1",
        "W0_01_1_1",
        "W0_1_-1_1",
        "W_1_1_1",
        "x1",
        "",
        "W" + "9" * 5000 + "_1_1_1",
        "W0_1_1_٣",
    ],
)
def test_unknown_weights_are_named(name: str) -> None:
    with pytest.raises(pc.InputError, match="expected a weight of this network"):
        pc.NetworkSpec(3, 2).locate(name)


def test_bias_gives_the_index_zero() -> None:
    assert LayerSpec(1, 1, "ordered", True, 2, 1).names() == ["W1_1_0", "W1_1_1", "W1_1_2"]
    assert pc.NetworkSpec(3, bias=True).locate("W0_1_0_0") == (0, (0, 0, 0))
    with pytest.raises(pc.InputError, match="W0_1_0_0"):
        pc.NetworkSpec(3).locate("W0_1_0_0")


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ({"inputs": 0}, "inputs"),
        ({"inputs": True}, "inputs"),
        ({"inputs": 3, "depth": 0}, "depth"),
        ({"inputs": 3, "depth": -1}, "depth"),
        ({"inputs": 3.0}, "inputs"),
        ({"inputs": np.float64(3)}, "inputs"),
        ({"inputs": np.bool_(True)}, "inputs"),
        ({"inputs": "3"}, "inputs"),
        ({"inputs": 3, "layer": "cube"}, "layer"),
        ({"inputs": 3, "layer": "bilinear"}, "layer"),
        ({"inputs": 3, "layer": 2.0}, "layer"),
        ({"inputs": 3, "depth": 2, "layer": ["linear"]}, "layer"),
        ({"inputs": 3, "depth": 2, "widths": 4}, "widths"),
        ({"inputs": 3, "depth": 2, "widths": [True]}, "widths"),
        ({"inputs": 3, "outputs": 1.5}, "outputs"),
        ({"inputs": 3, "channels": 2.0}, "channels"),
        ({"inputs": 3, "indices": "sorted"}, "indices"),
        ({"inputs": 3, "depth": 2, "widths": [3, 3]}, "widths"),
        ({"inputs": 3, "depth": 2, "widths": [0]}, "widths"),
        ({"inputs": 3, "channels": 0}, "channels"),
        ({"inputs": 3, "channels": [1, 2, 3]}, "channels"),
    ],
)
def test_impossible_networks_are_refused(arguments: dict[str, Any], option: str) -> None:
    with pytest.raises(pc.UsageError, match=f"^{option}: expected"):
        pc.NetworkSpec(**arguments)


def test_equal_networks_are_equal() -> None:
    assert pc.NetworkSpec(3, 2) == pc.NetworkSpec(3, 2, widths=[3], outputs=3, channels=(1, 1, 1))
    assert len({pc.NetworkSpec(3, 2), pc.NetworkSpec(3, 2, widths=(3,))}) == 1
    assert pc.NetworkSpec(3, 3).degree == 8
    assert pc.NetworkSpec(3, 3, layer="linear").degree == 1


@pytest.mark.parametrize("degree", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("indices", ["ordered", "redundant"])
@pytest.mark.parametrize("bias", [False, True])
def test_layers_of_any_degree(degree: int, indices: Any, bias: bool) -> None:
    layer = LayerSpec(0, degree, indices, bias, 3, 2)
    letters = range(3 + bias)
    expected = [
        product
        for product in itertools.product(letters, repeat=degree)
        if indices == "redundant" or list(product) == sorted(product, reverse=True)
    ]
    assert layer.product_indices().tolist() == [list(product) for product in expected]
    assert layer.products == len(expected)
    assert layer.weights == 2 * len(expected)
    for place in itertools.product(letters, repeat=degree):
        assert layer.mask[(1, *place)] == (place in expected) == layer.has((1, *place))
    assert layer.names()[-1] == "_".join(["W0", "2", *["3"] * degree])
    assert len(layer.axes) == len(layer.shape) == degree + 1
    assert layer.ordered == (degree > 1 and indices == "ordered")
    assert layer_degree(layer.kind) == degree


def test_kinds_of_layers() -> None:
    assert [layer_kind(degree) for degree in (1, 2, 3, 12)] == [
        "linear",
        "quadratic",
        "cubic",
        "12",
    ]
    assert layer_degree("12") == layer_degree(np.int64(12)) == 12
    for kind in ("0", "01", "-1", "٣", "", "1.5", "99999", True, None):
        with pytest.raises(pc.UsageError, match=r"^layer: expected"):
            layer_degree(kind)
    assert pc.NetworkSpec(3, 2, [1, "linear"]) == pc.NetworkSpec(3, 2, "linear")


def test_integers_of_numpy_are_integers() -> None:
    network = pc.NetworkSpec(
        np.int64(3), np.int32(2), widths=[np.int8(4)], outputs=np.uint8(2), channels=np.int64(2)
    )
    assert network == pc.NetworkSpec(3, 2, widths=[4], outputs=2, channels=2)
    sizes = [network.inputs, network.depth, *network.widths, *network.channels]
    assert {type(size) for size in sizes} == {int}


def test_sizes_are_estimated_before_memory_is_spent() -> None:
    layer = LayerSpec(0, 4, "ordered", False, 10**5, 1)
    assert layer.products > 10**18
    for large in (lambda: layer.mask, layer.product_indices):
        with pytest.raises(pc.TooLargeError, match="indices of a layer"):
            large()
    with pytest.raises(pc.TooLargeError, match="expected at most 100000 layers"):
        pc.NetworkSpec(2, 10**9)
