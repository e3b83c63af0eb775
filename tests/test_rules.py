"""Rules: patterns of equal indices against orbits, laws, documents, and what wrong ones get."""

from __future__ import annotations

import copy
import doctest
import itertools
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import polyconstraints as pc
from polyconstraints.classes.law import Sort, weights_law
from polyconstraints.classes.patterns import LayerPatterns, canonical, patterns
from polyconstraints.schemas import load_schema
from polyconstraints.spec.groups.constructions import Product, Selection, Sum
from polyconstraints.spec.groups.tree import Fixed, Letters

CASES: list[dict[str, Any]] = [
    {"layer": "linear"},
    {},
    {"bias": True},
    {"indices": "redundant", "compare": "tensor"},
    {"kind": "invariant", "bias": True},
    {"kind": "invariant", "layer": "linear", "channels": (2, 3)},
    {"depth": 2, "bias": True},
    {"depth": 2, "layer": "linear", "activation": "z^2"},
    {"channels": (3, 1)},
    {"channels": (2, 2), "bias": True, "layer": "linear"},
    {"depth": 3, "channels": (1, 2, 1, 2), "layer": "linear", "bias": True},
]

GROUPS: list[tuple[str, dict[int, str], list[tuple[int, ...]]]] = [
    ("SxS", {}, [(1, 1), (1, 4), (2, 3), (3, 3)]),
    ("SxS", {1: "S#2"}, [(1, 1), (2, 3), (3, 2), (3, 3)]),
    ("S+S", {}, [(1, 1), (2, 3), (3, 3)]),
    ("S+trivial2", {}, [(1,), (3,)]),
    ("SwrS", {}, [(1, 2), (2, 2), (3, 3)]),
    ("SwrS", {1: "S#2"}, [(2, 3), (3, 3)]),
    ("(S+trivial1)wrS", {}, [(2, 2), (2, 3)]),
    ("SwrSwrS", {}, [(2, 2, 2)]),
    ("tuples(S,2)", {1: "S"}, [(1,), (2,), (4,)]),
    ("S3xS", {}, [(1,), (4,)]),
    ("pairs(S)", {}, [(2,), (3,), (5,)]),
    ("pairs(S)", {1: "S"}, [(2,), (4,)]),
    ("S", {1: "pairs(S)"}, [(2,), (4,)]),
    ("ordered_pairs(S)", {}, [(2,), (4,)]),
    ("subsets(S,3)", {}, [(3,), (4,)]),
    ("pairs(S+trivial1)", {}, [(1,), (3,)]),
    ("pairs(S)wrS", {}, [(3, 2)]),
    ("Swrpairs(S)", {}, [(2, 3)]),
    ("pairs(SwrS)", {}, [(2, 2)]),
    ("ordered_pairs(S)+S", {}, [(3, 2)]),
    ("S#1xS#2+S#2xS#3", {1: "S#1+S#2+S#3"}, [(1, 2, 2), (2, 2, 2)]),
]


def derived(tying: pc.TyingMap) -> pc.TyingMap:
    """Return the map that orbits give for the network and the symmetry of a map."""
    return pc.derive(tying.network, tying.symmetry).tying_map()


# --- against orbits -----------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rules_give_the_map_that_orbits_give(case: dict[str, Any]) -> None:
    network = pc.AnyNetwork(**case)
    rule = pc.TyingRule.of(network)
    for n in range(1, 6):
        tying = rule.at(n)
        expected = derived(tying)
        for mine, theirs in zip(tying.layers, expected.layers, strict=True):
            assert np.array_equal(mine.classes, theirs.classes)
        assert tying.parameters == expected.parameters == rule.layer_parameters(n)
        assert rule.weights(n) == tying.network.weights == network.total(n)
        assert network.distinct(n) == tying.distinct
        assert network.dimension(n) == tying.dimension
        if network.function_dimension is not None:
            assert network.function_dimension(n) == expected.function_dimension
            assert tying == expected


