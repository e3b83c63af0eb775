"""A network for every number of inputs at once, and the laws of what its symmetry leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, cast

from polyconstraints.classes.law import Law, class_law, existence_law, weights_law
from polyconstraints.classes.patterns import LayerPatterns, PatternClass
from polyconstraints.errors import UsageError
from polyconstraints.spec.activation import Activation
from polyconstraints.spec.groups.constructions import Sum
from polyconstraints.spec.groups.spaces import LevelSpaces, Sort, level_spaces, sized_texts
from polyconstraints.spec.groups.tree import Fixed
from polyconstraints.spec.network import IndexKind, LayerKind, NetworkSpec

__all__ = ["AnyNetwork", "LayerLaws"]


@dataclass(frozen=True)
class LayerLaws:
    """What the symmetry leaves of one layer, as functions of n.

    Attributes
    ----------
    total, distinct, dimension, functions : Law
        Weights; classes of weights; dimension of the solutions; dimension of the functions
        that the layer alone represents.
    """

    total: Law
    distinct: Law
    dimension: Law
    functions: Law


@dataclass(frozen=True)
class AnyNetwork:
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
    layer: LayerKind = "quadratic"
    indices: IndexKind = "ordered"
    bias: bool = False
    channels: int | Sequence[int] = 1
    kind: Literal["equivariant", "invariant"] = "equivariant"
    compare: Literal["function", "tensor"] = "function"
    outputs: int = 1
    actions: Mapping[int, str] = field(default_factory=dict, hash=False)
    activation: Activation | str | None = None
    degrees: tuple[int, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        given = self.channels
        channels = (given,) * (self.depth + 1) if isinstance(given, int) else tuple(given)
        object.__setattr__(self, "channels", channels)
        # The sizes stand in for any others: they have to be valid, nothing more.
        model = NetworkSpec(
            1,
            self.depth,
            self.layer,
            self.indices,
            self.bias,
            channels=channels,
            activation=self.activation,
        )
        object.__setattr__(self, "degrees", model.degrees)
        object.__setattr__(self, "activation", model.activation)
        if self.compare not in ("function", "tensor"):
            raise UsageError(
                "expected function or tensor for a rule, since equation (21) distinguishes more "
                f"weights the larger n is, got {self.compare}",
                "compare",
            )
        if self.kind == "invariant" and self.depth in self.actions:
            raise UsageError("expected no action on the output of an invariant network", "actions")
        self.spaces  # noqa: B018 - raises where the group is of another kind

    @cached_property
    def spaces(self) -> LevelSpaces:
        """The points of every level."""
        # Made a tuple when the network was made.
        channels = cast("tuple[int, ...]", self.channels)
        outputs = self.outputs if self.kind == "invariant" else None
        return level_spaces(self.group, channels, outputs, self.actions)

    @property
    def sorts(self) -> tuple[Sort, ...]:
        """The variables: one for each symmetric group."""
        return self.spaces.sorts

    @property
    def bounded(self) -> bool:
        """Whether the number of classes stays bounded, so that they can be listed."""
        linear = max(self.degrees) == 1
        return linear or self.indices == "ordered" or self.compare == "tensor"

    def patterns(self, *, ordered: bool) -> tuple[LayerPatterns, ...]:
        """Return the patterns of each layer, i and j interchangeable or not."""
        return tuple(
            LayerPatterns(
                above,
                Sum((Fixed(1), below)) if self.bias else below,
                degree,
                ordered and degree > 1,
            )
            for degree, (below, above) in zip(
                self.degrees, pairwise(self.spaces.units), strict=True
            )
        )

    @cached_property
    def coefficients(self) -> tuple[LayerPatterns, ...]:
        """The coefficients of each layer as a function: patterns of (output, {i, j})."""
        return self.patterns(ordered=True)

    @cached_property
    def layers(self) -> tuple[LayerPatterns, ...]:
        """The classes of the weights of each layer.

        Raises
        ------
        UsageError
            If their number grows with n.
        """
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
        weights, distinct, dimension = (
            weights_law(sorts, single),
            existence_law(sorts, single),
            functions,
        )
        for one in coefficients:
            if one.orders > 1:
                sums = weights_law(sorts, [one])
                weights = weights + sums.scaled(one.orders)
                distinct = distinct + sums.scaled(one.orders)
                dimension = dimension + sums.scaled(one.orders - 1)
        return LayerLaws(weights, distinct, dimension, functions)

    def _over_layers(self, name: str) -> Law:
        first, *rest = (getattr(laws, name) for laws in self.layer_laws)
        total: Law = first
        for law in rest:
            total = total + law
        return total

    @cached_property
    def total(self) -> Law:
        """Number of weights."""
        return self._over_layers("total")

    @cached_property
    def distinct(self) -> Law:
        """Number of distinct weights."""
        return self._over_layers("distinct")

    @cached_property
    def dimension(self) -> Law:
        """Dimension of the solutions of all equations."""
        return self._over_layers("dimension")

    @property
    def function_dimension(self) -> Law | None:
        """Dimension of the functions that are left; None for more than one layer."""
        return self.layer_laws[0].functions if self.depth == 1 else None

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``law``."""
        functions = self.function_dimension
        return {
            "schema": "polyconstraints/law/1",
            "network": {
                "inputs": "any",
                "depth": self.depth,
                "layer": self.layer,
                "indices": self.indices,
                "bias": self.bias,
                "channels": list(self.spaces.channels),
                **({} if self.activation is None else {"activation": str(self.activation)}),
            },
            "symmetry": {
                "kind": self.kind,
                "group": self.group,
                "scope": "layer",
                "compare": self.compare,
                **(
                    {"actions": {str(k): v for k, v in self.actions.items()}}
                    if self.actions
                    else {}
                ),
            },
            "letters": {sort.name: sort.size for sort in self.sorts},
            "rank": (self.total - self.dimension).to_json(),
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
            layer = self.layers[at]
            document["patterns"] = [
                {
                    "class": number,
                    "text": f"W{at}_{layer.text(number)}",
                    "from": self.least(one),
                    "weights": class_law(self.sorts, one).to_json()[0]["value"],
                }
                for number, one in enumerate(layer.classes)
            ]
        return document

    def least(self, one: PatternClass) -> dict[str, int]:
        """Return from which number of letters of each sort on a class has weights."""
        names = (sort.name for sort in self.sorts)
        return dict(zip(names, one.needs(len(self.sorts)), strict=True))

    # -- one number of inputs --------------------------------------------------------------

    def sizes(self, given: Sequence[int]) -> tuple[int, ...]:
        """Return the number of letters of every sort.

        Parameters
        ----------
        given : sequence of int
            Those of the sorts whose size is open, or of all sorts.

        Raises
        ------
        UsageError
            If there are too few or too many of them, or one is less than 1.
        """
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
        least = [1 if sort.size is None else sort.size for sort in self.sorts]
        for layer in self.layers:
            for one in layer.classes:
                least = [max(a, b) for a, b in zip(least, one.needs(len(least)), strict=True)]
        return tuple(least)

    def sizes_for(self, inputs: int) -> tuple[int, ...]:
        """Return the numbers of letters for which the network has a number of inputs.

        Raises
        ------
        UsageError
            If there are none, or the number of inputs doesn't say which.
        """
        open_sorts = sum(sort.size is None for sort in self.sorts)
        points = self.spaces.components[0]
        if open_sorts > 1:
            raise UsageError(f"expected a size for each group, as S3xS2, got {self.group}", "group")
        low, high = 1, inputs if open_sorts else 1
        while low < high:
            middle = (low + high) // 2
            if points.size(self.sizes((middle,))) < inputs:
                low = middle + 1
            else:
                high = middle
        sizes = self.sizes((low,) * open_sorts)
        if points.size(sizes) != inputs:
            raise UsageError(
                f"expected a group on {inputs} points, one for each input, got {self.group} on "
                f"{points.size(sizes)} points",
                "group",
            )
        return sizes

    def network(self, sizes: Sequence[int]) -> NetworkSpec:
        """Return the network with given numbers of letters."""
        widths = [points.size(sizes) for points in self.spaces.components]
        return NetworkSpec(
            widths[0],
            self.depth,
            self.layer,
            self.indices,
            self.bias,
            widths[1:-1],
            widths[-1],
            self.spaces.channels,
            self.activation,
        )

    def texts(self, sizes: Sequence[int]) -> tuple[str, dict[int, str]]:
        """Return the group and its actions with given numbers of letters, as texts."""
        return sized_texts(self.group, self.actions, sizes)
