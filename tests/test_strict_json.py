"""JSON is read strictly, with the place of what is wrong, and written canonically."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyconstraints.errors import InputError
from polyconstraints.io.strict_json import (
    MAX_INTEGER_DIGITS,
    MAX_JSON_DEPTH,
    dump_json,
    iter_json,
    parse_json,
)

# --- In -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "m.json: expected a JSON document, got nothing"),
        (" \n ", "m.json: expected a JSON document, got nothing"),
        ('{"a": [1, 2', "m.json: line 1, column 12: expected valid JSON, but the text ends early"),
        ('{"a": "bc', "m.json: line 1, column 10: expected valid JSON, but the text ends early"),
        ('{"a":\n\n', "m.json: line 3, column 1: expected valid JSON, but the text ends early"),
        ("[1, 2]\n[3]", "m.json: line 2, column 1: expected valid JSON: extra data"),
        ('{"a" 1}', "m.json: line 1, column 6: expected valid JSON: expecting ':' delimiter"),
        ("{'a': 1}", "m.json: line 1, column 2: expected valid JSON: expecting property name"),
        ('["a\nb"]', "m.json: line 1, column 4: expected valid JSON: invalid control character"),
        ('{"a": 1, "a": 2}', "m.json: expected each key once, got 'a' twice"),
        (
            '{"a": [{}, {"b": {"c": 1, "c": 1}}]}',
            "m.json: a[1].b: expected each key once, got 'c' twice",
        ),
        ('{"a": [0, NaN]}', "m.json: a[1]: expected a finite number, got NaN"),
        ("[[-Infinity]]", "m.json: [0][0]: expected a finite number, got -Infinity"),
        ('{"a": 1e999}', "m.json: a: expected a finite number, got '1e999'"),
        (
            f"[1, -{'9' * (MAX_INTEGER_DIGITS + 1)}]",
            "m.json: [1]: expected an integer of at most 1000 digits, got",
        ),
        ('["\\ud800"]', "m.json: [0]: expected text, got half a surrogate pair"),
        ('{"\\udfff": 1}', "m.json: expected text as keys, got half a surrogate pair"),
        ("[" * 100_000, f"m.json: line 1, column {MAX_JSON_DEPTH + 1}: expected at most"),
        ('{"a":' * 100_000, "expected at most 64 levels of nesting"),
        ('{"x": "' + "[" * 100, "the text ends early"),
        ('"' + '\\"' * 200_000 + "[" * 100, "the text ends early"),
        ("undefined", "m.json: line 1, column 1: expected valid JSON: expecting value"),
    ],
)
def test_json_that_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_json(text, source="m.json")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_first_refused_value_in_reading_order_is_reported() -> None:
    with pytest.raises(InputError, match=r"^b\[0\]: "):
        parse_json('{"b": [NaN, 1], "a": [NaN]}')


def test_json_that_is_accepted() -> None:
    deepest = "[" * MAX_JSON_DEPTH + "]" * MAX_JSON_DEPTH
    assert parse_json(deepest) is not None
    assert parse_json('{"s": "' + "[{" * 100 + '"}') == {"s": "[{" * 100}
    assert parse_json('["\\"[", ' + "[], " * 100 + "1]")[-1] == 1
    assert parse_json("9" * MAX_INTEGER_DIGITS) == int("9" * MAX_INTEGER_DIGITS)
    assert parse_json('"\\ud83d\\ude00"') == "\N{GRINNING FACE}"
    assert parse_json("[1, -2, 0.5, true, null]") == [1, -2, 0.5, True, None]


def test_missing_closing_bracket_after_many_values_is_quick() -> None:
    with pytest.raises(InputError, match="ends early"):
        parse_json("[" + "[1, 2, 3], " * 100_000)


# --- Out ----------------------------------------------------------------------------------

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Surrogates that stand alone are no text and are refused on the way in.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=40,
)


def text_of(obj: object) -> str:
    handle = io.StringIO()
    dump_json(obj, handle)
    return handle.getvalue()


@given(json_values)
def test_what_is_written_reads_back(value: object) -> None:
    text = text_of(value)
    assert json.loads(text) == value
    assert parse_json(text) == value
    assert text.isascii()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@given(st.dictionaries(st.text(), st.integers()))
def test_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert text_of(value) == text_of(dict(reversed(value.items())))


@given(json_values)
def test_same_bytes_after_reading_back(value: object) -> None:
    assert text_of(parse_json(text_of(value))) == text_of(value)


def test_layout() -> None:
    document = {
        "schema": "polyconstraints/example/1",
        "classes": [[i * 40 + j for j in range(40)] for i in range(2)],
        "counts": {"weights": 80, "distinct": 80},
        "empty": [[], {}],
    }
    row0, row1 = (", ".join(str(i * 40 + j) for j in range(40)) for i in range(2))
    assert text_of(document) == (
        "{\n"
        '  "classes": [\n'
        f"    [{row0}],\n"
        f"    [{row1}]\n"
        "  ],\n"
        '  "counts": {"distinct": 80, "weights": 80},\n'
        '  "empty": [[], {}],\n'
        '  "schema": "polyconstraints/example/1"\n'
        "}\n"
    )


def test_iterators_are_written_as_they_come() -> None:
    taken = 0

    def equalities() -> Iterator[dict[str, str]]:
        nonlocal taken
        for index in range(1000):
            taken += 1
            yield {"left": f"W0_1_{index}_0", "right": "W0_1_1_0"}

    pieces = iter_json({"list": equalities()})
    for _ in range(10):
        next(pieces)
    assert taken < 10
    rest = "".join(pieces)
    assert rest.endswith("]\n}\n")
    assert taken == 1000


def test_empty_iterator() -> None:
    assert json.loads(text_of({"list": iter(())})) == {"list": []}


def test_numpy_and_flint_values() -> None:
    numpy = pytest.importorskip("numpy")
    flint = pytest.importorskip("flint")
    document = {
        "array": numpy.arange(4).reshape(2, 2),
        "number": numpy.int64(5),
        "flag": numpy.bool_(True),
        "big": flint.fmpz(10) ** 30,
    }
    assert json.loads(text_of(document)) == {
        "array": [[0, 1], [2, 3]],
        "number": 5,
        "flag": True,
        "big": 10**30,
    }


@pytest.mark.parametrize("value", [{1: 2}, {"a": {None: 1}}, {"a": object()}, {1, 2}, b"bytes"])
def test_what_json_cannot_say(value: object) -> None:
    with pytest.raises(TypeError, match="expected"):
        text_of(value)


@pytest.mark.parametrize("value", [float("nan"), [float("inf")]])
def test_numbers_that_are_not_finite(value: object) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        text_of(value)
