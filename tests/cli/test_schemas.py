"""The schemas are schemas, and they let nothing wrong through."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

from polyconstraints.errors import UsageError
from polyconstraints.schemas import load_schema, schema_names
from polyconstraints.schemas.writing import written

RunCommand = Callable[..., Any]

# A command for each schema, and changes to its document that the schema must refuse.
DOCUMENTS = {
    "derivation": "derive -n 2 --indices redundant --list --classes --format json",
    "expansion": "expand -n 2 --bias --format json",
    "groups": "groups S3xS2 --format json",
    "law": "derive -n any --bias --format json",
    "table": "table -n 2-3 --format json",
    "training": "train -n 2 --steps 2 --format json",
    "tying-map": "export -n 2 --indices redundant",
}

Change = tuple[str, tuple[str | int, ...], Any]

CHANGES: list[Change] = [
    ("derivation", ("schema",), "polyconstraints/derivation/2"),
    ("derivation", ("equalities", "total"), -1),
    ("derivation", ("equalities", "rank"), 1.5),
    ("derivation", ("network", "layer"), "cubik"),
    ("derivation", ("network", "widths"), [2]),
    ("derivation", ("network", "widths", 0), 0),
    ("derivation", ("layers",), []),
    ("derivation", ("dimension",), "5"),
    ("derivation", ("list", 0, "left"), ""),
    ("derivation", ("classes", 0, "representative"), "01W11"),
    ("expansion", ("outputs", 0, "output"), 0),
    ("expansion", ("outputs", 0, "monomials", 0, "x"), {"x0": 1}),
    ("expansion", ("outputs", 0, "monomials", 1, "x"), {"x1": 0}),
    ("expansion", ("outputs", 0, "monomials", 0, "terms"), []),
    ("expansion", ("outputs", 0, "monomials", 0, "terms", 0, "weights"), {"w": 1}),
    ("expansion", ("outputs", 0, "monomials", 0, "terms", 0, "coefficient"), 0.5),
    ("expansion", ("terms",), [1]),
    ("groups", ("groups", 0, "order"), "0"),
    ("groups", ("groups", 0, "generators", 0, 0), -1),
    ("law", ("network", "inputs"), 3),
    ("law", ("dimension", 0, "value"), 4),
    ("law", ("layers", 0, "patterns", 0, "class"), -1),
    ("table", ("rows",), []),
    ("table", ("rows", 0, "inputs"), 0),
    ("table", ("rows", 0, "percentage"), 101),
    ("table", ("network", "inputs"), 2),
    ("tying-map", ("layers", 0, "name"), "first"),
    ("tying-map", ("layers", 0, "axes", 1), "o"),
    ("tying-map", ("layers", 0, "classes", 0, 0, 0), -2),
    ("tying-map", ("layers", 0, "free", 0), -1),
    ("tying-map", ("layers", 0, "dependent"), {"x": []}),
    ("tying-map", ("layers", 0, "dependent"), {"5": [[1, 0, 1]]}),
    ("tying-map", ("counts", "weights"), 0),
    ("tying-map", ("provenance", "checksum"), "md5:0"),
]


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    return {name: load_schema(name) for name in DOCUMENTS}


@pytest.mark.parametrize("name", schema_names())
def test_schema_is_one(name: str) -> None:
    schema = load_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_numbers_are_bounded_below(schemas: dict[str, Any]) -> None:
    def check(part: Any, path: str) -> None:
        if isinstance(part, list):
            for at, item in enumerate(part):
                check(item, f"{path}[{at}]")
        elif isinstance(part, dict):
            kinds = part.get("type", [])
            numeric = {"integer", "number"} & set([kinds] if isinstance(kinds, str) else kinds)
            # Coefficients and numerators are the only numbers that may be as small as they like.
            free = "coefficient" in path or "[0]" in path
            assert not numeric or free or {"minimum", "exclusiveMinimum"} & set(part), path
            for key, item in part.items():
                check(item, f"{path}.{key}")

    for name, schema in schemas.items():
        check(schema, name)


def test_fields_may_be_added(run_program: RunCommand, schemas: dict[str, Any]) -> None:
    def grown(part: Any) -> Any:
        if isinstance(part, list):
            return [grown(item) for item in part]
        if not isinstance(part, dict):
            return part
        # Objects whose keys are data stay as they are.
        same = {key: grown(item) for key, item in part.items()}
        return same if set(part) & {"n", "1"} or not part else {**same, "added": {"later": [1]}}

    for name in ("derivation", "groups", "table", "training", "tying-map"):
        document = json.loads(run_program(*DOCUMENTS[name].split()).stdout)
        for layer in document.get("layers", []):
            layer.pop("dependent", None)
        jsonschema.validate(grown(document), schemas[name])
        assert 'additionalProperties": false' not in json.dumps(schemas[name])


@pytest.mark.parametrize("name", schema_names())
def test_schemas_are_those_of_the_declarations(name: str) -> None:
    from polyconstraints.schemas.generate import DOCUMENTS as DECLARED
    from polyconstraints.schemas.generate import json_schema

    assert set(DECLARED) == set(schema_names())
    assert load_schema(name) == json_schema(name), "run `make schemas`"


def test_results_are_written_as_declared() -> None:
    piece = {"layer": 1, "total": 6, "distinct": 3, "dimension": None}
    source = SimpleNamespace(**piece, more="not declared")
    assert written("results.DerivedLayer", source) == piece
    assert written("results.DerivedLayer", source, distinct=2) == {**piece, "distinct": 2}
    value = {"W0_1_1": Fraction(-1, 2)}
    entry = written(
        "results.ClassEntry", layer=0, representative="a", size=1, members="a", value=value
    )
    assert entry["value"] == [[-1, 2, "W0_1_1"]]
    patterns = written("results.LawPattern", class_=0, text="", from_={"n": 1}, weights=Fraction(3))
    assert patterns == {"class": 0, "text": "", "from": {"n": 1}, "weights": "3"}
    assert "patterns" not in written(
        "results.LawLayer", layer=0, total=(), distinct=(), dimension=()
    )
    with pytest.raises(AttributeError, match=r"^DerivedLayer: nothing has dimension$"):
        written("results.DerivedLayer", layer=0, total=1, distinct=1)


def test_unknown_schema() -> None:
    with pytest.raises(UsageError, match=r"^expected one of .*derivation.*, got 'nothing'$"):
        load_schema("nothing")


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_wrong_document_is_refused(
    run_program: RunCommand, schemas: dict[str, Any], change: Change
) -> None:
    name, path, value = change
    document = json.loads(run_program(*DOCUMENTS[name].split()).stdout)
    jsonschema.validate(document, schemas[name])
    changed = copy.deepcopy(document)
    part = changed
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(changed, schemas[name])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_required_key_may_be_missing(
    run_program: RunCommand, schemas: dict[str, Any], name: str
) -> None:
    document = json.loads(run_program(*DOCUMENTS[name].split()).stdout)
    for key in schemas[name]["required"]:
        changed = {other: value for other, value in document.items() if other != key}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(changed, schemas[name])


def test_a_rule_may_stand_for_the_classes(run_program: RunCommand, schemas: dict[str, Any]) -> None:
    classes = json.loads(run_program(*DOCUMENTS["tying-map"].split()).stdout)["layers"][0][
        "classes"
    ]
    document = json.loads(run_program("export", "-n", "any", "--bias", "--rule").stdout)
    layer = document["layers"][0]
    jsonschema.validate(document, schemas["tying-map"])
    layer["classes"] = classes
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schemas["tying-map"])


_VALUES: list[Any] = [None, True, -1, 0, 2.5, "x", [], {}, [1], {"a": 1}]


def _places(part: Any, place: str = "") -> list[tuple[Any, Any, str]]:
    """Return each container with a key, and the place that messages give it."""
    found = []
    for key in part if isinstance(part, dict) else range(len(part)):
        where = f"{place}[{key}]" if isinstance(part, list) else f"{place}.{key}".lstrip(".")
        found.append((part, key, where))
        if isinstance(part[key], dict | list):
            found += _places(part[key], where)
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_damage_is_named_by_its_place(run_program: RunCommand, name: str) -> None:
    import msgspec

    from polyconstraints.errors import InputError
    from polyconstraints.schemas.generate import DOCUMENTS as DECLARED
    from polyconstraints.schemas.reading import read

    document = json.loads(run_program(*DOCUMENTS[name].split()).stdout)
    read(document, DECLARED[name])
    named = 0
    for container, key, place in _places(document):
        kept = container[key]
        for value in _VALUES:
            container[key] = value
            try:
                msgspec.convert(document, DECLARED[name])
            except msgspec.ValidationError:
                with pytest.raises(InputError) as caught:
                    read(document, DECLARED[name])
                assert caught.value.place.startswith(place)
                assert caught.value.message.startswith("expected ")
                # msgspec's own words are in backticks: the place was found by ours.
                assert "`" not in caught.value.message
                named += 1
            else:
                read(document, DECLARED[name])
        container[key] = kept
    assert named > 20
