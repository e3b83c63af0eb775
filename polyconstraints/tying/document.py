"""Tying maps as JSON documents, schema ``polyconstraints/tying-map/1``."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from polyconstraints.classes.layer import LayerClasses
from polyconstraints.errors import InputError, UsageError
from polyconstraints.spec.groups import (
    Permutation,
    PermutationGroup,
    parse_group,
    require_true_name,
)
from polyconstraints.spec.network import INDEX_KINDS, LAYER_KINDS, LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.tying import provenance
from polyconstraints.tying.map import TyingMap
from polyconstraints.tying.reading import field, integer, integers, number_key, one_of, shown
from polyconstraints.tying.rule_document import read_rule, require_rule_order

__all__ = [
    "SCHEMA",
    "checked_document",
    "from_document",
    "read_header",
    "read_problem",
    "to_document",
    "to_header",
]

T = TypeVar("T")

SCHEMA = "polyconstraints/tying-map/1"

#: Where in a document stands what an argument says.
_PLACES = {
    "widths": "network.widths",
    "channels": "network.channels",
    "symmetry": "symmetry.kind",
    "group": "symmetry.group",
    "compare": "symmetry.compare",
    "permutations": "symmetry.permutations",
    "actions": "symmetry.actions",
}

#: Weights of one layer that are read: their classes fill a gigabyte.
MAX_WEIGHTS = 1 << 27

#: Components of one level that are read: more than that no permutation is written for.
MAX_WIDTH = 10_000_000


#: Largest numerator and denominator: every quotient of such is a number in float64.
MAX_FACTOR = 10**300


def to_header(tying: TyingMap) -> dict[str, Any]:
    """Return a map's document without the class arrays."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "network": tying.network.to_json(),
        "symmetry": tying.symmetry.to_json(),
        "layers": [
            {
                "name": layer.name,
                "shape": list(layer.layer.shape),
                "axes": list(layer.layer.axes),
                "free": list(layer.free),
                "dependent": {
                    str(number): [
                        [factor.numerator, factor.denominator, free]
                        for free, factor in sorted(combination.items())
                    ]
                    for number, combination in sorted(layer.dependent.items())
                },
            }
            for layer in tying.layers
        ],
        "counts": {
            "weights": tying.network.weights,
            "distinct": tying.distinct,
            "dimension": tying.dimension,
            "function_dimension": tying.function_dimension,
        },
    }
    classes = (layer.classes for layer in tying.layers)
    document[provenance.KEY] = provenance.seal(document, classes, tying.origin)
    return document


def to_document(tying: TyingMap) -> dict[str, Any]:
    """Return a map as a document."""
    document = to_header(tying)
    for entry, layer in zip(document["layers"], tying.layers, strict=True):
        entry["classes"] = layer.classes.tolist()
    return document


def from_document(document: Any, source: str = "") -> TyingMap:
    """Return the map that a document describes.

    Raises
    ------
    InputError
        If the document is not a tying map; the message names the place.
    """

    def classes(entry: Any, layer: LayerSpec, place: str) -> NDArray[np.int64]:
        return _nested(field(entry, "classes", list, place), layer, f"{place}.classes")

    return read_header(document, classes, source)


def read_header(document: Any, classes_of: Any, source: str = "") -> TyingMap:
    """Return the map of a header and a function that gives the class arrays.

    Parameters
    ----------
    document : object
        A document, with or without the class arrays.
    classes_of : callable
        Called with a layer's entry, its LayerSpec and its place in the document; returns an
        integer array.
    """
    return checked_document(lambda: _read(document, classes_of), source)


def checked_document(read: Callable[[], T], source: str) -> T:
    """Return what a function reads; errors name the file and the place in it."""
    try:
        return read()
    except InputError as error:
        raise InputError(error.message, error.place, source) from None
    except UsageError as error:
        raise InputError(error.message, _PLACES.get(error.field or "", ""), source) from None


