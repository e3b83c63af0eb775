"""Results written as their documents are declared."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any


def written(declared: str, *sources: object, **given: Any) -> dict[str, Any]:
    """Return a document, or an object in one, given its declaration as ``variety.Strata``.

    A field is what is given for it, or the attribute of its name of the first source that has one.
    One that may be left out is where that is None or nowhere. What has a ``to_json`` of its own is
    what that says.
    """
    return _filled(_declaration(declared), SimpleNamespace(**given), *sources)


@cache
def _declaration(declared: str) -> Any:
    # Here, so that only who writes a document waits for its declaration.
    from msgspec import inspect

    module, _, name = declared.partition(".")
    return inspect.type_info(getattr(import_module(f"polyconstraints.schemas.{module}"), name))


def _filled(declared: Any, *sources: object) -> dict[str, Any]:
    document = {} if declared.tag is None else {declared.tag_field: declared.tag}
    for field in declared.fields:
        if field.name == "schema":
            document["schema"] = field.type.values[0]
            continue
        found = (getattr(source, field.name, ...) for source in sources)
        value = next((one for one in found if one is not ...), ...)
        if value is ... and field.required:
            raise AttributeError(f"{declared.cls.__name__}: nothing has {field.name}")
        if value is not ... and (field.required or value is not None or _may_be_null(field.type)):
            document[field.encode_name] = _plain(value, field.type)
    return document


def _may_be_null(declared: Any) -> bool:
    return any(type(one).__name__ == "NoneType" for one in getattr(declared, "types", ()))


def _plain(value: Any, declared: Any) -> Any:
    """Return a value as JSON has it; None for a number that overflows, where that may be."""
    if value is None:
        return None
    if hasattr(value, "to_json"):
        return value.to_json()
    match type(declared).__name__:
        case "Metadata":
            return _plain(value, declared.type)
        case "UnionType" if isinstance(value, float) and not math.isfinite(value):
            return None
        case "UnionType":
            return _plain(value, declared.types[0])
        case "StructType":
            return value if isinstance(value, dict) else _filled(declared, value)
        case "ListType" if isinstance(value, Mapping):
            # A sum of rational multiples of classes or weights.
            return [[part.numerator, part.denominator, of] for of, part in value.items()]
        case "ListType":
            return [_plain(item, declared.item_type) for item in value]
        case "DictType":
            entries = dict(value).items()
            return {str(key): _plain(item, declared.value_type) for key, item in entries}
        case "StrType":
            return str(value)
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else str(value)
    return value
