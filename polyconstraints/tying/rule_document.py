"""The rule part of a layer in a document: patterns of equal indices and where each exists.

::

    {"group": "S", "letters": {"n": 5}, "output": "n", "inputs": {"sum": [1, "n"]},
     "patterns": [{"class": 0, "at": [0, [0, 0], [0, 0]], "from": {"n": 1}, "to": {"n": null}}]}

``output`` and ``inputs`` say what the axes of the weight array run over: the name of a sort
of letters, a number of points that stay in place, or a ``sum`` (one after the other), a
``product`` (the last factor fastest) or a ``wreath`` (inside a block, blocks). A pattern's
``at`` has one entry for each axis: a letter's label, the number of a point in place, [part,
entry] in a sum, [entry, …] in a product, [block, place] in a wreath product. Equal labels are
equal letters; labels are counted from 0 in the order in which they are met. Points that are
subsets of k points, or k different points in some order, are ``{"subsets": [points, k]}`` and
``{"arrangements": [points, k]}``, an entry of theirs the list of the points' entries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from msgspec import UNSET

from polyconstraints.classes.patterns import LayerPatterns, Pattern, canonical, patterns
from polyconstraints.errors import InputError
from polyconstraints.schemas import maps
from polyconstraints.schemas.reading import agree, integer, shown
from polyconstraints.spec.groups.constructions import Product, Selection, Sum, Wreath
from polyconstraints.spec.groups.tree import Address, Construction, Fixed, Letters
from polyconstraints.spec.network import LayerSpec


def write_rule(
    layer: LayerPatterns, names: Sequence[str], sizes: Sequence[int], group: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the rule part of a layer, given each sort's name and number of letters.

    ``group`` has the group as text, and its actions on levels if there are any.
    """
    order = sorted(layer.numbers.items(), key=lambda entry: (entry[1], repr(entry[0])))
    return {
        **group,
        "letters": dict(zip(names, sizes, strict=True)),
        "output": layer.output.to_json(names),
        "inputs": layer.inputs.to_json(names),
        "patterns": [
            {
                "class": number,
                "at": [_plain(address) for address in pattern],
                "text": layer.pattern_text(pattern),
                "from": dict(zip(names, layer.needs(pattern, len(names)), strict=True)),
                "to": dict.fromkeys(names),
            }
            for pattern, number in order
        ],
    }


def _plain(address: Address) -> Any:
    return [_plain(part) for part in address] if isinstance(address, tuple) else address


# --- reading ------------------------------------------------------------------------------


def read_rule(entry: maps.MapLayer, layer: LayerSpec) -> tuple[LayerPatterns, maps.LayerRule]:
    """Return the rule of a layer, and its entry as it is declared.

    A rule that leaves a pattern without a class is none.
    """
    place = f"layers[{layer.index}].rule"
    stated = entry.rule
    if stated is UNSET:
        raise InputError("expected an object, got nothing", place)
    names, sizes = tuple(stated.letters), tuple(stated.letters.values())
    output = _points(stated.output, names, f"{place}.output")
    inputs = _points(stated.inputs, names, f"{place}.inputs")
    for points, size, key in ((output, layer.outputs, "output"), (inputs, layer.letters, "inputs")):
        agree(points.size(sizes), size, f"{place}.{key}", " points, which the network has")
    rule = LayerPatterns(output, inputs, layer.degree, layer.ordered)
    rule = replace(rule, stated=_numbers(stated.patterns, rule, names, place))
    present = len(rule.present(sizes))
    if entry.free is not UNSET and entry.free != list(range(present)):
        raise InputError(
            f"expected the classes that the rule gives, 0 to {present - 1} ascending, which is the "
            "order of its parameters, got others or another order",
            f"layers[{layer.index}].free",
        )
    return rule, stated


def _points(
    value: str | int | maps.CombinedPoints, names: Sequence[str], place: str
) -> Construction:
    if isinstance(value, int):
        return Fixed(value)
    if isinstance(value, str):
        if value in names:
            return Letters(names.index(value))
        raise InputError(
            "expected the name of a sort of letters, a number of points, or a sum, product, "
            f"wreath, subsets or arrangements of such, got {shown(value)}",
            place,
        )
    stated = {key: getattr(value, key) for key in value.__struct_fields__}
    stated = {key: parts for key, parts in stated.items() if parts is not UNSET}
    if len(stated) != 1:
        raise InputError(
            f"expected one of {', '.join(value.__struct_fields__)}, got {len(stated)}", place
        )
    [(key, parts)] = stated.items()
    where = f"{place}.{key}"
    if key in ("subsets", "arrangements"):
        of, length = parts
        return Selection((_points(of, names, f"{where}[0]"),), length, True, key == "arrangements")
    kinds = {kind.word: kind for kind in (Sum, Product, Wreath)}
    return kinds[key](
        tuple(_points(part, names, f"{where}[{at}]") for at, part in enumerate(parts))
    )


def _numbers(
    entries: list[maps.RulePattern], layer: LayerPatterns, names: Sequence[str], place: str
) -> dict[Pattern, int]:
    numbers: dict[Pattern, int] = {}
    for at, entry in enumerate(entries):
        where = f"{place}.patterns[{at}]"
        number = integer(entry.class_, f"{where}.class", 0, max(len(entries) - 1, 0))
        pattern: Pattern = _address(layer.points, entry.at, f"{where}.at")
        if canonical(layer.points, pattern) != pattern:
            raise InputError(
                "expected labels from 0 in the order in which they are met", f"{where}.at"
            )
        if pattern in numbers:
            raise InputError("expected each pattern once, got one twice", f"{where}.at")
        least = dict(zip(names, layer.needs(pattern, len(names)), strict=True))
        agree(entry.from_, least, f"{where}.from", ", the letters that the pattern has")
        if entry.to is not UNSET and entry.to not in (None, dict.fromkeys(names)):
            raise InputError(
                "expected null: a pattern that exists for some n exists for every larger one",
                f"{where}.to",
            )
        numbers[pattern] = number
    # Stops at the first one that is missing, however many there are.
    for pattern in patterns(layer.points):
        if pattern not in numbers:
            raise InputError(
                f"expected every pattern, got none for {layer.pattern_text(pattern)}",
                f"{place}.patterns",
            )
    return numbers


def _address(points: Construction, value: Any, place: str) -> Any:
    """Return an address as it is written, or name the place that is none."""
    if isinstance(points, Letters):
        return integer(value, place, 0, 63)
    if isinstance(points, Fixed):
        return integer(value, place, 0, points.count - 1)
    if not isinstance(value, list):
        raise InputError(f"expected a list, got {shown(value)}", place)
    parts = points.axes if isinstance(points, Product | Wreath | Selection) else ()
    length = len(parts) or 2
    if len(value) != length:
        raise InputError(f"expected a list of {length}, got one of {len(value)}", place)
    if isinstance(points, Sum):
        part = integer(value[0], f"{place}[0]", 0, len(points.parts) - 1)
        return part, _address(points.parts[part], value[1], f"{place}[1]")
    pairs = enumerate(zip(parts, value, strict=True))
    return tuple(_address(part, one, f"{place}[{at}]") for at, (part, one) in pairs)