def read_problem(document: Any, max_weights: int | None = None) -> tuple[NetworkSpec, Symmetry]:
    """Return the network and the symmetry that a document is about.

    With ``max_weights`` a layer may have no more weights than that.
    """
    schema = field(document, "schema", str)
    if schema != SCHEMA:
        raise InputError(f"expected {SCHEMA!r}, got {shown(schema)}", "schema")
    network = _network(field(document, "network", dict))
    for layer in network.layers:
        if max_weights is not None and layer.weights > max_weights:
            raise InputError(
                f"expected at most {max_weights} weights in a layer, got {layer.weights}",
                "network",
            )
    if max(network.widths) > MAX_WIDTH:
        raise InputError(f"expected at most {MAX_WIDTH} components in a level", "network.widths")
    return network, _symmetry(field(document, "symmetry", dict), network)


def _read(document: Any, classes_of: Any) -> TyingMap:
    network, symmetry = read_problem(document, MAX_WEIGHTS)
    entries = field(document, "layers", list)
    if len(entries) != network.depth:
        raise InputError(f"expected {network.depth} layers, got {len(entries)}", "layers")
    written: dict[Any, NDArray[np.int64]] = {}
    layers = tuple(
        _layer(entry, layer, classes_of, written)
        for entry, layer in zip(entries, network.layers, strict=True)
    )
    _check_counts(document, network, layers)
    origin = provenance.read(document, network, symmetry)
    # Last, so that damage is named by its place wherever it has one.
    listed = (
        None if "rule" in entry else layer.classes
        for entry, layer in zip(entries, layers, strict=True)
    )
    provenance.check(document, listed)
    # What the document says of its functions isn't taken over: the map works it out when asked.
    return TyingMap(network, symmetry, layers, origin=origin)


def _check_counts(
    document: dict[str, Any], network: NetworkSpec, layers: tuple[LayerClasses, ...]
) -> None:
    """Check the counts that a document states."""
    if "counts" not in document:
        return
    counts = field(document, "counts", dict)
    found = {
        "weights": network.weights,
        "distinct": sum(len(layer.present) for layer in layers),
        "dimension": sum(len(layer.free) for layer in layers),
    }
    for key, value in found.items():
        if key in counts and counts[key] != value:
            raise InputError(
                f"expected {value}, as the layers have it, got {shown(counts[key])}",
                f"counts.{key}",
            )
    dimension = counts.get("function_dimension")
    if dimension is not None:
        integer(dimension, "counts.function_dimension", 0)


def _network(entry: dict[str, Any]) -> NetworkSpec:
    place = "network"
    depth = integer(entry.get("depth"), f"{place}.depth", 1, 1000)
    widths = integers(field(entry, "widths", list, place), f"{place}.widths", 1)
    channels = integers(field(entry, "channels", list, place), f"{place}.channels", 1)
    for name, values in (("widths", widths), ("channels", channels)):
        if len(values) != depth + 1:
            raise InputError(
                f"expected {depth + 1} numbers for depth {depth}, got {len(values)}",
                f"{place}.{name}",
            )
    inputs = integer(entry.get("inputs"), f"{place}.inputs", 1)
    if inputs != widths[0]:
        raise InputError(f"expected {inputs}, the inputs, got {widths[0]}", f"{place}.widths[0]")
    return NetworkSpec(
        inputs,
        depth,
        one_of(entry.get("layer"), LAYER_KINDS, f"{place}.layer"),
        one_of(entry.get("indices"), INDEX_KINDS, f"{place}.indices"),
        field(entry, "bias", bool, place),
        tuple(widths[1:-1]),
        widths[-1],
        tuple(channels),
    )


def _symmetry(entry: dict[str, Any], network: NetworkSpec) -> Symmetry:
    place = "symmetry"
    name = field(entry, "group", str, place)
    where = f"{place}.group"
    try:
        if "generators" in entry:
            generators = field(entry, "generators", list, place)
            # Images on other levels match the generators one by one, so none may be dropped.
            keep_all = "actions" in entry
            where = place
            group = PermutationGroup(network.inputs, generators, name, keep_all=keep_all)
            require_true_name(group)
        else:
            group = parse_group(name, network.inputs)
    except InputError as error:
        inner = error.place if where == place else ""
        raise InputError(error.message, ".".join(filter(None, (where, inner)))) from None
    except UsageError as error:
        raise InputError(error.message, f"{place}.group") from None
    actions: dict[int, tuple[Permutation, ...]] = {}
    for key, images in field(entry, "actions", dict, place).items() if "actions" in entry else ():
        where = f"{place}.actions.{key}"
        level = number_key(key, where, 1, network.depth, f"a level from 1 to {network.depth}")
        width = network.widths[level]
        if not isinstance(images, list):
            raise InputError(f"expected a list, got {shown(images)}", where)
        actions[level] = tuple(
            _permutation(image, width, f"{where}[{at}]") for at, image in enumerate(images)
        )
    symmetry = Symmetry(
        group,
        one_of(entry.get("kind"), ("equivariant", "invariant"), f"{place}.kind"),
        one_of(entry.get("scope", "layer"), ("layer", "network"), f"{place}.scope"),
        one_of(
            entry.get("compare", "function"), ("function", "paper", "tensor"), f"{place}.compare"
        ),
        actions=actions,
    )
    if "permutations" in entry:
        symmetry = _imposed(symmetry, integer(entry["permutations"], f"{place}.permutations", 0))
    symmetry.require_fit(network)
    return symmetry


