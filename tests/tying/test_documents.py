"""Documents of maps: damage, false statements and what is too large are named by their place."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import polyconstraints as pc
from tests.tying.documents import BY_HAND, ENDINGS, by_hand, make, permuted


def document() -> dict[str, Any]:
    return make(3, {"indices": "redundant"}, {"compare": "paper"}).to_json()


def _set(path: str, value: Any) -> Any:
    """Return an edit of a document: ``layers/0/free`` and a value, or the value ``DELETE``."""

    def edit(target: Any) -> None:
        *parents, last = [int(part) if part.isdecimal() else part for part in path.split("/")]
        for part in parents:
            target = target[part] if part != -1 else target[-1]
        if value is DELETE:
            del target[last]
        else:
            target[last] = value

    return edit


DELETE = "(deleted)"


DAMAGE = [
    ("schema", "polyconstraints/tying-map/9", "schema: expected one of polyconstraints/tying"),
    ("schema", DELETE, "schema: expected one of polyconstraints/tying-map/1, polyconstraints/"),
    ("network/activation", "z^2", "schema: expected 'polyconstraints/tying-map/2' for a network"),
    ("network", [], "network: expected an object, got a list"),
    ("network/inputs", 0, "network.inputs: expected an integer of at least 1, got 0"),
    ("network/inputs", 2, "network.widths[0]: expected 2"),
    ("network/inputs", True, "network.inputs: expected an integer of at least 1, got True"),
    ("network/depth", 2, "network.widths: expected 3 numbers for depth 2, got 2"),
    ("network/widths/1", "3", "network.widths[1]: expected an integer"),
    ("network/widths/1", 4, "symmetry.kind: expected 3 output components"),
    ("network/widths/1", 10**9, "network.widths: expected at most 10000000 components"),
    ("network/layer", "cubik", "network.layer: expected linear, quadratic, cubic or a degree, got"),
    ("network/bias", 1, "network.bias: expected true or false, got 1"),
    ("symmetry/kind", None, "symmetry.kind: expected one of equivariant, invariant"),
    ("symmetry/group", "Q", "symmetry.group: "),
    ("symmetry/group", " @/etc/passwd", "symmetry.group: expected a preset"),
    ("symmetry/group", "[[0,0,1]]", "symmetry.group: "),
    ("symmetry/group", "[[1,0]]", "symmetry.group: "),
    ("layers", [], "layers: expected 1 layers, got 0"),
    ("layers/0", 3, "layers[0]: expected an object, got 3"),
    ("layers/0/name", "layer1", "layers[0].name: expected 'layer0'"),
    ("layers/0/shape", [3, 3, 4], "layers[0].shape: expected [3, 3, 3]"),
    ("layers/0/classes", DELETE, "layers[0].classes: expected a list, got nothing"),
    ("layers/0/classes/2/1/0", -2, "layers[0].classes[2][1][0]: expected"),
    ("layers/0/classes/2/1/0", -1, "layers[0].classes[2][1][0]: expected a class from 0 to 26"),
    ("layers/0/classes/2/1/0", 27, "layers[0].classes[2][1][0]: expected"),
    ("layers/0/classes/2/1/0", 10**30, "layers[0].classes[2][1][0]: expected"),
    ("layers/0/classes/2/1/0", 1.5, "layers[0].classes[2][1][0]: expected an integer"),
    ("layers/0/classes/2/1/0", True, "layers[0].classes[2][1][0]: expected an integer"),
    ("layers/0/classes/2/1/0", "1", "layers[0].classes[2][1][0]: expected an integer"),
    ("layers/0/classes/2/1", [1, 2], "layers[0].classes[2][1]: expected a list of 3, got one of 2"),
    ("layers/0/classes/2", 5, "layers[0].classes[2]: expected a list of 3, got 5"),
    ("layers/0/free/0", DELETE, "layers[0]: expected every class to be free or dependent"),
    ("layers/0/free/0", 26, "layers[0].free[0]: expected a class that has weights, got 26"),
    ("layers/0/free/0", 1, "layers[0].free[1]: expected each class once, got 1"),
    ("layers/0/dependent", {"0": []}, "layers[0].dependent.0: expected a class that is not free"),
    ("layers/0/dependent", {"x": []}, "layers[0].dependent.x: expected a class"),
    ("layers/0/dependent", [], "layers[0].dependent: expected an object"),
    ("counts/distinct", 8, "counts.distinct: expected 9"),
    ("counts/dimension", None, "counts.dimension: expected an integer of at least 0, got null"),
    ("counts/function_dimension", -1, "counts.function_dimension: expected an integer"),
]


def test_an_integer_may_be_written_with_a_fraction_of_zero(tmp_path: Path) -> None:
    """JSON Schema counts 2.0 among the integers, and so does the reader."""
    expected = document()
    # Its checksum is that of what is written, and so of other numbers.
    del expected["provenance"]
    with_fractions = json.loads(json.dumps(expected), parse_int=float)
    file = tmp_path / "map.json"
    file.write_text(json.dumps(with_fractions))
    for found in (pc.TyingMap.from_json(with_fractions), pc.TyingMap.load(file)):
        assert {**found.to_json(), "provenance": None} == {**expected, "provenance": None}


def test_weights_are_no_map(tmp_path: Path) -> None:
    file = tmp_path / "trained.npz"
    np.savez(file, layer0=np.ones((3, 3)))
    with pytest.raises(
        pc.InputError, match=r"trained.npz: expected a tying map.* got an archive of"
    ):
        pc.TyingMap.load(file)


@pytest.mark.parametrize(("path", "value", "message"), DAMAGE, ids=lambda value: str(value)[:40])
def test_damage_is_named(path: str, value: Any, message: str, tmp_path: Path) -> None:
    damaged = document()
    _set(path, value)(damaged)
    with pytest.raises(pc.InputError) as caught:
        pc.TyingMap.from_json(damaged)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    file = tmp_path / "map.json"
    file.write_text(json.dumps(damaged))
    with pytest.raises(pc.InputError) as again:
        pc.TyingMap.load(file)
    assert str(again.value) == f"{file}: {caught.value}"


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ([[1, 1]], "[0]: expected a list of 3, got one of 2"),
        ([[1, 0, 1]], "expected an integer of at least 1, got 0"),
        ([[1, -1, 1]], "expected an integer of at least 1, got -1"),
        ([[1.5, 1, 1]], "expected an integer, got 1.5"),
        ([[1, 1, 26]], "expected a free class, got 26"),
        ([[1, 1, 1], [2, 1, 1]], "expected each free class once, got 1"),
        (7, "expected a list, got 7"),
    ],
)
def test_damaged_combinations_are_named(terms: Any, message: str) -> None:
    damaged = document()
    key = min(damaged["layers"][0]["dependent"])
    damaged["layers"][0]["dependent"][key] = terms
    with pytest.raises(pc.InputError) as caught:
        pc.TyingMap.from_json(damaged)
    assert str(caught.value).startswith(f"layers[0].dependent.{key}")
    assert message in str(caught.value)


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_truncation_is_refused(ending: str, tmp_path: Path) -> None:
    tying = make(2, {}, {})
    path = tmp_path / f"map.{ending}"
    tying.save(path)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 1, max(1, len(whole) // 60)):
        path.write_bytes(whole[:length])
        with pytest.raises(pc.InputError) as caught:
            pc.TyingMap.load(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_flipped_bytes_give_an_error_or_a_map(ending: str, tmp_path: Path) -> None:
    tying = make(2, {}, {})
    path = tmp_path / f"map.{ending}"
    whole = tying.to_bytes(ending)
    draw = random.Random(5)
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        message = ""
        try:
            pc.TyingMap.load(path)
        except pc.InputError as error:
            message = str(error)
        assert "\n" not in message


def test_object_arrays_are_never_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "map.npz"
    tying = make(2, {}, {})
    header = np.frombuffer(json.dumps(tying.to_json()).encode(), dtype=np.uint8)
    np.savez(path, header=header, layer0=np.array([[[{"code": 1}]]], dtype=object))
    with pytest.raises(pc.InputError, match="layer0"):
        pc.TyingMap.load(path)


def test_a_map_written_by_hand(tmp_path: Path) -> None:
    document = permuted([0, 1])
    path = tmp_path / "by hand.json"
    path.write_text(json.dumps(document))
    tying = pc.TyingMap.load(path)
    assert tying.weights(np.array([2.0, 3.0]))[0].tolist() == [[2, 3, 3], [3, 2, 3], [3, 3, 2]]
    before = deepcopy(document)
    pc.TyingMap.from_json(document)
    assert document == before


FALSE_NAMES = [
    {"generators": []},
    {"generators": [[0, 1, 2]]},
    {"generators": [[1, 2, 0]]},
    {"generators": [[1, 0, 2]]},
    {"generators": [[0, 1, 2]], "actions": {"1": [[0, 1, 2]]}},
    {"group": "A", "generators": [[1, 0, 2], [1, 2, 0]]},
    {"group": "C", "generators": [[1, 0, 2]]},
    {"group": " S3 ", "generators": [[1, 2, 0]]},
    {"group": "S2xS2", "generators": [[1, 2, 0]]},
    {"group": "S4", "generators": [[1, 2, 0]]},
    {"group": "[[1,0,2]]", "generators": [[1, 2, 0]]},
    {"group": "[[0,0,0]]", "generators": [[1, 2, 0]]},
]


@pytest.mark.parametrize("symmetry", FALSE_NAMES, ids=str)
def test_a_name_that_can_be_read_must_be_true(symmetry: dict[str, Any]) -> None:
    with pytest.raises(pc.InputError, match=r"^symmetry\.group: expected generators of ") as caught:
        pc.TyingMap.from_json(by_hand(**symmetry))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "symmetry",
    [
        # Generators other than ours, of the same group.
        {"generators": [[1, 0, 2], [0, 2, 1]]},
        {"group": "C", "generators": [[2, 0, 1]]},
        {"group": "trivial", "generators": [[0, 1, 2]]},
        {"group": "S1+S2", "generators": [[0, 2, 1]]},
        {"group": "[[1,2,0]]", "generators": [[2, 0, 1]]},
        {"group": "shifts", "generators": [[1, 2, 0]]},
    ],
    ids=str,
)
def test_true_names_and_labels_are_read(symmetry: dict[str, Any]) -> None:
    assert pc.TyingMap.from_json(by_hand(**symmetry)).symmetry.group.name == symmetry.get(
        "group", "S"
    )


def test_large_groups_under_other_generators_are_refused_at_once() -> None:
    n = 60
    document = {
        **by_hand(generators=[[*range(1, n), 0], [1, 0, *range(2, n)], [*range(n - 1, -1, -1)]]),
        "network": {**BY_HAND["network"], "inputs": n, "widths": [n, n]},
    }
    with pytest.raises(pc.InputError, match="expected the generators that S has"):
        pc.TyingMap.from_json(document)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("C", "equivariant under C\n"),
        ("shifts", 'the group generated by [[1,2,0]], labelled "shifts"\n'),
        ("a\x1b[2J\nsymmetric  yes", 'labelled "a\\x1b[2J\\nsymmetric  yes"\n'),
        (" @/etc/passwd", 'labelled " @/etc/passwd"\n'),
        ("x" * 10**6, "xxx…xxx"),
    ],
)
def test_verify_shows_a_label_beside_what_was_checked(
    name: str, shown: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from polyconstraints.cli.main import run

    document = by_hand(group=name, generators=[[1, 2, 0]])
    document["layers"][0].update(classes=[[0, 1, 2], [2, 0, 1], [1, 2, 0]], free=[0, 1, 2])
    path = tmp_path / "map.json"
    path.write_text(json.dumps(document))
    assert run(["verify", str(path)]) == 0
    printed = capsys.readouterr().out
    assert shown in printed
    assert "\x1b" not in printed
    words = [line.split()[0] for line in printed.splitlines()]
    assert words == ["symmetric", "symmetry", "proof", "complete"]
    assert len(printed) < 1000


def test_false_names_given_in_python_are_shown_as_labels() -> None:
    from polyconstraints.render.verdicts import verification_text
    from polyconstraints.verification import verify

    group = pc.PermutationGroup(3, [[1, 2, 0]], "S")
    tying = pc.derive(pc.NetworkSpec(3), pc.Symmetry(group)).tying_map()
    text = verification_text(tying, verify(tying, exact=True))
    assert 'equivariant under the group generated by [[1,2,0]], labelled "S"' in text


def test_rules_allow_no_other_order_of_free() -> None:
    rule = pc.TyingRule.of(pc.AnyNetwork("S")).to_json(4)
    del rule["provenance"]
    rule["layers"][0]["free"] = [0, 1, 2, 3]
    assert pc.TyingMap.from_json(rule).parameters == (4,)
    for wrong in ([3, 2, 1, 0], [0, 1, 2], [0, 1, 2, 3, 4], [0, 0, 1, 2]):
        rule["layers"][0]["free"] = wrong
        for read in (pc.TyingMap.from_json, pc.TyingRule.from_json):
            with pytest.raises(pc.InputError, match=r"^layers\[0\]\.free: expected the classes"):
                read(deepcopy(rule))


WRONG_KEYS = ["03", "٣", "３", "+3", " 3", "3 ", "3.0", "³", "-0", "", "9" * 5000, "0x3"]


@pytest.mark.parametrize("key", WRONG_KEYS, ids=lambda key: repr(key)[:12])
def test_keys_have_one_spelling(key: str) -> None:
    document = permuted([0, 1])
    document["layers"][0]["dependent"] = {"2": [[1, 1, 0]], key: [[2, 1, 0]]}
    with pytest.raises(pc.InputError, match=r"expected a class that has weights") as caught:
        pc.TyingMap.from_json(document)
    assert len(str(caught.value)) < 1000
    document = by_hand(generators=[[1, 0, 2], [1, 2, 0]], actions={key: [[1, 0, 2], [1, 2, 0]]})
    with pytest.raises(pc.InputError, match=r"expected a level from 1 to 1") as caught:
        pc.TyingMap.from_json(document)
    assert len(str(caught.value)) < 1000
    rule = pc.TyingRule.of(pc.AnyNetwork("S", 2)).to_json(3)
    rule["layers"][0]["rule"]["actions"] = {key: "S"}
    with pytest.raises(pc.InputError, match=r"expected levels from 1 as keys"):
        pc.TyingRule.from_json(rule)


@pytest.mark.parametrize("count", [0, 1, 4, 77, 10**30])
def test_the_number_of_imposed_permutations_must_be_true(count: int) -> None:
    with pytest.raises(pc.InputError, match=r"^symmetry\.permutations: expected 3, as many"):
        pc.TyingMap.from_json(by_hand(permutations=count))


def test_what_is_derived_is_worked_out_and_not_believed() -> None:
    tying = make(3, {"depth": 2, "bias": True}, {})
    for stated in (99, 0, None):
        document = tying.to_json()
        del document["provenance"]
        document["counts"]["function_dimension"] = stated
        loaded = pc.TyingMap.from_json(document)
        assert loaded.function_dimension == 11
        assert loaded.to_json()["counts"]["function_dimension"] == 11
        assert loaded == tying


def test_factors_fit_into_floats() -> None:
    for terms, place in (([[10**999, 1, 0]], 0), ([[1, 10**999, 0]], 1), ([[-(10**301), 1, 0]], 0)):
        document = permuted([0, 1])
        document["layers"][0]["dependent"] = {"2": terms}
        with pytest.raises(pc.InputError, match=rf"dependent\.2\[0\]\[{place}\]: expected an int"):
            pc.TyingMap.from_json(document)
    for factor in ([10**300, 1], [1, 10**300], [-(10**300), 10**300]):
        document["layers"][0]["dependent"] = {"2": [[*factor, 0]]}
        tying = pc.TyingMap.from_json(document)
        value = tying.weights(np.array([1.0, 1.0]))[0][2, 2]
        assert np.isfinite(value)
        assert value != 0


def test_many_free_classes_load_in_linear_time(tmp_path: Path) -> None:
    import time

    tying = make(36, {}, {"group": pc.PermutationGroup.trivial(36)})
    assert tying.dimension == 36 * 37 * 18
    tying.save(tmp_path / "map.npz")
    began = time.process_time()
    pc.TyingMap.load(tmp_path / "map.npz")
    assert time.process_time() - began < 2


def _peak(function: Any) -> int:
    """Return the most bytes that Python and NumPy held while a function ran."""
    import tracemalloc

    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_long_text_among_classes_costs_nothing() -> None:
    n = 20
    document = by_hand(group="trivial")
    document["network"].update(inputs=n, widths=[n, n])
    rows: list[list[Any]] = [[0] * n for _ in range(n)]
    rows[-1][-1] = "x" * 200_000
    document["layers"][0].update(classes=rows, free=[0])

    def load() -> None:
        with pytest.raises(
            pc.InputError, match=r"classes\[19\]\[19\]: expected an integer"
        ) as caught:
            pc.TyingMap.from_json(document)
        assert len(str(caught.value)) < 1000

    assert _peak(load) < 1 << 20


def test_layers_of_one_rule_share_their_classes() -> None:
    document = pc.TyingRule.of(pc.AnyNetwork("S", 60)).to_json(40)
    entries = 40 * 40 * 40

    def load() -> None:
        tying = pc.TyingMap.from_json(document)
        assert tying.layers[0].classes is tying.layers[59].classes

    assert _peak(load) < 20 * 8 * entries


def test_rules_that_differ_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    from polyconstraints.tying import document as reader

    document = pc.TyingRule.of(pc.AnyNetwork("S", 2)).to_json(4)
    del document["provenance"]
    patterns = document["layers"][1]["rule"]["patterns"]
    patterns[0]["class"], patterns[-1]["class"] = patterns[-1]["class"], patterns[0]["class"]
    monkeypatch.setattr(reader, "MAX_WEIGHTS", 100)
    with pytest.raises(pc.InputError, match=r"^layers\[1\]\.rule: expected at most 100 entries"):
        pc.TyingMap.from_json(document)


def test_layers_of_booleans_are_refused_together(tmp_path: Path) -> None:
    network = {**BY_HAND["network"], "depth": 3, "widths": [3] * 4, "channels": [1] * 4}
    entries = [{"name": f"layer{at}", "free": [0]} for at in range(3)]
    header = {**by_hand(group="trivial"), "network": network, "layers": entries}
    members = {f"layer{at}": np.zeros((3, 3), dtype=bool) for at in range(3)}
    text = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez(tmp_path / "map.npz", header=text, **members)  # type: ignore[arg-type]
    with pytest.raises(pc.InputError, match="layer0: expected integers, got bool"):
        pc.TyingMap.load(tmp_path / "map.npz")


def test_a_rule_states_the_group_of_its_document() -> None:
    document = pc.TyingRule.of(pc.AnyNetwork("S")).to_json(4)
    document["symmetry"]["group"] = "A"
    document["symmetry"]["permutations"] = 2
    del document["provenance"]
    with pytest.raises(pc.InputError, match=r"^symmetry\.group: expected 'S', as the rule has it"):
        pc.TyingRule.from_json(document)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([[1, 0]], "symmetry.actions: level 1: expected images that satisfy the relations"),
        ([[0, 0]], "symmetry.actions: level 1, image [0][1]: expected a permutation, got 0 as the"),
        ([[0, 1], [1, 0]], "symmetry.actions: level 1: expected one permutation for each of the 1"),
        ([[0, "x"]], "symmetry.actions.1[0][1]: expected an integer of at least 0, got 'x'"),
    ],
)
def test_actions_in_documents_are_checked(images: Any, message: str) -> None:
    document = by_hand(group="C", generators=[[1, 2, 0]], actions={"1": images})
    document["network"].update(depth=2, widths=[3, 2, 3], channels=[1, 1, 1])
    document["layers"] = [
        {"name": "layer0", "classes": [[0, 0, 0], [0, 0, 0]], "free": [0]},
        {"name": "layer1", "classes": [[0, 0], [0, 0], [0, 0]], "free": [0]},
    ]
    with pytest.raises(pc.InputError) as caught:
        pc.TyingMap.from_json(document)
    assert str(caught.value).startswith(message)
    document["symmetry"]["actions"] = {"1": [[0, 1]]}
    assert pc.TyingMap.from_json(document).parameters == (1, 1)