@pytest.mark.parametrize(("group", "actions", "sizes"), GROUPS, ids=str)
@pytest.mark.parametrize("layer", ["linear", "quadratic"])
@pytest.mark.parametrize("bias", [False, True])
def test_rules_of_products_and_wreath_products(
    group: str, actions: dict[int, str], sizes: list[tuple[int, ...]], layer: Any, bias: bool
) -> None:
    network = pc.AnyNetwork(group, layer=layer, bias=bias, actions=actions)
    rule = pc.TyingRule.of(network)
    for given_sizes in sizes:
        tying = rule.at(*given_sizes)
        assert np.array_equal(tying.layers[0].classes, derived(tying).layers[0].classes)
        document = json.loads(json.dumps(rule.to_json(*given_sizes)))
        assert pc.TyingMap.from_json(document) == tying
        assert pc.TyingRule.from_json(document).at(*network.sizes(given_sizes)) == tying


@pytest.mark.parametrize(("group", "actions", "sizes"), GROUPS, ids=str)
def test_classes_are_counted(
    group: str, actions: dict[int, str], sizes: list[tuple[int, ...]]
) -> None:
    for case in ({}, {"bias": True}, {"indices": "redundant"}):
        network = pc.AnyNetwork(group, actions=actions, **case)
        for given_sizes in sizes:
            full = network.sizes(given_sizes)
            derivation = pc.derive(network.network(full), pc.TyingRule(network, ()).symmetry(*full))
            assert network.total(*full) == derivation.total_weights
            assert network.distinct(*full) == derivation.distinct_weights
            assert network.dimension(*full) == derivation.dimension


# --- any degree, against figures found by brute force -------------------------------------

ONE, LETTERS = Fixed(1), Letters(0)


@pytest.mark.parametrize(
    ("output", "inputs", "degree", "expected"),
    [
        (LETTERS, LETTERS, 3, [1, 4, 6, 7, 7, 7]),
        (LETTERS, LETTERS, 4, [1, 5, 9, 11, 12, 12]),
        (LETTERS, LETTERS, 5, [1, 6, 12, 16, 18, 19]),
        (LETTERS, Sum((ONE, LETTERS)), 3, [4, 10, 13, 14, 14]),
        (LETTERS, Sum((ONE, LETTERS)), 4, [5, 15, 22, 25, 26]),
        (LETTERS, Sum((ONE, LETTERS)), 5, [6, 21, 34, 41, 44]),
        (ONE, LETTERS, 3, [1, 2, 3, 3, 3, 3]),
        (ONE, LETTERS, 4, [1, 3, 4, 5, 5, 5]),
        (ONE, LETTERS, 5, [1, 3, 5, 6, 7, 7]),
    ],
)
def test_classes_of_any_degree(output: Any, inputs: Any, degree: int, expected: list[int]) -> None:
    layer = LayerPatterns(output, inputs, degree, ordered=True)
    assert [len(layer.present((n,))) for n in range(1, len(expected) + 1)] == expected


@pytest.mark.parametrize(
    ("degree", "large", "small"),
    [(1, 1, [1, 1, 1]), (2, 3, [3, 3, 3]), (3, 8, [6, 7, 8]), (4, 23, [11, 17, 21])],
)
def test_invariants_of_pairs_are_multigraphs(degree: int, large: int, small: list[int]) -> None:
    layer = LayerPatterns(ONE, Selection((LETTERS,)), degree, ordered=True)
    assert len(layer.classes) == large
    assert [len(layer.present((n,))) for n in (4, 5, 6)] == small


@pytest.mark.parametrize(
    ("points", "size"), [(LETTERS, 3), (Sum((ONE, LETTERS)), 2), (Selection((LETTERS,)), 3)]
)
@pytest.mark.parametrize("ordered", [True, False])
def test_cubic_layers_equal_brute_force(points: Any, size: int, ordered: bool) -> None:
    """Orbits of all permutations of the letters on the weights of a cubic layer."""
    layer = LayerPatterns(points, points, 3, ordered)
    places = {
        LETTERS: [(at,) for at in range(size)],
        Sum((ONE, LETTERS)): [(), *((at,) for at in range(size))],
        Selection((LETTERS,)): list(itertools.combinations(range(size), 2)),
    }[points]

    def normal(weight: tuple[int, ...]) -> tuple[int, ...]:
        return (weight[0], *sorted(weight[1:], reverse=True)) if ordered else weight

    roots = {}
    for weight in itertools.product(range(len(places)), repeat=4):
        images = [
            normal(tuple(places.index(tuple(sorted(p[x] for x in places[i]))) for i in weight))
            for p in itertools.permutations(range(size))
        ]
        if normal(weight) == weight:
            roots[weight] = min(images)
    order = {root: at for at, root in enumerate(sorted(set(roots.values())))}
    array, present = layer.array((size,)), layer.present((size,))
    for weight in itertools.product(range(len(places)), repeat=4):
        assert array[weight] == (present[order[roots[weight]]] if weight in roots else -1)
    counted = [weights_law((Sort("n", None),), [one])(size) for one in layer.classes]
    assert [counted[at] for at in layer.present((size,))] == [
        list(roots.values()).count(root) for root in order
    ]