def _imposed(symmetry: Symmetry, count: int) -> Symmetry:
    """Return the symmetry with the choice of permutations that has the stated number."""
    degree, known = symmetry.group.degree, symmetry.imposed_count
    if count == known:
        return symmetry
    numbers: dict[Literal["transpositions", "adjacent", "generators"], int] = {
        "transpositions": degree * (degree - 1) // 2,
        "adjacent": degree - 1,
        "generators": len(symmetry.group.generators),
    }
    for choice, number in numbers.items():
        if count == number and not symmetry.actions and symmetry.group.is_symmetric():
            return replace(symmetry, permutations=choice)
    raise InputError(
        f"expected {known}, as many as are imposed, got {shown(count)}", "symmetry.permutations"
    )


def _permutation(value: Any, width: int, place: str) -> Permutation:
    images = tuple(integers(value, place, 0, width - 1))
    if len(set(images)) != width or len(images) != width:
        raise InputError(f"expected a permutation of {width} components", place)
    return images


def _layer(
    entry: Any, layer: LayerSpec, classes_of: Any, written: dict[Any, NDArray[np.int64]]
) -> LayerClasses:
    place = f"layers[{layer.index}]"
    name = field(entry, "name", str, place)
    if name != f"layer{layer.index}":
        raise InputError(f"expected 'layer{layer.index}', got {shown(name)}", f"{place}.name")
    for key, expected in (("shape", layer.shape), ("axes", layer.axes)):
        if key in entry and entry[key] != list(expected):
            raise InputError(
                f"expected {list(expected)}, which the network has, got {shown(entry[key])}",
                f"{place}.{key}",
            )
    if "rule" in entry:
        return _by_rule(entry, layer, place, written)
    classes = classes_of(entry, layer, place)
    _check_classes(classes, layer, f"{place}.classes")
    present = set(LayerClasses(layer, classes).present)
    free = integers(field(entry, "free", list, place), f"{place}.free", 0)
    known: set[int] = set()
    for at, number in enumerate(free):
        if number not in present:
            raise InputError(
                f"expected a class that has weights, got {number}", f"{place}.free[{at}]"
            )
        if number in known:
            raise InputError(f"expected each class once, got {number}", f"{place}.free[{at}]")
        known.add(number)
    dependent: dict[int, dict[int, Fraction]] = {}
    given = field(entry, "dependent", dict, place) if "dependent" in entry else {}
    for key, terms in given.items():
        where = f"{place}.dependent.{key}"
        wanted = "a class that has weights"
        number = number_key(key, where, 0, layer.weights - 1, wanted)
        if number not in present:
            raise InputError(f"expected {wanted}, got {shown(key)}", where)
        if number in known:
            raise InputError(f"expected a class that is not free, got {key}", where)
        dependent[number] = _combination(terms, known, where)
    missing = present - known - set(dependent)
    if missing:
        raise InputError(
            f"expected every class to be free or dependent, got neither for {min(missing)}", place
        )
    order = None if free == sorted(free) else tuple(free)
    return LayerClasses(layer, classes, dependent, order)


