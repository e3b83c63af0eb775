"""What a polynomial network is: sizes, conventions and the names of its weights.

A network of depth ``d`` has levels ``0 … d`` of units and layers ``0 … d-1`` between them.
Level ``l`` holds ``widths[l]`` interchangeable components of ``channels[l]`` channels each;
units are numbered component by component (unit = component · channels + channel). With a
bias every layer also reads the homogenising unit ``o_0 ≡ 1`` (section 2.2 of the paper), so
units count from 1 in names and index 0 is that unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise
from math import comb, prod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeGuard

from polyconstraints.errors import InputError, TooLargeError, UsageError, explained
from polyconstraints.memory import many, require_memory
from polyconstraints.spec import integer, shown
from polyconstraints.spec.activation import Activation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: ``linear``, ``quadratic``, ``cubic``, or a degree in digits.
LayerKind = str
IndexKind = Literal["ordered", "redundant"]

INDEX_KINDS: tuple[IndexKind, ...] = ("ordered", "redundant")

_KIND_NAMES = {1: "linear", 2: "quadratic", 3: "cubic"}

_AXES = ("i", "j", "k", "l", "m", "n")

#: Layers of a network: the sizes of that many levels are kept.
_MAX_DEPTH = 100_000


def check_depth(depth: int) -> None:
    """Raise TooLargeError for more layers than there can be, before their levels are listed."""
    if depth > _MAX_DEPTH:
        raise TooLargeError(
            f"expected at most {_MAX_DEPTH} layers, got {depth}", allow=("depth", _MAX_DEPTH)
        )


def layer_kind(degree: int) -> LayerKind:
    """Return what layers of a degree are called."""
    return _KIND_NAMES.get(degree, str(degree))


def layer_degree(kind: object) -> int:
    """Return the degree of a kind of layer, given by its name or as a number."""
    if not isinstance(kind, str):
        return integer(kind, "layer")
    for degree, name in _KIND_NAMES.items():
        if kind == name:
            return degree
    if kind.isascii() and kind.isdecimal() and len(kind) < 5 and kind[0] != "0":
        return int(kind)
    got = shown(kind, 40)
    raise UsageError(f"expected linear, quadratic, cubic or a degree, got {got}", "layer")


def runs(first: NDArray[Any], count: NDArray[Any]) -> NDArray[Any]:
    """Return ``count`` numbers from ``first`` on, for each of them in turn."""
    import numpy as np

    numbers: NDArray[Any] = (first - (np.cumsum(count) - count)).repeat(count)
    numbers += np.arange(len(numbers))
    return numbers


def multisets(letters: int, degree: int) -> NDArray[np.int32]:
    """Return all multisets of letters in order, as rows of descending letters."""
    import numpy as np

    rows = np.arange(letters, dtype=np.int32)[:, None]
    for _ in range(degree - 1):
        # Each row is continued by 0 … its last letter.
        counts = rows[:, -1] + 1
        last = runs(np.zeros_like(counts), counts).astype(np.int32)
        rows = np.concatenate([np.repeat(rows, counts, axis=0), last[:, None]], axis=1)
    return rows


@dataclass(frozen=True)
class LayerSpec:
    """One layer: the map from the units of one level to those of the next.

    Weights are addressed by *array indices* ``(output, i, j, …)``, all from 0, with as many
    input indices as the degree. With a bias these run over ``0 … inputs`` where 0 is the unit
    ``o_0 ≡ 1``; without one they run over ``0 … inputs-1``. A weight's *number* is its place
    among the weights of the layer in lexicographic order of the array indices.

    Examples
    --------
    >>> layer = LayerSpec(0, 2, "ordered", True, 2, 1)
    >>> layer.names()
    ['W0_1_0_0', 'W0_1_1_0', 'W0_1_1_1', 'W0_1_2_0', 'W0_1_2_1', 'W0_1_2_2']
    """

    #: The layer's place, from 0.
    index: int
    #: How many inputs are multiplied: 1 for a linear layer, 2 for a quadratic one.
    degree: int
    #: From degree 2 on: whether ``i ≥ j ≥ …`` is imposed (section 2.5) or each order of the
    #: indices has a weight (section 2.4).
    indices: IndexKind
    bias: bool
    #: Numbers of units, channels included, the homogenising unit left out.
    inputs: int
    outputs: int

    @property
    def letters(self) -> int:
        """Number of units that the layer reads, the homogenising unit included."""
        return self.inputs + self.bias

    @property
    def first(self) -> int:
        """The number in names of array index 0: 0 with a bias, 1 without."""
        return 0 if self.bias else 1

    @property
    def kind(self) -> LayerKind:
        """What a layer of the degree is called."""
        return layer_kind(self.degree)

    @property
    def ordered(self) -> bool:
        """Whether some array indices have no weight: those that don't descend."""
        return self.degree > 1 and self.indices == "ordered"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the weight array."""
        return (self.outputs, *(self.letters,) * self.degree)

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the weight array's axes."""
        if self.degree <= len(_AXES):
            return ("output", *_AXES[: self.degree])
        return ("output", *(f"i{at}" for at in range(1, self.degree + 1)))

    @property
    def products(self) -> int:
        """Number of weights of one output unit."""
        if self.ordered:
            return comb(self.letters + self.degree - 1, self.degree)
        return int(self.letters**self.degree)

    @property
    def weights(self) -> int:
        """Number of weights."""
        return self.outputs * self.products

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        """Boolean array of the weight array's shape: where there is a weight."""
        import numpy as np

        require_memory(prod(self.shape), None, self._in_words())
        mask = np.ones(self.shape, dtype=bool)
        if self.ordered:
            for large, small in pairwise(np.ogrid[(slice(self.letters),) * self.degree]):
                mask &= large >= small
        return mask

    def _in_words(self) -> str:
        return f"the indices of a layer of {many(self.weights)} weights"

    def has(self, place: tuple[int, ...]) -> bool:
        """Return whether there is a weight at array indices."""
        if len(place) != len(self.shape):
            return False
        inside = all(0 <= at < size for at, size in zip(place, self.shape, strict=True))
        return inside and not (self.ordered and any(a < b for a, b in pairwise(place[1:])))

    def product_indices(self) -> NDArray[np.intp]:
        """Return the input letters of each product, in order, as ``(products, degree)``."""
        import numpy as np

        letters, degree = self.letters, self.degree
        # Twice, for the rows that the last step starts from and what it numbers them by.
        require_memory(
            2 * self.products * degree * np.dtype(np.intp).itemsize, None, self._in_words()
        )
        if not self.ordered:
            return np.indices((letters,) * degree).reshape(degree, -1).T.astype(np.intp)
        return multisets(letters, degree).astype(np.intp)

    def name(self, *index: int) -> str:
        """Return the name of the weight at array indices ``(output, i, j, …)``."""
        output, *letters = index
        first = self.first
        return "_".join(
            [f"W{self.index}", str(output + 1), *(str(letter + first) for letter in letters)]
        )

    def names(self) -> list[str]:
        """Return the names of all weights, in the order of their numbers."""
        products = self.product_indices().tolist()
        return [self.name(k, *product) for k in range(self.outputs) for product in products]


