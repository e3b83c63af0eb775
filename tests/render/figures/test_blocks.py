"""The block picture: what it shows, and that SVG, PNG and terminal show the same."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.errors import UsageError
from polyconstraints.render.figures.blocks import BlockPicture, block_picture, layer_scene
from polyconstraints.render.figures.layer_picture import LayerPicture
from polyconstraints.render.figures.scene import Shape, scene_svg
from polyconstraints.render.words import to_ascii
from polyconstraints.spec.network import LayerSpec

Draw = Callable[..., BlockPicture]
SVG = "{http://www.w3.org/2000/svg}"

NETWORKS: list[tuple[int, dict[str, Any]]] = [
    (1, {}),
    (2, {"bias": True, "depth": 2}),
    (3, {"layer": "linear", "bias": True}),
    (4, {"indices": "redundant", "compare": "paper"}),
    (5, {"indices": "redundant"}),
    (25, {}),
]


def drawn_classes(picture: BlockPicture, layer: int) -> np.ndarray[Any, Any]:
    """Return the classes that the shapes of a layer's scene cover, read from their corners."""
    shown = picture.layers[layer]
    scene, layout = layer_scene(shown)
    cells = np.full_like(shown.cells, -1)
    for shape in scene.items:
        if not isinstance(shape, Shape) or shape.role != "class":
            continue
        (_, number) = shape.data[0]
        corners = [point for _, point in shape.path if point]
        for at in range(0, len(corners), 4):
            (x0, y0), (x1, _), (_, y1), _ = corners[at : at + 4]
            for block, (left, top) in enumerate(layout.origins):
                columns = range(round((x0 - left) / layout.cell), round((x1 - left) / layout.cell))
                row = (y0 + y1) / 2 - top
                inside = 0 <= x0 - left < cells.shape[2] * layout.cell
                if inside and 0 <= row < cells.shape[1] * layout.cell:
                    for column in columns:
                        assert cells[block, int(row // layout.cell), column] == -1
                        cells[block, int(row // layout.cell), column] = number
    return cells


@pytest.mark.parametrize(("n", "network"), NETWORKS)
def test_shapes_cover_exactly_the_weights(draw: Draw, n: int, network: dict[str, Any]) -> None:
    picture = draw(n, **network)
    for layer in range(len(picture.layers)):
        assert (drawn_classes(picture, layer) == picture.layers[layer].cells).all()


@pytest.mark.parametrize(("n", "network"), NETWORKS)
def test_plain_text_shows_every_class(draw: Draw, n: int, network: dict[str, Any]) -> None:
    picture = draw(n, **network)
    lines = list(picture.text(10_000))
    for layer in picture.layers:
        start = lines.index(layer.heading) + 1 + (layer.layer.degree == 2)
        rows = lines[start : start + layer.cells.shape[1]]
        cells = r"\d+|·" if n < 21 else r"\S"
        read = [re.findall(cells, row) for row in rows]
        expected = [
            ["·" if cell < 0 else str(cell) for block in layer.cells for cell in block[row]]
            for row in range(layer.cells.shape[1])
        ]
        assert read == expected


def test_color_draws_half_blocks_for_wide_blocks(draw: Draw) -> None:
    from rich.console import Console

    picture = draw(25)
    stream = StringIO()
    console = Console(file=stream, force_terminal=True, color_system="truecolor", width=200)
    for line in picture.rich(200):
        console.print(line, no_wrap=True)
    text = stream.getvalue()
    assert "▀" in text
    for entry in picture.layers[0].classes:
        rgb = ";".join(str(int(entry.mark.color[at : at + 2], 16)) for at in (1, 3, 5))
        assert f"8;2;{rgb}" in text


def test_two_colors_on_every_diagonal(draw: Draw) -> None:
    # What the paper says about table (22), for redundant indices under its comparison.
    for n in (2, 3, 6):
        (layer,) = draw(n, "paper", indices="redundant").layers
        diagonals = {layer.marks[number] for number in np.einsum("kii->ki", layer.cells).flat}
        assert len(diagonals) == 2


def test_patterns_describe_the_classes(draw: Draw) -> None:
    assert [entry.pattern for entry in draw(4).layers[0].classes] == [
        "k = i = j",
        "k is one of i ≠ j",
        "k ≠ i = j",
        "k, i, j all different",
    ]
    redundant = draw(4, "tensor", indices="redundant").layers[0].classes
    assert [entry.pattern for entry in redundant] == [
        "k = i = j",
        "k = i ≠ j",
        "k = j ≠ i",
        "k ≠ i = j",
        "k, i, j all different",
    ]


def test_svg_is_well_formed_described_and_the_same_every_time(draw: Draw) -> None:
    first, second = (scene_svg(draw(3, depth=2, bias=True).scene()) for _ in range(2))
    assert first == second
    root = ET.fromstring(first)
    assert root.get("role") == "img"
    labels = (root.get("aria-labelledby") or "").split()
    texts = {node.get("id"): node.text for node in root.iter() if node.get("id")}
    assert all(texts[label] for label in labels)
    assert "k = i = j" in (texts[labels[1]] or "")
    # Small cells are numbered, so colour isn't needed; nothing refers to anything outside.
    numbers = [node.text for node in root.iter(f"{SVG}text") if node.get("class") == "number"]
    assert len(numbers) == 60
    assert "http" not in first.replace("http://www.w3.org/2000/svg", "")


def test_svg_hatches_few_classes_where_numbers_do_not_fit(draw: Draw) -> None:
    root = ET.fromstring(scene_svg(draw(40).scene()))
    fills = {node.get("fill") for node in root.iter(f"{SVG}path") if node.get("class") == "class"}
    assert len(fills) == 4
    assert sum((fill or "").startswith("url(#") for fill in fills) == 3
    assert not [node for node in root.iter(f"{SVG}text") if node.get("class") == "number"]


def test_png_has_the_colors_where_the_scene_has_them(draw: Draw) -> None:
    image = pytest.importorskip("matplotlib.image")
    from polyconstraints.render.figures.picture import scene_bytes

    picture = draw(3)
    (layer,) = picture.layers
    scene, layout = layer_scene(layer)
    png = scene_bytes(scene, scale=1)
    assert png == scene_bytes(scene, scale=1)
    pixels = (image.imread(BytesIO(png))[..., :3] * 255).round().astype(int)
    for block, (left, top) in enumerate(layout.origins):
        for row, column in np.argwhere(layer.cells[block] >= 0):
            mark = layer.marks[layer.cells[block, row, column]]
            # Near the corner, beside the number.
            x, y = left + column * layout.cell + 3, top + row * layout.cell + 3
            expected = [int(mark.color[at : at + 2], 16) for at in (1, 3, 5)]
            assert abs(pixels[int(y), int(x)] - expected).max() <= 2


def test_json_holds_the_map(draw: Draw) -> None:
    picture = draw(3, "paper", indices="redundant")
    document = picture.to_json()
    tying = picture.tying
    assert document["layers"][0]["cells"] == tying.layers[0].classes.tolist()
    dependent = {
        entry["class"]: {free: (top, bottom) for top, bottom, free in entry["dependent"]}
        for entry in document["layers"][0]["classes"]
        if entry["dependent"] is not None
    }
    assert dependent == {
        number: {free: (f.numerator, f.denominator) for free, f in combination.items()}
        for number, combination in tying.layers[0].dependent.items()
    }


def test_selection_and_its_errors(draw: Draw) -> None:
    tying = draw(3, depth=2).tying
    picture = block_picture(tying, layers=[1], outputs=[2])
    assert [layer.layer.index for layer in picture.layers] == [1]
    assert picture.layers[0].cells.shape == (1, 3, 3)
    with pytest.raises(UsageError, match=r"layers: expected a layer from 0 to 1, got 2"):
        block_picture(tying, layers=[2])
    with pytest.raises(UsageError, match=r"outputs: expected an output from 1 to 3 .* got 4"):
        block_picture(tying, outputs=[3])


def test_ascii_is_ascii(draw: Draw) -> None:
    for line in draw(3, depth=2, bias=True).text():
        assert to_ascii(line).isascii()


def test_no_pattern_with_channels() -> None:
    network = pc.NetworkSpec(3, channels=2)
    symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(3))
    picture = block_picture(pc.derive(network, symmetry).tying_map())
    assert {entry.pattern for entry in picture.layers[0].classes} == {None}


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
def test_cells_know_their_weights_for_every_degree(degree: int) -> None:
    layer = LayerSpec(0, degree, "redundant", True, 2, 3)
    numbers = np.arange(layer.weights).reshape(layer.shape)[[0, 2]]
    rows = 2 if degree == 1 else layer.letters
    picture = LayerPicture(layer, numbers.reshape(-1, rows, layer.letters), (0, 2), ())
    for (block, row, column), number in np.ndenumerate(picture.cells):
        place = np.unravel_index(number, layer.shape)
        labels = picture.rows[row], picture.columns[column]
        assert labels == (str(place[-2] + (degree == 1)), str(place[-1]))
        if degree > 1:
            named = dict(part.split(" = ") for part in picture.block_names[block].split(", "))
            assert list(map(int, named.values())) == [place[0] + 1, *place[1:-2]]
