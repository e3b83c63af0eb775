"""The network's graph and the graph of strata."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest

from polyconstraints.errors import InputError
from polyconstraints.render.figures.blocks import BlockPicture
from polyconstraints.render.figures.network_graph import network_graph
from polyconstraints.render.figures.scene import scene_svg
from polyconstraints.render.figures.strata_graph import StrataGraph

Draw = Callable[..., BlockPicture]
Document = dict[str, Any]
SVG = "{http://www.w3.org/2000/svg}"


def stratum(hidden: dict[str, int], *dimensions: int | None, **more: Any) -> Document:
    weight, tangent, function = dimensions
    return {
        "hidden": [hidden],
        "weight_dimension": weight,
        "tangent_dimension": tangent,
        "function_dimension": function,
        "component": weight == tangent,
        **more,
    }


def document(*strata: Document) -> Document:
    head = {"schema": "polyconstraints/strata/2", "network": {}, "symmetry": {}, "weights": 60}
    return {**head, "strata": list(strata)}


# The figures of n = 3, d = 2, bias; what is attained leaves out what no quadratic layer gives.
ATTAINED = document(
    stratum({"[3]": 1, "[2,1]": 1}, 23, 23, 11, attained=[{"[3]": 1, "[2,1]": 1}]),
    stratum({"[3]": 3}, 24, 24, 9, attained=[{"[3]": 3}]),
    stratum({"[3]": 2, "[1,1,1]": 1}, 29, 29, 8, attained=[{"[3]": 2}]),
    stratum({"[3]": 1, "[1,1,1]": 2}, 32, 32, 5, attained=[{"[3]": 1}]),
    stratum({"[2,1]": 1, "[1,1,1]": 1}, 27, 27, 6, attained=[{"[2,1]": 1}]),
    stratum({"[1,1,1]": 3}, 31, 37, 1, attained=[{}]),
)


def test_every_weight_of_a_small_network_is_an_edge(draw: Draw) -> None:
    picture = draw(3, depth=2, bias=True)
    graph = network_graph(picture)
    names = [edge.weight for layer in graph.layers for edge in layer.edges]
    assert sorted(names) == sorted(picture.tying.network.weight_names())
    for layer in graph.layers:
        classes = picture.tying.layers[layer.layer.index].classes
        for edge in layer.edges:
            index, place = picture.tying.network.locate(edge.weight)
            assert (index, int(classes[place])) == (layer.layer.index, edge.class_)


@pytest.mark.parametrize("indices", ["ordered", "redundant"])
@pytest.mark.parametrize("layer", ["linear", "quadratic"])
def test_scene_has_one_edge_for_each_weight(draw: Draw, layer: str, indices: str) -> None:
    graph = network_graph(draw(2, layer=layer, indices=indices, compare="tensor"))
    root = ET.fromstring(scene_svg(graph.scene()))
    edges = [node for node in root.iter(f"{SVG}path") if node.get("class") == "edge"]
    assert len(edges) == graph.network.weights
    # A title each, and for so few classes a kind of dashes each.
    assert {node.findtext(f"{SVG}title", "").split(",")[0] for node in edges} == set(
        graph.network.weight_names()
    )
    styles = {(node.get("data-class"), node.get("stroke-dasharray")) for node in edges}
    assert len(styles) == len({dash for _, dash in styles}) == len(graph.layers[0].classes)


def test_wide_levels_are_drawn_in_part(draw: Draw) -> None:
    graph = network_graph(draw(40))
    assert graph.units == ((1, 2, 40), (1, 2, 40))
    text = "\n".join(graph.text())
    assert "and 37 units more" in text
    assert scene_svg(graph.scene()).count("⋮") == 2
    assert graph.to_json()["levels"][0] == {"level": 0, "units": [1, 2, 40], "not_drawn": 37}


def test_hasse_diagram_of_strata() -> None:
    graph = StrataGraph.read(ATTAINED)
    names = [one.name for one in graph.strata]
    edges = {(names[a], names[b]) for a, b in graph.edges}
    assert edges == {
        ("[3] + [2,1]", "[2,1] + [1,1,1]"),
        ("[3] + [2,1]", "[3] + 2·[1,1,1]"),
        ("3·[3]", "2·[3] + [1,1,1]"),
        ("2·[3] + [1,1,1]", "[3] + 2·[1,1,1]"),
        ("[3] + 2·[1,1,1]", "3·[1,1,1]"),
        ("[2,1] + [1,1,1]", "3·[1,1,1]"),
    }
    # Every line leads to a lower row.
    row = {place: at for at, places in enumerate(graph.rows()) for place in places}
    assert sorted(row) == list(range(6))
    assert all(row[a] < row[b] for a, b in graph.edges)


def test_strata_of_one_closure_share_a_box() -> None:
    same = stratum({"[2,1]": 1, "[1,1,1]": 1}, 24, 24, 9, attained=[{"[3]": 3}])
    graph = StrataGraph.read(document(*ATTAINED["strata"][:2], same))
    assert [one.same_closure for one in graph.strata] == [[], ["[2,1] + [1,1,1]"]]
    assert graph.title == "3 strata of 60 weights"
    assert "the same closure: [2,1] + [1,1,1]" in "\n".join(graph.text())


def test_strata_are_drawn_without_lines_where_it_is_not_said_what_they_attain() -> None:
    bare = [{k: v for k, v in one.items() if k != "attained"} for one in ATTAINED["strata"]]
    graph = StrataGraph.read({**document(*bare), "schema": "polyconstraints/strata/1"})
    assert graph.edges == ()
    assert sorted(one.weight_dimension for one in graph.strata) == [23, 24, 27, 29, 31, 32]
    root = ET.fromstring(scene_svg(graph.scene()))
    drawn = [node.get("class") for node in root.iter(f"{SVG}path")]
    assert (drawn.count("box"), drawn.count("edge")) == (6, 0)


@pytest.mark.parametrize("strata", [[], ATTAINED["strata"][:1], ATTAINED["strata"]])
def test_scene_of_strata(strata: list[Document]) -> None:
    graph = StrataGraph.read(document(*strata))
    root = ET.fromstring(scene_svg(graph.scene()))
    boxes = [node for node in root.iter(f"{SVG}path") if node.get("class") == "box"]
    assert len(boxes) == len(strata)
    ticks = [node for node in root.iter(f"{SVG}text") if node.text == "✓"]
    assert len(ticks) == sum(one["component"] for one in strata)
    width = float(root.get("width") or 0)
    for node in root.iter(f"{SVG}text"):
        assert 0 <= float(node.get("x") or 0) <= width


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "polyconstraints/strata/3"}, "schema: expected one of polyconstraints/strata"),
        ({"strata": 3}, "strata: expected a list, got 3"),
        ({"weights": -1}, "weights: expected an integer of at least 0, got -1"),
        ({"strata": [{"hidden": [3]}]}, r"strata\[0\].hidden\[0\]: expected an object, got 3"),
        ({"strata": [{"hidden": []}]}, r"strata\[0\].weight_dimension: expected an integer"),
        ({"strata": [3]}, r"strata\[0\]|expected an object"),
    ],
)
def test_wrong_documents(change: Document, message: str) -> None:
    with pytest.raises(InputError, match=message):
        StrataGraph.read({**json.loads(json.dumps(ATTAINED)), **change}, "strata.json")