@pytest.mark.parametrize("n", range(1, 6))
def test_redundant_laws(n: int) -> None:
    """Where classes cannot be listed, their number still follows a law."""
    for case in ({"bias": False}, {"bias": True}, {"kind": "invariant"}, {"channels": (2, 1)}):
        network = pc.AnyNetwork(indices="redundant", **case)
        spec = network.network(network.sizes((n,)))
        kind = network.kind
        derivation = pc.derive(spec, pc.Symmetry(pc.PermutationGroup.symmetric(n), kind))
        assert network.total(n) == derivation.total_weights
        assert network.distinct(n) == derivation.distinct_weights
        assert network.dimension(n) == derivation.dimension
        assert network.function_dimension is not None
        assert network.function_dimension(n) == derivation.function_dimension


@given(st.lists(st.integers(0, 5), min_size=1, max_size=5))
def test_patterns_are_set_partitions(indices: list[int]) -> None:
    positions = Product((Letters(0),) * len(indices))
    pattern = canonical(positions, tuple(indices))
    for a, first in enumerate(indices):
        for b, second in enumerate(indices):
            assert (pattern[a] == pattern[b]) == (first == second)
    assert list(patterns(positions)).count(pattern) == 1


@pytest.mark.parametrize(("count", "bell"), [(1, 1), (2, 2), (3, 5), (4, 15), (5, 52), (6, 203)])
def test_bell_numbers(count: int, bell: int) -> None:
    assert len(list(patterns(Product((Letters(0),) * count)))) == bell


# --- laws ---------------------------------------------------------------------------------


def test_the_law_of_the_paper() -> None:
    assert str(pc.AnyNetwork().distinct) == "4 for n ≥ 3, 3 for n = 2, 1 for n = 1"
    assert str(pc.AnyNetwork(bias=True).distinct) == "7 for n ≥ 3, 6 for n = 2, 3 for n = 1"
    redundant = pc.AnyNetwork(indices="redundant")
    assert str(redundant.distinct) == "n^3 - n^2 + 2 for n ≥ 2, 1 for n = 1"
    tensor = pc.AnyNetwork(indices="redundant", compare="tensor")
    assert str(tensor.distinct) == "5 for n ≥ 3, 4 for n = 2, 1 for n = 1"


def test_the_law_holds_far_out() -> None:
    network = pc.AnyNetwork("SxS")
    assert network.distinct(3, 3) == network.distinct(10**9, 10**9) == 17
    assert network.distinct(1, 10**9) == pc.AnyNetwork().distinct(10**9) == 4
    rule = pc.TyingRule.of(pc.AnyNetwork(bias=True))
    assert rule.parameters(10**6) == 7
    assert rule.weights(10**6) == 10**6 * (10**6 + 1) * (10**6 + 2) // 2


@pytest.mark.parametrize(
    "network",
    [
        {"depth": 2, "bias": True},
        {"depth": 2, "indices": "redundant"},
        {"depth": 3, "kind": "invariant"},
        {"depth": 2, "layer": "cubic"},
        {"depth": 3, "layer": "linear", "activation": "z^2"},
        {"depth": 2, "channels": (1, 2, 1)},
    ],
    ids=str,
)
def test_functions_of_several_layers_for_every_n(network: dict[str, Any]) -> None:
    law = pc.AnyNetwork("S", **network).function_dimension
    assert law is not None
    words = {**network, "symmetry": network.get("kind", "equivariant")}
    words.pop("kind", None)
    for n in (1, 2, 3, 4, 6, 10):
        assert law(n) == pc.derive(n=n, **words).function_dimension