@explained
@dataclass(frozen=True, init=False)
class NetworkSpec:
    """A polynomial network: how many units, which kind of layers, how weights are named.

    Parameters
    ----------
    inputs : int
        Number n of interchangeable components, at least 1.
    depth : int
        Number of layers, at least 1.
    layer : str, int or sequence of them
        Kind of every layer, ``quadratic``, ``linear``, ``cubic`` or a degree, or those of each
        of the layers, as a list or separated by commas.
    indices : {"ordered", "redundant"}
        Whether quadratic layers keep one weight for each commuting product or two.
    bias : bool
        Whether every layer reads the homogenising unit.
    widths : sequence of int, optional
        Widths of the ``depth - 1`` hidden levels, in components; n each unless given.
    outputs : int, optional
        Number of output components; n unless given, or what a symmetry that is asked of the
        network makes of it: see :meth:`fitted`.
    channels : int or sequence of int
        Channels of each component: one number for all levels but an invariant output's,
        or ``depth + 1`` numbers from input to output.
    activation : Activation or str, optional
        A polynomial in z, such as ``z^2``, that every hidden unit passes through.

    Raises
    ------
    UsageError
        If a size is not positive or the numbers of sizes do not fit the depth.

    Examples
    --------
    >>> network = NetworkSpec(3, depth=2, bias=True)
    >>> network.widths, network.weights
    ((3, 3, 3), 60)
    >>> network.layers[1].names()[:3]
    ['W1_1_0_0', 'W1_1_1_0', 'W1_1_1_1']
    """

    inputs: int
    depth: int
    degrees: tuple[int, ...]
    indices: IndexKind
    bias: bool
    hidden: tuple[int, ...]
    outputs: int
    channels: tuple[int, ...]
    activation: Activation | None
    _open: ClassVar[tuple[bool, bool]]

    def __init__(
        self,
        inputs: int,
        depth: int = 1,
        layer: LayerKind | int | Sequence[LayerKind | int] = "quadratic",
        indices: IndexKind = "ordered",
        bias: bool = False,
        widths: Sequence[int] | None = None,
        outputs: int | None = None,
        channels: int | Sequence[int] = 1,
        activation: Activation | str | None = None,
    ) -> None:
        inputs = integer(inputs, "inputs")
        depth = integer(depth, "depth")
        check_depth(depth)
        degrees = _degrees(layer, depth)
        if bias not in (True, False):
            raise UsageError(f"expected True or False, got {bias!r:.40}", "bias")
        if indices not in INDEX_KINDS:
            raise UsageError(f"expected ordered or redundant, got {indices!r}", "indices")
        hidden = (inputs,) * (depth - 1) if widths is None else widths
        if not _is_list(hidden):
            raise UsageError(f"expected a list of hidden widths, got {hidden!r}", "widths")
        hidden = tuple(integer(width, "widths") for width in hidden)
        if len(hidden) != depth - 1:
            raise UsageError(
                f"expected {depth - 1} hidden widths for depth {depth}, got {len(hidden)}", "widths"
            )
        # What was left open isn't part of what a network is, and so no field.
        object.__setattr__(self, "_open", (widths is None, outputs is None))
        outputs = inputs if outputs is None else integer(outputs, "outputs")
        given = tuple(channels) if _is_list(channels) else (channels,)
        given *= depth + 1 if len(given) == 1 else 1
        channels = tuple(integer(count, "channels") for count in given)
        if len(channels) != depth + 1:
            raise UsageError(
                f"expected 1 number or {depth + 1} for depth {depth}, got {len(channels)}",
                "channels",
            )
        # A frozen dataclass is filled in by way of object; the values are normalised here so
        # that networks given in different words are equal.
        values = {
            "inputs": inputs,
            "depth": depth,
            "degrees": degrees,
            "indices": indices,
            "bias": bool(bias),
            "hidden": hidden,
            "outputs": outputs,
            "channels": channels,
            "activation": Activation.of(activation),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def architecture(cls, widths: Sequence[int], activation: Activation) -> NetworkSpec:
        """Return linear layers of the given widths, with an activation on every hidden unit."""
        return cls(
            widths[0],
            len(widths) - 1,
            "linear",
            widths=tuple(widths[1:-1]),
            outputs=widths[-1],
            activation=activation,
        )

    def fitted(self, widths: Mapping[int, int]) -> NetworkSpec:
        """Return the network with widths of some levels, where it was not told its own.

        The inputs, level 0, are what they are given as.

        Examples
        --------
        >>> NetworkSpec(3, depth=2).fitted({1: 4, 2: 1}).widths
        (3, 4, 1)
        >>> NetworkSpec(3, depth=2, outputs=3).fitted({2: 1}).widths
        (3, 3, 3)
        """
        open_hidden, open_outputs = self._open
        levels = list(self.widths)
        for level, width in widths.items():
            left_open = open_outputs if level == self.depth else open_hidden
            if level == 0 or (left_open and 0 < level <= self.depth):
                levels[level] = width
        return self.replaced(inputs=levels[0], widths=levels[1:-1], outputs=levels[-1])

    def replaced(self, **changes: Any) -> NetworkSpec:
        """Return the network with other values of some parameters.

        >>> NetworkSpec(3, depth=2, indices="redundant").replaced(indices="ordered", widths=[4])
        NetworkSpec(inputs=3, depth=2, degrees=(2, 2), indices='ordered', bias=False, \
hidden=(4,), outputs=3, channels=(1, 1, 1), activation=None)
        """
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        own = {"layer": own.pop("degrees"), "widths": own.pop("hidden"), **own}
        return NetworkSpec(**{**own, **changes})

    @property
    def layer(self) -> LayerKind:
        """Kind of the layers: one name if all are alike, else one for each."""
        kinds = dict.fromkeys(map(layer_kind, self.degrees))
        return ",".join(kinds if len(kinds) == 1 else map(layer_kind, self.degrees))

    @property
    def widths(self) -> tuple[int, ...]:
        """Numbers of components of all levels, from input to output."""
        return (self.inputs, *self.hidden, self.outputs)

    @property
    def units(self) -> tuple[int, ...]:
        """Numbers of units (components times channels) of all levels."""
        pairs = zip(self.widths, self.channels, strict=True)
        return tuple(width * channels for width, channels in pairs)

    @cached_property
    def layers(self) -> tuple[LayerSpec, ...]:
        """The layers, from input to output."""
        return tuple(
            LayerSpec(index, degree, self.indices, self.bias, below, above)
            for index, (degree, (below, above)) in enumerate(
                zip(self.degrees, pairwise(self.units), strict=True)
            )
        )

    @property
    def weights(self) -> int:
        """Number of weights of all layers."""
        return sum(layer.weights for layer in self.layers)

    @property
    def degree(self) -> int:
        """Degree of the outputs as polynomials in the inputs."""
        hidden = 1 if self.activation is None else self.activation.degree
        return int(prod(self.degrees) * hidden ** (self.depth - 1))

    def activation_of(self, layer: LayerSpec) -> Activation | None:
        """Return what the outputs of a layer pass through: nothing after the last one."""
        return None if layer.index == self.depth - 1 else self.activation

    def input_names(self) -> list[str]:
        """Return the names of the input units, ``x1 … xn``."""
        return [f"x{unit}" for unit in range(1, self.units[0] + 1)]

    def weight_names(self) -> list[str]:
        """Return the names of all weights, layer by layer."""
        return [name for layer in self.layers for name in layer.names()]

    def locate(self, name: str) -> tuple[int, tuple[int, ...]]:
        """Return the layer and the array indices of a weight, given its name.

        >>> NetworkSpec(3, bias=True).locate("W0_2_1_0")
        (0, (1, 1, 0))
        """
        head, *numbers = name.split("_")
        parts = [head.removeprefix("W"), *numbers]
        numeric = all(part.isdecimal() and len(part) < 10 for part in parts)
        if head.startswith("W") and numeric and len(parts) > 1:
            index, output, *letters = (int(part) for part in parts)
            if index < self.depth:
                layer = self.layers[index]
                place = (output - 1, *(letter - layer.first for letter in letters))
                # Written back, so that leading zeros and the like are not accepted.
                if layer.has(place) and layer.name(*place) == name:
                    return index, place
        known = self.layers[0].name(0, *(0,) * self.layers[0].degree)
        raise InputError(
            f"expected a weight of this network, such as {known}, got {shown(name, 40)}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the ``network`` part of every document."""
        return {
            "inputs": self.inputs,
            "depth": self.depth,
            "layer": self.layer,
            "indices": self.indices,
            "bias": self.bias,
            "widths": list(self.widths),
            "channels": list(self.channels),
            **({} if self.activation is None else {"activation": str(self.activation)}),
        }


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _degrees(layer: object, depth: int) -> tuple[int, ...]:
    """Return the degree of each layer."""
    if isinstance(layer, str) and "," in layer:
        layer = layer.split(",")
    kinds = tuple(layer) if _is_list(layer) else (layer,) * depth
    if len(kinds) != depth:
        raise UsageError(f"expected 1 kind of layer or {depth}, got {len(kinds)}", "layer")
    return tuple(map(layer_degree, kinds))