def _by_rule(
    entry: dict[str, Any], layer: LayerSpec, place: str, written: dict[Any, NDArray[np.int64]]
) -> LayerClasses:
    """Return the classes of a layer that gives a rule instead of a list of them.

    Layers of one rule share their array, which is kept in ``written``.
    """
    if "classes" in entry:
        raise InputError("expected classes or a rule, got both", f"{place}.rule")
    if entry.get("dependent"):
        raise InputError("expected none where a rule gives the classes", f"{place}.dependent")
    rule, _, sizes = read_rule(field(entry, "rule", dict, place), layer, f"{place}.rule")
    key = (rule.patterns, frozenset(rule.numbers.items()), sizes)
    if key not in written:
        entries = math.prod(layer.shape) + sum(array.size for array in written.values())
        if entries > MAX_WEIGHTS:
            raise InputError(
                f"expected at most {MAX_WEIGHTS} entries in layers whose rules differ, got "
                f"{entries}",
                f"{place}.rule",
            )
        written[key] = rule.array(sizes)
    tied = LayerClasses(layer, written[key])
    require_rule_order(entry, tied.distinct, place)
    return tied


def _combination(terms: Any, known: set[int], place: str) -> dict[int, Fraction]:
    if not isinstance(terms, list):
        raise InputError(f"expected a list, got {shown(terms)}", place)
    result: dict[int, Fraction] = {}
    for at, term in enumerate(terms):
        where = f"{place}[{at}]"
        if not isinstance(term, list) or len(term) != 3:
            raise InputError(
                f"expected [numerator, denominator, free class], got {shown(term)}", where
            )
        numerator, denominator, free = term
        if not isinstance(numerator, int) or isinstance(numerator, bool):
            raise InputError(f"expected an integer, got {shown(numerator)}", f"{where}[0]")
        integer(denominator, f"{where}[1]", 1)
        for part, size in enumerate((abs(numerator), denominator)):
            if size > MAX_FACTOR:
                raise InputError("expected an integer of at most 300 digits", f"{where}[{part}]")
        if isinstance(free, bool) or not isinstance(free, int) or free not in known:
            raise InputError(f"expected a free class, got {shown(free)}", f"{where}[2]")
        if free in result:
            raise InputError(f"expected each free class once, got {free}", f"{where}[2]")
        result[free] = Fraction(numerator, denominator)
    return {free: factor for free, factor in result.items() if factor}


def _nested(value: list[Any], layer: LayerSpec, place: str) -> NDArray[np.int64]:
    """Return nested lists as an array of the layer's shape, or name the place that differs."""
    shape = layer.shape

    def check(item: Any, axis: int, where: str) -> None:
        if axis == len(shape):
            integer(item, where, -1, layer.weights - 1)
            return
        if not isinstance(item, list):
            raise InputError(f"expected a list of {shape[axis]}, got {shown(item)}", where)
        if len(item) != shape[axis]:
            raise InputError(f"expected a list of {shape[axis]}, got one of {len(item)}", where)
        for at, inner in enumerate(item):
            check(inner, axis + 1, f"{where}[{at}]")

    # Before an array is made: one long text among its entries would make it a wide one.
    if not _are_integers(value, shape):
        check(value, 0, place)
    try:
        return np.array(value, dtype=np.int64).reshape(shape)
    except OverflowError:
        check(value, 0, place)
        raise


def _are_integers(value: list[Any], shape: tuple[int, ...]) -> bool:
    """Return whether nested lists have a shape, and integers as leaves: true is none."""
    rows = value
    for at, size in enumerate(shape):
        if (
            not all(type(row) is list and len(row) == size for row in rows)
            if at
            else (len(rows) != size)
        ):
            return False
        if at:
            rows = [item for row in rows for item in row]
    return set(map(type, rows)) <= {int}


def _check_classes(classes: NDArray[np.int64], layer: LayerSpec, place: str) -> None:
    """Check that there is a class exactly where there is a weight."""
    # One output at a time, since temporaries of the whole array would be as large as itself.
    for output, row in enumerate(classes):
        mask = layer.mask[output]
        inside = (row >= 0) & (row < layer.weights)
        wrong = np.argwhere(np.where(mask, ~inside, row != -1))
        if len(wrong):
            index = tuple(wrong[0].tolist())
            at = "".join(f"[{part}]" for part in (output, *index))
            wanted = f"a class from 0 to {layer.weights - 1}" if mask[index] else "-1 (no weight)"
            raise InputError(f"expected {wanted}, got {row[index]}", f"{place}{at}")