def test_functions_of_several_layers_are_counted_where_that_is_quick() -> None:
    assert pc.AnyNetwork("S", depth=2, channels=16).function_dimension is None
    assert pc.AnyNetwork("SxS", depth=2).function_dimension is None


def test_laws_in_several_variables() -> None:
    law = pc.AnyNetwork("S+S", layer="linear").distinct
    assert str(law) == (
        "6 for n1 ≥ 2 and n2 ≥ 2, 5 for n1 ≥ 2 and n2 = 1, 5 for n1 = 1 and n2 ≥ 2, "
        "4 for n1 = 1 and n2 = 1"
    )
    assert str(pc.AnyNetwork("S2wrS", layer="linear").distinct) == "3 for n2 ≥ 2, 2 for n2 = 1"


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (
            {"group": "C"},
            "group: expected symmetric and trivial groups combined by +, x, wr, pairs",
        ),
        (
            {"group": "edges(S2,[[0,1]])"},
            "group: expected symmetric and trivial groups combined by",
        ),
        ({"group": "S3x[[1,0]]"}, "group: expected symmetric and trivial groups combined by"),
        ({"group": "S", "compare": "paper"}, "compare: expected function or tensor for a rule"),
        (
            {"group": "SwrS", "actions": {1: "S"}},
            "actions: level 1: expected an action of the group",
        ),
        ({"actions": {2: "S"}}, "actions: expected a level from 1 to 1, got 2"),
        ({"actions": {1: "S5"}}, "actions: expected a factor of the group, got S5"),
        ({"kind": "invariant", "actions": {1: "S"}}, "actions: expected no action on the output"),
        ({"channels": (1, 2, 3)}, "channels: expected 1 number or 2 for depth 1, got 3"),
    ],
)
def test_what_has_no_rule_is_said_in_one_line(case: dict[str, Any], message: str) -> None:
    with pytest.raises(pc.UsageError) as caught:
        pc.AnyNetwork(**case)
    assert str(caught.value).startswith(message)


def test_sizes_are_checked() -> None:
    rule = pc.TyingRule.of(pc.AnyNetwork("SxS"))
    with pytest.raises(pc.UsageError, match=r"expected 2 sizes \(n1, n2\), got 1"):
        rule.at(3)
    with pytest.raises(pc.UsageError, match="expected sizes of at least 1, got 0"):
        rule.at(3, 0)
    with pytest.raises(pc.TooLargeError, match="expected at most 134217728 weights in a layer"):
        pc.TyingRule.of(pc.AnyNetwork()).at(10**4)
    with pytest.raises(pc.UsageError, match="the number of distinct weights grows with n"):
        pc.TyingRule.of(pc.AnyNetwork(indices="redundant"))


# --- documents ----------------------------------------------------------------------------


def document() -> Any:
    rule = pc.TyingRule.of(pc.AnyNetwork(bias=True, depth=2))
    found = json.loads(json.dumps(rule.to_json(3)))
    # Changed documents are to be refused for what was changed, not for their checksum.
    del found["provenance"]
    return found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_documents_are_read_again(case: dict[str, Any], tmp_path: Path) -> None:
    rule = pc.TyingRule.of(pc.AnyNetwork(**case))
    path = tmp_path / "rule.json"
    rule.save(path, 4)
    jsonschema.validate(json.loads(path.read_text("utf-8")), load_schema("tying-map"))
    assert pc.TyingMap.load(path) == rule.at(4)
    again = pc.TyingRule.load(path)
    # The document states n = 4, its rule holds for the others too.
    for n in (1, 2, 7):
        assert again.at(n) == rule.at(n)
    assert again.network == rule.network
    assert again.to_json(4) == rule.to_json(4)


def test_a_damaged_checksum_is_noticed() -> None:
    found = json.loads(json.dumps(pc.TyingRule.of(pc.AnyNetwork()).to_json(3)))
    found["layers"][0]["rule"]["patterns"][0]["text"] = "a_a_b"
    with pytest.raises(pc.InputError, match=r"^provenance\.checksum: "):
        pc.TyingMap.from_json(found)


