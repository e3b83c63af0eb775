"""Documents read into their declarations; every complaint names the place.

The conversion itself is msgspec's. Where it fails the document is walked beside the declaration
once more, to say what was expected, what was found and where: ``layers[0].free[1]: expected an
integer of at least 0, got -1``.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn, TypeVar

import msgspec
from msgspec import inspect

from polyconstraints.errors import InputError, printable

T = TypeVar("T")

#: Below it every integer has a floating-point number of its own.
_EXACT = 2**53

_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}

#: What a type of msgspec stands for among the types of JSON.
_JSON: dict[type[Any], type[Any]] = {
    inspect.StructType: dict,
    inspect.DictType: dict,
    inspect.ListType: list,
    inspect.TupleType: list,
    inspect.StrType: str,
    inspect.IntType: int,
    inspect.FloatType: float,
    inspect.BoolType: bool,
    inspect.NoneType: type(None),
}


def read(document: Any, declared: type[T], place: str = "") -> T:
    """Return a document as its declaration has it; fields that aren't declared don't matter."""
    try:
        return msgspec.convert(document, declared)
    except msgspec.ValidationError:
        document = _whole(document)
    try:
        return msgspec.convert(document, declared)
    except msgspec.ValidationError as error:
        complain(document, inspect.type_info(declared), place)
        raise InputError(str(error)) from None


def _whole(value: Any) -> Any:
    """Return a document with 2 for 2.0, which JSON Schema counts among the integers, too."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return {key: _whole(item) for key, item in value.items()} if type(value) is dict else value


def complain(value: Any, kind: inspect.Type, place: str) -> None:
    """Raise InputError at the first place where a value isn't of its type."""
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    if isinstance(kind, inspect.UnionType):
        kind = _alternative(value, kind, place)
    if isinstance(kind, inspect.AnyType):
        return
    if isinstance(kind, inspect.LiteralType):
        if not any(type(value) is type(word) and value == word for word in kind.values):
            _refuse(value, _words(kind), place)
        return
    json_type = _JSON[type(kind)]
    accepted = (int, float) if json_type is float else (json_type,)
    if type(value) not in accepted or not _within(value, kind):
        _refuse(value, _expected(kind), place)
    if isinstance(kind, inspect.StructType):
        for known in kind.fields:
            where = f"{place}.{known.encode_name}" if place else known.encode_name
            if known.encode_name in value:
                complain(value[known.encode_name], known.type, where)
            elif known.required:
                raise InputError(f"expected {_expected(known.type)}, got nothing", where)
    elif isinstance(kind, inspect.DictType):
        for key, item in value.items():
            complain(key, kind.key_type, f"{place}.{key}")
            complain(item, kind.value_type, f"{place}.{key}")
    elif isinstance(kind, inspect.ListType):
        for at, item in enumerate(value):
            complain(item, kind.item_type, f"{place}[{at}]")
    elif isinstance(kind, inspect.TupleType):
        for at, (item, own) in enumerate(zip(value, kind.item_types, strict=True)):
            complain(item, own, f"{place}[{at}]")


def _alternative(value: Any, kind: inspect.UnionType, place: str) -> inspect.Type:
    """Return the type of a union that a value could be."""
    plain = [one.type if isinstance(one, inspect.Metadata) else one for one in kind.types]
    for one in plain:
        if isinstance(one, inspect.LiteralType):
            if value is not None:
                return one
        elif type(value) is _JSON[type(one)] or len(plain) == 1:
            return one
    named = [one for one in plain if not isinstance(one, inspect.NoneType)]
    if len(named) > 1:
        _refuse(value, " or ".join(map(_expected, named)), place)
    return named[0]


def _within(value: Any, kind: inspect.Type) -> bool:
    """Return whether a value of the right type is within the bounds of its type."""
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        bounds = (kind.ge is None or value >= kind.ge, kind.le is None or value <= kind.le)
        return all(bounds) and (kind.gt is None or value > kind.gt)
    if isinstance(kind, inspect.TupleType):
        return len(value) == len(kind.item_types)
    if isinstance(kind, inspect.StrType) and kind.pattern is not None:
        return re.search(kind.pattern, value) is not None
    if isinstance(kind, inspect.ListType | inspect.StrType):
        short = kind.min_length is not None and len(value) < kind.min_length
        return not short and (kind.max_length is None or len(value) <= kind.max_length)
    return True


def _expected(kind: inspect.Type) -> str:
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    if isinstance(kind, inspect.LiteralType):
        return _words(kind)
    if isinstance(kind, inspect.UnionType):
        return _expected(kind.types[0])
    name = _NAMES[_JSON[type(kind)]]
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        if kind.ge is not None and kind.le is not None:
            return f"{name} from {kind.ge} to {kind.le}"
        return name if kind.ge is None else f"{name} of at least {kind.ge}"
    if isinstance(kind, inspect.StrType) and kind.pattern is not None:
        return f"{name} that matches {kind.pattern}"
    if isinstance(kind, inspect.TupleType):
        return f"{name} of {len(kind.item_types)}"
    if isinstance(kind, inspect.ListType) and kind.min_length:
        least = "" if kind.min_length == kind.max_length else "at least "
        return f"{name} of {least}{kind.min_length}"
    return name


def _words(kind: inspect.LiteralType) -> str:
    if len(kind.values) == 1:
        return repr(kind.values[0])
    return f"one of {', '.join(map(str, kind.values))}"


def _refuse(value: Any, expected: str, place: str) -> NoReturn:
    got = shown(value)
    if isinstance(value, list) and expected.startswith("a list of"):
        got = f"one of {len(value)}"
    raise InputError(f"expected {expected}, got {got}", place)


def shown(value: Any) -> str:
    """Return a value as an error message shows it: short, on one line."""
    if isinstance(value, dict | list) or value is None:
        return _NAMES[type(value)]
    text = repr(value)
    if len(text) <= 40:
        return text
    return text[:38] + "…" + (text[-1] if isinstance(value, str) else "")


def integer(value: Any, place: str, low: int, high: int | None = None) -> int:
    """Return ``value``, which must be an integer from ``low`` to ``high``."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole and low <= value and (high is None or value <= high):
        return int(value)
    bounds = f"of at least {low}" if high is None else f"from {low} to {high}"
    raise InputError(f"expected an integer {bounds}, got {shown(value)}", place)


def number_key(key: str, place: str, low: int, high: int, expected: str) -> int:
    """Return the number that a key is, spelled in the one way that there is: no leading zeros."""
    plain = key.isascii() and key.isdecimal() and len(key) <= len(str(high))
    if plain and key == str(int(key)) and low <= int(key) <= high:
        return int(key)
    raise InputError(f"expected {expected}, got {shown(key)}", place)


def agree(stated: object, expected: object, place: str, why: str = "") -> None:
    """Refuse what is stated and is not what follows from the rest; leaving it out is allowed."""
    if stated is not msgspec.UNSET and stated != expected:
        wanted, got = (
            printable(str(one), 60) if isinstance(one, dict | list) else shown(one)
            for one in ("nothing" if expected is msgspec.UNSET else expected, stated)
        )
        raise InputError(f"expected {wanted}{why}, got {got}", place)
