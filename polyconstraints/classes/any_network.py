"""A network for every number of inputs at once, and the laws of what its symmetry leaves."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from itertools import pairwise
from operator import add
from typing import TYPE_CHECKING, Any, Literal, Unpack, cast

from polyconstraints.classes.law import Law, Sort, existence_law, weights_law
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.classes.patterns import LayerPatterns
from polyconstraints.classes.reduction import function_dimension
from polyconstraints.display import Written
from polyconstraints.errors import UsageError, explained, naming
from polyconstraints.spec.activation import Activation
from polyconstraints.spec.groups import parse_expression
from polyconstraints.spec.groups.constructions import Product, Sum, Wreath
from polyconstraints.spec.groups.tree import Construction, Fixed, Letters, Preset
from polyconstraints.spec.network import IndexKind, LayerKind, NetworkSpec
from polyconstraints.spec.problem import Description, Words, described

if TYPE_CHECKING:
    from polyconstraints.spec.groups import GroupLike

#: Units of a level up to which the functions of several layers are counted for every n.
_MOST_UNITS = 24


@dataclass(frozen=True)
class LayerLaws:
    """What the symmetry leaves of one layer, as functions of n."""

    #: Weights, and classes of them.
    total: Law
    distinct: Law
    #: Of the solutions, and of the functions that the layer alone represents.
    dimension: Law
    functions: Law


@explained
@dataclass(frozen=True)
class AnyNetwork(Written):
    """A network whose number of inputs is left open, and its symmetry.

    Layer scope: every layer is symmetric on its own.

    Parameters
    ----------
    group : str
        Symmetric groups, combined by ``+``, ``x``, ``wr``, ``pairs`` and the like. Each is given by
        its size or leaves it open: ``S``, ``SxS``, ``S2wrS``.
    depth : int
    layer : {"quadratic", "linear"}
    indices : {"ordered", "redundant"}
    bias : bool
    channels : int or sequence of int
        One number for all levels, or one a level from input to output.
    kind : {"equivariant", "invariant"}
    compare : {"function", "tensor"}
        Which coefficients of a layer with redundant indices are equated.
    outputs : int
        Output components of an invariant network.
    actions : mapping from int to str
        How the group acts on some levels.

    Raises
    ------
    UsageError
        If the classes don't follow patterns of equal indices, or the options contradict one
        another.

    Examples
    --------
    >>> network = AnyNetwork("S")
    >>> str(network.distinct)
    '4 for n ≥ 3, 3 for n = 2, 1 for n = 1'
    >>> print(AnyNetwork("S", indices="redundant").dimension)
    n^3/2 - n^2/2 + 4 for n ≥ 3, 5 for n = 2, 1 for n = 1
    """

    group: str = "S"
    depth: int = 1
    layer: LayerKind | int | Sequence[LayerKind | int] = "quadratic"
    indices: IndexKind = "ordered"
    bias: bool = False
    channels: int | Sequence[int] = 1
    kind: Literal["equivariant", "invariant"] = "equivariant"
    compare: Literal["function", "tensor"] = "function"
    outputs: int = 1
    actions: Mapping[int, str] = field(default_factory=dict, hash=False)
    activation: Activation | str | None = None
    #: The network with one input.
    model: NetworkSpec = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        model = NetworkSpec(
            1,
            self.depth,
            self.layer,
            self.indices,
            self.bias,
            channels=self.channels,
            activation=self.activation,
        )
        object.__setattr__(self, "model", model)
        # One value in one form, so that networks given in different words are equal.
        object.__setattr__(self, "channels", model.channels)
        object.__setattr__(self, "layer", model.layer)
        object.__setattr__(self, "activation", model.activation)
        if self.compare not in ("function", "tensor"):
            raise UsageError(
                "expected function or tensor for a rule, since equation (21) distinguishes more "
                f"weights the larger n is, got {self.compare}",
                "compare",
            )
        if self.kind == "invariant" and self.depth in self.actions:
            raise UsageError("expected no action on the output of an invariant network", "actions")
        self.components  # noqa: B018 - raises where the group is of another kind

    @property
    def degrees(self) -> tuple[int, ...]:
        """The degree of each layer."""
        return self.model.degrees

    @classmethod
    def of(cls, description: Description) -> AnyNetwork:
        """Return the network that a description leaves the number of inputs of open.

        Raises
        ------
        UsageError
            If it says something of one number of inputs, or there is no rule.
        """
        if description.widths is not None:
            raise UsageError("expected no widths for a rule: hidden levels have width n", "widths")
        if description.scope == "network" and description.depth > 1:
            raise UsageError("expected layer for a rule, got network", "scope")
        group = description.group
        if not isinstance(group, str) or group.strip().startswith("@"):
            raise UsageError("expected a group by name for a rule, got another", "group")
        if description.permutations is not None:
            raise UsageError("expected none for a rule, which holds for all of S_n", "permutations")
        return cls(
            "".join(group.split()),
            description.depth,
            description.layer,
            description.indices,
            description.bias,
            description.channels,
            description.symmetry,
            cast('Literal["function", "tensor"]', description.compare),
            actions=dict(description.checked_actions()),
            activation=description.activation,
        )

    @cached_property
    def _presets(self) -> dict[Preset, int]:
        with naming("group"):
            return sorts_of(parse_expression(self.group))

    @cached_property
    def sorts(self) -> tuple[Sort, ...]:
        """The variables: one for each symmetric group."""
        several = len(self._presets) > 1
        return tuple(
            Sort(f"n{at}" if several else "n", preset.points)
            for at, preset in enumerate(self._presets, start=1)
        )

    @cached_property
    def components(self) -> tuple[Construction, ...]:
        """The components of every level, if patterns describe the orbits of the group on them."""
        sorts = self._presets
        own = _lettered(self.group, sorts, "group")
        levels = [own] * (self.depth + 1)
        if self.kind == "invariant":
            levels[-1] = Fixed(self.outputs)
        for level, text in self.actions.items():
            if not 0 < level <= self.depth:
                raise UsageError(f"expected a level from 1 to {self.depth}, got {level}", "actions")
            levels[level] = _lettered(text, sorts, "actions")
            if not set(_contexts(levels[level])) <= set(_contexts(own)):
                raise UsageError(
                    f"level {level}: expected an action of the group {self.group}, got {text}, "
                    "where a group that acts inside blocks acts elsewhere",
                    "actions",
                )
        return tuple(levels)

    @property
    def units(self) -> tuple[Construction, ...]:
        """The units of every level: channels included, the homogenising unit left out."""
        pairs = zip(self.components, self.model.channels, strict=True)
        return tuple(
            points if count == 1 else Product((points, Fixed(count))) for points, count in pairs
        )

    @property
    def bounded(self) -> bool:
        """Whether the number of classes stays bounded, so that they can be listed."""
        linear = max(self.degrees) == 1
        return linear or self.indices == "ordered" or self.compare == "tensor"

    def patterns(self, *, ordered: bool) -> tuple[LayerPatterns, ...]:
        """Return the patterns of each layer, i and j interchangeable or not."""
        levels = zip(self.degrees, pairwise(self.units), strict=True)
        return tuple(
            LayerPatterns(
                above,
                Sum((Fixed(1), below)) if self.bias else below,
                degree,
                ordered and degree > 1,
            )
            for degree, (below, above) in levels
        )

    @cached_property
    def coefficients(self) -> tuple[LayerPatterns, ...]:
        """The coefficients of each layer as a function: patterns of (output, {i, j})."""
        return self.patterns(ordered=True)

    @cached_property
    def layers(self) -> tuple[LayerPatterns, ...]:
        """The classes of the weights of each layer, if their number doesn't grow with n."""
        if not self.bounded:
            raise UsageError(
                "expected ordered, or tensor as the comparison, for a rule: with redundant indices "
                "compared as functions the number of distinct weights grows with n",
                "indices",
            )
        return self.coefficients if self.indices == "ordered" else self.patterns(ordered=False)

    # -- laws ------------------------------------------------------------------------------

    @cached_property
    def layer_laws(self) -> tuple[LayerLaws, ...]:
        """What is left of each layer."""
        return tuple(self._laws(at) for at in range(self.depth))

    def _laws(self, at: int) -> LayerLaws:
        sorts = self.sorts
        coefficients = self.coefficients[at].classes
        functions = existence_law(sorts, coefficients)
        if self.bounded:
            classes = self.layers[at].classes
            distinct = existence_law(sorts, classes)
            return LayerLaws(weights_law(sorts, classes), distinct, distinct, functions)
        # A coefficient of several weights is their sum, and they are in no other: all of them
        # stay distinct, and each orbit of m coefficients gives m - 1 equations.
        single = [one for one in coefficients if one.orders == 1]
        weights, distinct = weights_law(sorts, single), existence_law(sorts, single)
        dimension = functions
        for one in coefficients:
            if one.orders > 1:
                sums = weights_law(sorts, [one])
                weights += sums.scaled(one.orders)
                distinct += sums.scaled(one.orders)
                dimension += sums.scaled(one.orders - 1)
        return LayerLaws(weights, distinct, dimension, functions)

    @cached_property
    def total(self) -> Law:
        """Number of weights."""
        return reduce(add, (laws.total for laws in self.layer_laws))

    @cached_property
    def distinct(self) -> Law:
        """Number of distinct weights."""
        return reduce(add, (laws.distinct for laws in self.layer_laws))

    @cached_property
    def dimension(self) -> Law:
        """Dimension of the solutions of all equations."""
        return reduce(add, (laws.dimension for laws in self.layer_laws))

    @property
    def rank(self) -> Law:
        """Linear rank of the equations."""
        return self.total - self.dimension

    @cached_property
    def function_dimension(self) -> Law | None:
        """Dimension of the functions that are left; None where it isn't known for every n.

        For several layers and S_n on points it is a rank, as for a given n, at each n up to D + 1
        for functions of degree D, and from there on the same. For in x_k and the means of products
        of inputs layers don't depend on n, nor does what they compose to; and up to degree n - 1
        nothing but equal polynomials in these are equal functions (power sums of n vectors have no
        relations of degree n or less: Weyl, The Classical Groups, II.3).
        """
        if self.depth == 1:
            return self.layer_laws[0].functions
        degree = self.model.degree
        units = (degree + 1) * max(self.model.channels)
        if self.group != "S" or self.actions or units > _MOST_UNITS:
            return None
        # The functions are those of ordered indices, whatever the weights are.
        same = replace(self, indices="ordered", compare="function")
        steps, before = [], 0
        for n in range(1, degree + 2):
            if (found := same._function_dimension_at(n)) is None:
                return None
            steps.append(((n,), found - before))
            before = found
        return Law(self.sorts, 0, tuple(steps))

    def _function_dimension_at(self, n: int) -> int | None:
        """Return the dimension for one number of letters; None where it takes too long."""
        network = self.network((n,))
        pairs = zip(network.layers, self.coefficients, strict=True)
        layers = [LayerClasses(layer, patterns.array((n,))) for layer, patterns in pairs]
        return function_dimension(network, layers)

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``law``."""
        functions = self.function_dimension
        network = {**self.model.to_json(), "inputs": "any"}
        del network["widths"]
        actions = {str(level): text for level, text in self.actions.items()}
        return {
            "schema": "polyconstraints/law/1",
            "network": network,
            "symmetry": {
                "kind": self.kind,
                "group": self.group,
                "scope": "layer",
                "compare": self.compare,
                **({"actions": actions} if actions else {}),
            },
            "letters": {sort.name: sort.size for sort in self.sorts},
            "rank": self.rank.to_json(),
            "weights": {"total": self.total.to_json(), "distinct": self.distinct.to_json()},
            "dimension": self.dimension.to_json(),
            "function_dimension": None if functions is None else functions.to_json(),
            "layers": [self._layer_json(at) for at in range(self.depth)],
        }

    def _layer_json(self, at: int) -> dict[str, Any]:
        laws = self.layer_laws[at]
        document: dict[str, Any] = {
            "layer": at,
            "total": laws.total.to_json(),
            "distinct": laws.distinct.to_json(),
            "dimension": laws.dimension.to_json(),
        }
        if self.bounded:
            layer, names = self.layers[at], [sort.name for sort in self.sorts]
            document["patterns"] = [
                {
                    "class": number,
                    "text": f"W{at}_{layer.text(number)}",
                    "from": dict(zip(names, one.needs(len(names)), strict=True)),
                    "weights": weights_law(self.sorts, [one]).pieces()[0].value,
                }
                for number, one in enumerate(layer.classes)
            ]
        return document

    # -- one number of inputs --------------------------------------------------------------

    def sizes(self, given: Sequence[int]) -> tuple[int, ...]:
        """Return the number of letters of every sort, given those of the open or of all sorts."""
        open_sorts = [sort for sort in self.sorts if sort.size is None]
        for size in given:
            if size < 1:
                raise UsageError(f"expected sizes of at least 1, got {size}", "inputs")
        if len(given) == len(self.sorts):
            return tuple(given)
        if len(given) != len(open_sorts):
            names = ", ".join(sort.name for sort in open_sorts) or "none"
            raise UsageError(
                f"expected {len(open_sorts)} sizes ({names}), got {len(given)}", "inputs"
            )
        rest = iter(given)
        return tuple(next(rest) if sort.size is None else sort.size for sort in self.sorts)

    def sizes_of_all_patterns(self) -> tuple[int, ...]:
        """Return the fewest letters of each sort for which every class has weights."""
        given = tuple(sort.size or 1 for sort in self.sorts)
        needs = (one.needs(len(given)) for layer in self.layers for one in layer.classes)
        return tuple(map(max, zip(given, *needs, strict=True)))

    def sizes_for(self, inputs: int) -> tuple[int, ...]:
        """Return the numbers of letters for which the network has a number of inputs."""
        open_sorts = sum(sort.size is None for sort in self.sorts)
        points = self.components[0]
        if open_sorts > 1:
            raise UsageError(f"expected a size for each group, as S3xS2, got {self.group}", "group")
        candidates = range(1, inputs if open_sorts else 1)
        least = bisect_left(candidates, inputs, key=lambda size: points.size(self.sizes((size,))))
        sizes = self.sizes((1 + least,) * open_sorts)
        if points.size(sizes) != inputs:
            raise UsageError(
                f"expected a group on {inputs} points, one for each input, got {self.group} on "
                f"{points.size(sizes)} points",
                "group",
            )
        return sizes

    def network(self, sizes: Sequence[int]) -> NetworkSpec:
        """Return the network with given numbers of letters."""
        return self.model.fitted({at: one.size(sizes) for at, one in enumerate(self.components)})


@explained
def law(symmetry: GroupLike | None = None, **words: Unpack[Words]) -> AnyNetwork:
    """Return a network for every number of inputs at once, with its laws: ``derive -n any``.

    Parameters
    ----------
    symmetry, **words
        A kind or a group whose sizes may be left open, and keywords, as for
        :func:`~polyconstraints.derive`.

    Raises
    ------
    UsageError
        If something is said of one number of inputs, or there is no rule.

    Examples
    --------
    >>> print(law(layer="linear", bias=True).dimension)
    3 for n ≥ 2, 2 for n = 1
    """
    return AnyNetwork.of(described(symmetry, words))


def sorts_of(group: Construction) -> dict[Preset, int]:
    """Return the number of the sort of each symmetric group in a tree."""
    presets = group.numbered().presets()
    found = dict.fromkeys(preset for preset in presets if preset.letter == "S")
    return {preset: at for at, preset in enumerate(found)}


def sized_texts(
    group: str, actions: Mapping[int, str], sizes: Sequence[int]
) -> tuple[str, dict[int, str]]:
    """Return a group and its actions with a number of letters for every sort.

    >>> sized_texts("SxS", {}, (3, 2)), sized_texts("SxS", {1: "S#2"}, (3, 3))
    (('S3xS2', {}), ('S3#1xS3#2', {1: 'S3#2'}))
    """
    tree = parse_expression(group)
    sorts = sorts_of(tree)
    # Numbered where something refers to them: by size alone they may be alike.
    referred = bool(actions) or any(preset.occurrence for preset in tree.presets())

    def sized(leaf: Construction) -> Construction:
        if not isinstance(leaf, Preset):
            return leaf
        if leaf not in sorts:
            return Preset(leaf.letter, leaf.points)
        at = sorts[leaf]
        number = at + 1 if referred and len(sorts) > 1 else None
        return Preset("S", sizes[at], occurrence=number)

    def text(tree: Construction) -> str:
        return tree.numbered().replaced(sized).text()

    return text(tree), {level: text(parse_expression(one)) for level, one in actions.items()}


def _lettered(text: str, sorts: Mapping[Preset, int], field: str) -> Construction:
    with naming(field):
        return parse_expression(text).numbered().lettered(sorts)


def _contexts(
    points: Construction, blocks: tuple[Construction, ...] = ()
) -> Iterator[tuple[int, object]]:
    """Yield each sort with the blocks, of wreath products, that its letters are met in."""
    if isinstance(points, Letters):
        yield points.sort, blocks
    elif isinstance(points, Wreath):
        yield from _contexts(points.outer, blocks)
        yield from _contexts(points.inner, (*blocks, points.outer))
    else:
        for part in points.parts:
            yield from _contexts(part, blocks)
