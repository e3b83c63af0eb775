"""The page's text and data, without a browser."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import islice
from typing import Any

import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.classes.orbits import shortest_chains
from polyconstraints.render.report import Report, data

NETWORKS: list[tuple[int, dict[str, Any], dict[str, Any]]] = [
    (1, {}, {}),
    (3, {"depth": 2, "bias": True}, {}),
    (3, {"layer": "linear", "channels": 2}, {}),
    (3, {"indices": "redundant"}, {}),
    (4, {"indices": "redundant"}, {"compare": "paper"}),
    (3, {"depth": 2, "outputs": 1}, {"kind": "invariant"}),
    (2, {"depth": 2}, {"scope": "network"}),
]


def problem(
    n: int, network: dict[str, Any], symmetry: dict[str, Any]
) -> tuple[pc.NetworkSpec, pc.Symmetry]:
    return pc.NetworkSpec(n, **network), pc.Symmetry(pc.PermutationGroup.symmetric(n), **symmetry)


class Tags(HTMLParser):
    """Checks that elements nest, and collects attributes and text."""

    VOID = frozenset({"meta", "link", "input", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: dict[str, str] = {}
        self._id = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._id = dict(attrs).get("id") or ""
        if self._id:
            self.ids.append(self._id)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag
        self._id = ""

    def handle_data(self, data: str) -> None:
        if self._id:
            self.texts[self._id] = self.texts.get(self._id, "") + data


@pytest.mark.parametrize(("n", "network", "symmetry"), NETWORKS)
def test_page_is_sound(n: int, network: dict[str, Any], symmetry: dict[str, Any]) -> None:
    page = Report.of_problem(*problem(n, network, symmetry), command="a <b> & c").html()
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert len(set(tags.ids)) == len(tags.ids)
    assert "a &lt;b&gt; &amp; c" in page
    for _, name, value in tags.attributes:
        # Nothing is fetched, and nothing is styled or run but what the policy names.
        assert not name.startswith(("on", "style")), (name, value)
        if name in ("src", "href"):
            assert value.startswith(("#", "data:"))
        if name in ("aria-labelledby", "aria-describedby"):
            assert set(value.split()) <= set(tags.ids)
        if name == "href" and value.startswith("#"):
            assert value[1:] in tags.ids or value == "#strata"
    again = Report.of_problem(*problem(n, network, symmetry), command="a <b> & c")
    assert page == again.html()


def test_map_from_a_file_and_from_a_network_give_the_same_page() -> None:
    network, symmetry = problem(3, {"bias": True}, {})
    tying = pc.derive(network, symmetry).tying_map()
    again = pc.TyingMap.from_json(json.loads(json.dumps(tying.to_json())))
    assert Report.of_map(again).html() == Report.of_problem(network, symmetry).html()


def test_map_that_ties_too_much_is_not_explained_away() -> None:
    network, symmetry = problem(3, {}, {})
    document = pc.derive(network, symmetry).tying_map().to_json()
    text = json.dumps(document["layers"][0]["classes"]).replace("3", "2")
    document["layers"][0].update(classes=json.loads(text), free=[0, 1, 2])
    for key in ("counts", "provenance"):
        document.pop(key)
    report = Report.of_map(pc.TyingMap.from_json(document))
    page = report.html()
    assert report.tying is not None
    assert report.tying.distinct == 3
    assert "<b>3</b><span>classes of weights" in page


@pytest.mark.parametrize(("n", "network", "symmetry"), NETWORKS[:-1])
def test_chains_are_shortest_and_each_step_is_an_equality(
    n: int, network: dict[str, Any], symmetry: dict[str, Any]
) -> None:
    derivation = pc.derive(*problem(n, network, symmetry))
    for orbits in derivation.orbits:
        comparison = orbits.comparison
        chains = shortest_chains(orbits)
        numbers = np.arange(comparison.space.size)
        near = [set(row) - {at} for at, row in enumerate(comparison.neighbours(numbers).tolist())]
        for start in numbers.tolist():
            # Breadth first, in sets: what is reached from the smallest of the orbit, and when.
            root = int(orbits.roots[start])
            reached, frontier, distance = {root}, {root}, 0
            while start not in reached:
                frontier = set().union(*(near[at] for at in frontier)) - reached
                reached |= frontier
                distance += 1
            chain = chains.chain(start)
            assert len(chain) == distance
            at = start
            for link in chain:
                assert link.left == at
                letters, outputs = comparison.imposed[link.move]
                moved, origin = (
                    (link.right, link.left) if link.inverted else (link.left, link.right)
                )
                image = comparison.space.image(letters, outputs, np.array([origin]))
                assert image.tolist() == [moved]
                at = link.right
            assert at == root


@pytest.mark.parametrize(("n", "network", "symmetry"), NETWORKS[1:-1])
def test_equalities_are_those_of_the_derivation(
    n: int, network: dict[str, Any], symmetry: dict[str, Any]
) -> None:
    derivation = pc.derive(*problem(n, network, symmetry))
    reasons = [
        data.layer_reasons(derivation.network, derivation.symmetry, layer)
        for layer in derivation.network.layers
    ]
    document = data.equality_data(derivation, reasons)
    names = [layer.names() for layer in derivation.network.layers]
    written = [
        tuple(" + ".join(sorted(names[layer][weight] for weight in side)) for side in sides)
        for layer, move, *sides in document["list"]
    ]
    assert all(move >= 0 for _, move, *_ in document["list"])
    assert written == [(str(one.left), str(one.right)) for one in derivation.equalities()]


def test_cut_list_still_implies_everything() -> None:
    derivation = pc.derive(*problem(4, {"indices": "redundant"}, {}))
    reason = data.layer_reasons(
        derivation.network, derivation.symmetry, derivation.network.layers[0]
    )
    document = data.equality_data(derivation, [reason], limit=60)
    assert (document["complete"], document["spanning"]) == (False, True)
    assert len(document["list"]) == document["rank"] == derivation.rank < document["distinct"]


@pytest.mark.parametrize("limit", [20_000, 60])
def test_polynomials_are_those_of_the_expansion(limit: int) -> None:
    network = pc.NetworkSpec(3, depth=2, bias=True)
    document = data.polynomial_data(network, limit)
    expansion = pc.expand(network)
    names = network.weight_names()
    ring = expansion.weight_ring
    for output, entry in enumerate(document["outputs"], start=1):
        assert entry["terms"] == expansion.term_count(output) == 496
        kept = sum(len(rows) for _, rows, _ in entry["groups"])
        assert kept == min(496, limit // 3)
        for (monomial, terms), (powers, rows, size) in zip(
            islice(expansion.groups(output), len(entry["groups"])), entry["groups"], strict=True
        ):
            pairs = dict(zip(powers[::2], powers[1::2], strict=True))
            assert tuple(pairs.get(unit, 0) for unit in (1, 2, 3)) == monomial
            assert size == len(terms)
            if len(rows) < size:
                continue
            total = ring.zero
            for coefficient, *weights in rows:
                term = ring.one * coefficient
                for weight in weights:
                    term = term * ring.gen(names[weight])
                total = total + term
            assert total == expansion.coefficient_polynomial(output, monomial)


def test_cycles() -> None:
    group = pc.PermutationGroup(5, [(1, 2, 0, 4, 3)])
    assert data.move_names(pc.Symmetry(group)) == ["(1 2 3)(4 5)", "(1 3 2)(4 5)"]


def test_data_cannot_end_its_element() -> None:
    page = Report.of_problem(*problem(2, {}, {})).html()
    for block in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.S):
        assert "<" not in block
        json.loads(block)
