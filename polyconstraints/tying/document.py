"""Tying maps as JSON documents, schema ``polyconstraints/tying-map/1``, with an activation ``/2``.

Who reads a map and doesn't know activations would compute another function: hence the number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from math import comb, prod
from typing import Annotated, Any

import numpy as np
from msgspec import UNSET, Meta
from numpy.typing import NDArray

from polyconstraints.classes.layer import LayerClasses
from polyconstraints.errors import InputError, UsageError, naming
from polyconstraints.schemas import maps, types
from polyconstraints.schemas.reading import agree, number_key, read, shown
from polyconstraints.spec import Permutations
from polyconstraints.spec.groups import PermutationGroup, parse_group, require_true_name
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.tying import provenance
from polyconstraints.tying.rule_document import read_rule

_PLAIN = "polyconstraints/tying-map/1"
_ACTIVATED = "polyconstraints/tying-map/2"

#: Where in a document stands what an argument says.
_PLACES = {
    "layer": "network.layer",
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

#: Layers that are read.
MAX_DEPTH = 1000

#: Components of one level that are read: more than that no permutation is written for.
MAX_WIDTH = 10_000_000

#: Largest numerator and denominator: every quotient of such is a number in float64.
MAX_FACTOR = 10**300


def write_header(
    network: NetworkSpec,
    symmetry: Symmetry,
    layers: Iterable[Mapping[str, Any]],
    counts: Mapping[str, int | None],
    origin: provenance.Origin | None,
    classes: Iterable[NDArray[np.int64]] = (),
) -> dict[str, Any]:
    """Return the document of a map or a rule, without the class arrays, which are only sealed.

    ``layers`` is what each layer's entry holds besides its name, shape and axes.
    """
    document: dict[str, Any] = {
        "schema": _PLAIN if network.activation is None else _ACTIVATED,
        "network": network.to_json(),
        "symmetry": symmetry.to_json(),
        "layers": [
            {
                "name": f"layer{layer.index}",
                "shape": list(layer.shape),
                "axes": list(layer.axes),
                **entry,
            }
            for layer, entry in zip(network.layers, layers, strict=True)
        ],
        "counts": {"weights": network.weights, **counts},
    }
    return {**document, provenance.KEY: provenance.seal(document, classes, origin)}


#: Gives the class array of a layer: called with its entry, its LayerSpec and the entry's place.
ClassesOf = Callable[[maps.MapLayer, LayerSpec, str], NDArray[np.int64]]


@contextmanager
def naming_places(source: str) -> Iterator[None]:
    """Let errors of what is read name the file and the place in it."""
    try:
        with naming(source=source):
            yield
    except UsageError as error:
        raise InputError(error.message, _PLACES.get(error.field or "", ""), source) from None


def read_layers(
    declared: maps.TyingMap, network: NetworkSpec, classes_of: ClassesOf | None = None
) -> tuple[LayerClasses, ...]:
    """Return the layers of a map's document.

    ``classes_of`` gives the class arrays of layers that have no rule; they are lists in the
    document unless it is given.
    """
    written: dict[Any, NDArray[np.int64]] = {}
    return tuple(
        _by_classes(entry, layer, classes_of or _listed)
        if entry.rule is UNSET
        else _by_rule(entry, layer, written)
        for entry, layer in zip(declared.layers, network.layers, strict=True)
    )


def read_problem(
    document: Any, max_weights: int | None = None
) -> tuple[maps.TyingMap, NetworkSpec, Symmetry]:
    """Return a document as it is declared, and the network and the symmetry that it is about."""
    declared = read(document, maps.TyingMap)
    network = stated_network(declared.network)
    if network.activation is not None and declared.schema == _PLAIN:
        raise InputError(f"expected {_ACTIVATED!r} for a network with an activation", "schema")
    for layer in network.layers:
        if max_weights is not None and layer.weights > max_weights:
            raise InputError(
                f"expected at most {max_weights} weights in a layer, got {layer.weights}", "network"
            )
    symmetry = stated_symmetry(declared.symmetry, network)
    if len(declared.layers) != network.depth:
        raise InputError(f"expected {network.depth} layers, got {len(declared.layers)}", "layers")
    for entry, layer in zip(declared.layers, network.layers, strict=True):
        place = f"layers[{layer.index}]"
        agree(entry.name, f"layer{layer.index}", f"{place}.name")
        agree(entry.shape, list(layer.shape), f"{place}.shape", ", which the network has")
        agree(entry.axes, list(layer.axes), f"{place}.axes", ", which the network has")
    return declared, network, symmetry


def stated_network(entry: types.Network) -> NetworkSpec:
    """Return the network that a document states."""
    depth = entry.depth
    if depth > MAX_DEPTH:
        raise InputError(
            f"expected at most {MAX_DEPTH} layers, got {shown(depth)}", "network.depth"
        )
    for name, values in (("widths", entry.widths), ("channels", entry.channels)):
        if len(values) != depth + 1:
            raise InputError(
                f"expected {depth + 1} numbers for depth {depth}, got {len(values)}",
                f"network.{name}",
            )
    agree(entry.widths[0], entry.inputs, "network.widths[0]", ", the inputs")
    if max(entry.widths) > MAX_WIDTH:
        raise InputError(f"expected at most {MAX_WIDTH} components in a level", "network.widths")
    return NetworkSpec(
        entry.inputs,
        depth,
        entry.layer,
        entry.indices,
        entry.bias,
        entry.widths[1:-1],
        entry.widths[-1],
        entry.channels,
        None if entry.activation is UNSET else entry.activation,
    )


def stated_symmetry(entry: types.StatedSymmetry, network: NetworkSpec) -> Symmetry:
    """Return the symmetry that a document states, if it fits the network."""
    wanted = f"a level from 1 to {network.depth}"
    actions = {
        number_key(key, f"symmetry.actions.{key}", 1, network.depth, wanted): (
            tuple(map(tuple, images))
        )
        for key, images in ({} if entry.actions is UNSET else entry.actions).items()
    }
    symmetry = Symmetry(
        _group(entry, network.inputs),
        entry.kind,
        "layer" if entry.scope is UNSET else entry.scope,
        "function" if entry.compare is UNSET else entry.compare,
        actions=actions,
    )
    if entry.permutations is not UNSET:
        symmetry = _imposed(symmetry, entry.permutations)
    symmetry.require_fit(network)
    return symmetry


def _group(entry: types.StatedSymmetry, degree: int) -> PermutationGroup:
    if entry.generators is UNSET:
        try:
            return parse_group(entry.group, degree)
        except InputError as error:
            raise InputError(error.message, "symmetry.group") from None
    try:
        # Images on other levels match the generators one by one, so none may be dropped.
        keep_all = entry.actions is not UNSET
        group = PermutationGroup(degree, entry.generators, entry.group, keep_all=keep_all)
    except InputError as error:
        raise InputError(error.message, f"symmetry.{error.place}") from None
    require_true_name(group)
    return group


def _imposed(symmetry: Symmetry, count: int) -> Symmetry:
    """Return the symmetry with the choice of permutations that has the stated number."""
    group, known = symmetry.group, symmetry.imposed_count
    if count == known:
        return symmetry
    if not symmetry.actions and group.is_symmetric():
        choices: dict[int, Permutations] = {
            len(group.generators): "generators",
            group.degree - 1: "adjacent",
            comb(group.degree, 2): "transpositions",
        }
        if count in choices:
            return replace(symmetry, permutations=choices[count])
    raise InputError(
        f"expected {known}, as many as are imposed, got {shown(count)}", "symmetry.permutations"
    )


def _by_classes(entry: maps.MapLayer, layer: LayerSpec, classes_of: ClassesOf) -> LayerClasses:
    place = f"layers[{layer.index}]"
    classes = classes_of(entry, layer, place)
    _check_classes(classes, layer, f"{place}.classes")
    if entry.free is UNSET:
        raise InputError("expected a list, got nothing", f"{place}.free")
    present = set(LayerClasses(layer, classes).present)
    known: set[int] = set()
    for at, number in enumerate(entry.free):
        if number not in present or number in known:
            wanted = "each class once" if number in known else "a class that has weights"
            raise InputError(f"expected {wanted}, got {shown(number)}", f"{place}.free[{at}]")
        known.add(number)
    dependent: dict[int, dict[int, Fraction]] = {}
    for key, terms in ({} if entry.dependent is UNSET else entry.dependent).items():
        where = f"{place}.dependent.{key}"
        wanted = "a class that has weights"
        number = number_key(key, where, 0, layer.weights - 1, wanted)
        if number not in present:
            raise InputError(f"expected {wanted}, got {shown(key)}", where)
        if number in known:
            raise InputError(f"expected a class that is not free, got {key}", where)
        dependent[number] = _combination(terms, known, where)
    if missing := present - known - set(dependent):
        raise InputError(
            f"expected every class to be free or dependent, got neither for {min(missing)}", place
        )
    order = None if entry.free == sorted(entry.free) else tuple(entry.free)
    return LayerClasses(layer, classes, dependent, order)


def _by_rule(
    entry: maps.MapLayer, layer: LayerSpec, written: dict[Any, NDArray[np.int64]]
) -> LayerClasses:
    """Return a layer that gives a rule; layers of one rule share their array, in ``written``."""
    place = f"layers[{layer.index}]"
    if entry.classes is not UNSET:
        raise InputError("expected classes or a rule, got both", f"{place}.rule")
    if entry.dependent is not UNSET and entry.dependent:
        raise InputError("expected none where a rule gives the classes", f"{place}.dependent")
    rule, stated = read_rule(entry, layer)
    sizes = tuple(stated.letters.values())
    key = (rule, sizes)
    if key not in written:
        entries = prod(layer.shape) + sum(array.size for array in written.values())
        if entries > MAX_WEIGHTS:
            raise InputError(
                f"expected at most {MAX_WEIGHTS} entries in layers whose rules differ, got "
                f"{entries}",
                f"{place}.rule",
            )
        written[key] = rule.tied(sizes)
    return LayerClasses(layer, written[key])


def _combination(
    terms: list[tuple[int, int, int]], known: set[int], place: str
) -> dict[int, Fraction]:
    result: dict[int, Fraction] = {}
    for at, (numerator, denominator, free) in enumerate(terms):
        where = f"{place}[{at}]"
        for part, size in enumerate((abs(numerator), denominator)):
            if size > MAX_FACTOR:
                raise InputError("expected an integer of at most 300 digits", f"{where}[{part}]")
        if free not in known or free in result:
            wanted = "each free class once" if free in result else "a free class"
            raise InputError(f"expected {wanted}, got {shown(free)}", f"{where}[2]")
        result[free] = Fraction(numerator, denominator)
    return {free: factor for free, factor in result.items() if factor}


def _listed(entry: maps.MapLayer, layer: LayerSpec, place: str) -> NDArray[np.int64]:
    """Return nested lists as an array of the layer's shape, or name the place that differs."""
    if entry.classes is UNSET:
        raise InputError("expected a list, got nothing", f"{place}.classes")
    kind: Any = Annotated[int, Meta(ge=-1, le=layer.weights - 1)]
    for size in reversed(layer.shape):
        kind = Annotated[list[kind], Meta(min_length=size, max_length=size)]
    classes: NDArray[np.int64] = np.array(
        read(entry.classes, kind, f"{place}.classes"), dtype=np.int64
    )
    return classes


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