def test_a_rule_written_by_hand() -> None:
    """The least that a rule needs, tying what the symmetry leaves apart."""
    found = document()
    for layer in found["layers"]:
        rule = layer["rule"]
        layer["rule"] = {key: rule[key] for key in ("letters", "output", "inputs", "patterns")}
        for pattern in rule["patterns"]:
            pattern["class"] = min(pattern["class"], 1)
            for key in ("from", "to", "text"):
                del pattern[key]
    del found["counts"]
    tying = pc.TyingMap.from_json(found)
    assert tying.parameters == (2, 2)


Damage = tuple[str, Callable[[Any], None], str]


def at(path: str, value: Any) -> Callable[[Any], None]:
    """Return what sets the value at a path of a document's first rule."""

    def change(found: Any) -> None:
        place = found["layers"][0]["rule"]
        *before, last = path.split("/")
        for part in before:
            place = place[int(part) if isinstance(place, list) else part]
        if value is None:
            del place[int(last) if isinstance(place, list) else last]
        else:
            place[int(last) if isinstance(place, list) else last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("letters", None, "letters: expected an object, got nothing"),
        ("letters/n", 0, "letters.n: expected an integer from 1 to 1000000000, got 0"),
        ("letters/n", 4, "output: expected 3 points, which the network has, got 4"),
        ("output", "m", "output: expected the name of a sort of letters"),
        ("output", {"sum": []}, "output.sum: expected a list of at least 1, got one of 0"),
        ("output", {}, "output: expected one of sum, product, wreath, subsets"),
        ("output", {"wreath": ["n"]}, "output.wreath: expected a list of 2, got one of 1"),
        ("inputs", {"sum": [1, 0]}, "inputs.sum[1]: expected an integer of at least 1"),
        ("inputs", "n", "inputs: expected 4 points, which the network has, got 3"),
        ("patterns", None, "patterns: expected a list, got nothing"),
        ("patterns/0", None, "patterns: expected every pattern, got none for a_0_0"),
        ("patterns/0", 5, "patterns[0]: expected an object, got 5"),
        ("patterns/1/class", -1, "patterns[1].class: expected an integer of at least 0, got -1"),
        ("patterns/1/class", 10, "patterns[1].class: expected an integer from 0 to 9, got 10"),
        (
            "patterns/1/class",
            True,
            "patterns[1].class: expected an integer of at least 0, got True",
        ),
        ("patterns/1/at", [0, [0, 0]], "patterns[1].at: expected a list of 3, got one of 2"),
        (
            "patterns/1/at",
            [0, [2, 0], [0, 0]],
            "patterns[1].at[1][0]: expected an integer from 0 to 1",
        ),
        (
            "patterns/1/at",
            [0, [1], [0, 0]],
            "patterns[1].at[1]: expected a list of 2, got one of 1",
        ),
        ("patterns/1/at", [0, 1, [0, 0]], "patterns[1].at[1]: expected a list, got 1"),
        (
            "patterns/1/at",
            [1, [0, 0], [0, 0]],
            "patterns[1].at: expected labels from 0 in the order",
        ),
        ("patterns/1/at", [0, [0, 0], [0, 0]], "patterns[1].at: expected each pattern once"),
        ("patterns/1/from", {"n": 3}, "patterns[1].from: expected {'n': 1}, the letters that the"),
        ("patterns/1/to", {"n": 5}, "patterns[1].to.n: expected null, got 5"),
    ],
)
def test_damage_is_named_by_its_place(path: str, value: Any, message: str) -> None:
    damaged = document()
    at(path, value)(damaged)
    for read in (pc.TyingMap.from_json, pc.TyingRule.from_json):
        with pytest.raises(pc.InputError) as caught:
            read(copy.deepcopy(damaged))
        assert str(caught.value).startswith(f"layers[0].rule.{message}")


def test_classes_and_a_rule_are_too_much() -> None:
    damaged = document()
    damaged["layers"][1]["classes"] = [[0]]
    with pytest.raises(pc.InputError, match=r"^layers\[1\]\.rule: expected classes or a rule"):
        pc.TyingMap.from_json(damaged)
    plain = pc.derive(pc.NetworkSpec(2), pc.Symmetry(pc.PermutationGroup.symmetric(2)))
    with pytest.raises(pc.InputError, match=r"^layers\[0\]\.rule: expected an object, got nothing"):
        pc.TyingRule.from_json(plain.tying_map().to_json())


def test_rules_go_to_json_files_only(tmp_path: Path) -> None:
    with pytest.raises(pc.UsageError, match="rule: expected a JSON file for a rule, got 'npz'"):
        pc.TyingRule.of(pc.AnyNetwork()).save(tmp_path / "rule.npz", 3)


# --- commands -----------------------------------------------------------------------------


def output_of(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    from polyconstraints.cli.main import run

    assert run(args) == 0
    return capsys.readouterr().out


def test_derive_any(capsys: pytest.CaptureFixture[str]) -> None:
    text = output_of(capsys, "derive", "-n", "any")
    assert "distinct    4 for n ≥ 3, 3 for n = 2, 1 for n = 1\n" in text
    law = json.loads(output_of(capsys, "derive", "-n", "any", "--format", "json"))
    assert [
        (piece["from"]["n"], piece["to"]["n"], piece["value"])
        for piece in law["weights"]["distinct"]
    ] == [(3, None, "4"), (2, 2, "3"), (1, 1, "1")]


def test_derive_any_for_edges(capsys: pytest.CaptureFixture[str]) -> None:
    """Invariants of degree two count the graphs of two edges, where multiple ones are allowed."""
    options = ["--group", "pairs(S)", "--symmetry", "invariant"]
    text = output_of(capsys, "derive", "-n", "any", *options)
    assert "distinct    3 for n ≥ 4, 2 for n = 3, 1 for n = 2, 0 for n = 1\n" in text
    linear = output_of(capsys, "derive", "-n", "any", "--layer", "linear", *options)
    assert "distinct    1 for n ≥ 2, 0 for n = 1\n" in linear


def test_export_rule_and_verify(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = str(tmp_path / "rule.json")
    output_of(capsys, "export", "-n", "any", "--bias", "--rule", "-o", file)
    assert pc.TyingMap.load(file).parameters == (7,)
    assert "symmetric  yes" in output_of(capsys, "verify", file)


def test_table_by_rule(capsys: pytest.CaptureFixture[str]) -> None:
    rows = output_of(capsys, "table", "-n", "2,3,1000000", "--format", "csv").splitlines()
    assert [row.split(",")[2] for row in rows] == ["distinct", "3", "4", "4"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("derive -n any --list", "--list: expected a number of inputs with it, got any"),
        ("derive -n any --check", "--check: expected a number of inputs with it, got any"),
        ("derive -n any --group C", "--group: expected symmetric and trivial groups"),
        ("derive -n any -d 2 --widths 4", "--widths: expected no widths for a rule"),
        ("derive -n any -d 2 --scope network", "--scope: expected layer for a rule, got network"),
        ("export -n any", "-n/--inputs: expected a number of inputs without --rule, got any"),
        ("export -n 7 --rule --group S3xS2", "--group: expected a group on 7 points"),
        ("export -n 3 --rule --format npz", "--rule: expected json for a rule, got npz"),
    ],
)
def test_refusals(args: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    from polyconstraints.cli.main import run

    assert run(args.split()) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"polyconstraints: error: {message}")
    assert error.count("\n") == 1


def blocks(kind: str) -> list[str]:
    """Return the blocks of one kind on the page about groups."""
    page = (Path(__file__).parents[1] / "docs" / "groups.md").read_text("utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: block.splitlines()[0])
def test_what_the_page_prints_is_printed(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    command, _, expected = block.partition("\n")
    program, *args = shlex.split(command.removeprefix("$ "))
    assert program == "polyconstraints"
    assert output_of(capsys, *args) == expected


def test_what_the_page_says_in_python_is_so() -> None:
    [block] = blocks("pycon")
    test = doctest.DocTestParser().get_doctest(block, {}, "docs/groups.md", "docs/groups.md", 0)
    assert doctest.DocTestRunner().run(test).failed == 0


def test_patterns_are_views_of_one_array() -> None:
    """Every weight is written, and the coarsest pattern that it has wins."""
    layer = LayerPatterns(Letters(0), Letters(0), 2, ordered=False)
    found = layer.array((4,))
    for index in np.ndindex(found.shape):
        number = found[index]
        [pattern] = layer.classes[number].members
        assert canonical(layer.points, tuple(map(int, index))) == pattern
