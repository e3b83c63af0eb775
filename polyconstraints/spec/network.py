"""What a polynomial network is: sizes, conventions and the names of its weights.

A network of depth ``d`` has levels ``0 … d`` of units and layers ``0 … d-1`` between them.
Level ``l`` holds ``widths[l]`` interchangeable components of ``channels[l]`` channels each;
units are numbered component by component (unit = component · channels + channel). With a
bias every layer also reads the homogenising unit ``o_0 ≡ 1`` (section 2.2 of the paper), so
units count from 1 in names and index 0 is that unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from polyconstraints.errors import InputError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["IndexKind", "LayerKind", "LayerSpec", "NetworkSpec"]

LayerKind = Literal["quadratic", "linear"]
IndexKind = Literal["ordered", "redundant"]

LAYER_KINDS: tuple[LayerKind, ...] = ("quadratic", "linear")
INDEX_KINDS: tuple[IndexKind, ...] = ("ordered", "redundant")


@dataclass(frozen=True)
class LayerSpec:
    """One layer: the map from the units of one level to those of the next.

    Weights are addressed by *array indices* ``(output, i, j)``, all from 0. With a bias the
    indices ``i`` and ``j`` run over ``0 … inputs`` where 0 is the unit ``o_0 ≡ 1``; without
    one they run over ``0 … inputs-1``. A weight's *number* is its place among the weights of
    the layer in lexicographic order of the array indices.

    Parameters
    ----------
    index : int
        The layer's place, from 0.
    kind : {"quadratic", "linear"}
        Whether products of two inputs or single inputs are summed.
    indices : {"ordered", "redundant"}
        Quadratic layers only: whether ``i ≥ j`` is imposed (section 2.5) or both
        ``(i, j)`` and ``(j, i)`` have a weight (section 2.4).
    bias : bool
        Whether the input has the homogenising unit.
    inputs, outputs : int
        Numbers of units, channels included, the homogenising unit left out.

    Examples
    --------
    >>> layer = LayerSpec(0, "quadratic", "ordered", True, 2, 1)
    >>> layer.names()
    ['W0_1_0_0', 'W0_1_1_0', 'W0_1_1_1', 'W0_1_2_0', 'W0_1_2_1', 'W0_1_2_2']
    """

    index: int
    kind: LayerKind
    indices: IndexKind
    bias: bool
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
    def degree(self) -> int:
        """Number of input factors in one product: 2, or 1 for a linear layer."""
        return 2 if self.kind == "quadratic" else 1

    @property
    def ordered(self) -> bool:
        """Whether the weights are those of a quadratic layer with ``i ≥ j``."""
        return self.kind == "quadratic" and self.indices == "ordered"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the weight array."""
        return (self.outputs, *(self.letters,) * self.degree)

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the weight array's axes."""
        return ("output", "i", "j")[: 1 + self.degree]

    @property
    def products(self) -> int:
        """Number of weights of one output unit."""
        if self.ordered:
            return self.letters * (self.letters + 1) // 2
        return int(self.letters**self.degree)

    @property
    def weights(self) -> int:
        """Number of weights."""
        return self.outputs * self.products

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        """Boolean array of the weight array's shape: where there is a weight."""
        import numpy as np

        mask = np.ones(self.shape, dtype=bool)
        if self.ordered:
            mask &= np.tri(self.letters, dtype=bool)
        return mask

    def has(self, place: tuple[int, ...]) -> bool:
        """Return whether there is a weight at array indices."""
        if len(place) != len(self.shape):
            return False
        inside = all(0 <= at < size for at, size in zip(place, self.shape, strict=True))
        return inside and not (self.ordered and place[1] < place[2])

    def product_indices(self) -> NDArray[np.intp]:
        """Return the input letters of each product, in order, as ``(products, degree)``."""
        import numpy as np

        letters = self.letters
        if self.kind == "linear":
            return np.arange(letters, dtype=np.intp)[:, None]
        if self.ordered:
            return np.stack(np.tril_indices(letters), axis=1)
        return np.indices((letters, letters)).reshape(2, -1).T.astype(np.intp)

    def name(self, *index: int) -> str:
        """Return the name of the weight at array indices ``(output, i[, j])``."""
        output, *letters = index
        first = self.first
        return "_".join(
            [f"W{self.index}", str(output + 1), *(str(letter + first) for letter in letters)]
        )

    def names(self) -> list[str]:
        """Return the names of all weights, in the order of their numbers."""
        products = self.product_indices().tolist()
        return [self.name(k, *product) for k in range(self.outputs) for product in products]


@dataclass(frozen=True, init=False)
class NetworkSpec:
    """A polynomial network: how many units, which kind of layers, how weights are named.

    Parameters
    ----------
    inputs : int
        Number n of interchangeable components, at least 1.
    depth : int
        Number of layers, at least 1.
    layer : {"quadratic", "linear"}
        Kind of every layer.
    indices : {"ordered", "redundant"}
        Whether quadratic layers keep one weight for each commuting product or two.
    bias : bool
        Whether every layer reads the homogenising unit.
    hidden : sequence of int, optional
        Widths of the ``depth - 1`` hidden levels, in components; n each unless given.
    outputs : int, optional
        Number of output components; n unless given (1 for an invariant network).
    channels : int or sequence of int
        Channels of each component: one number for all levels but an invariant output's,
        or ``depth + 1`` numbers from input to output.

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
    layer: LayerKind
    indices: IndexKind
    bias: bool
    hidden: tuple[int, ...]
    outputs: int
    channels: tuple[int, ...]

    def __init__(
        self,
        inputs: int,
        depth: int = 1,
        layer: LayerKind = "quadratic",
        indices: IndexKind = "ordered",
        bias: bool = False,
        hidden: Sequence[int] | None = None,
        outputs: int | None = None,
        channels: int | Sequence[int] = 1,
    ) -> None:
        _at_least_one(inputs, "inputs")
        _at_least_one(depth, "depth")
        if layer not in LAYER_KINDS:
            raise UsageError(f"expected quadratic or linear, got {layer!r}", "layer")
        if indices not in INDEX_KINDS:
            raise UsageError(f"expected ordered or redundant, got {indices!r}", "indices")
        hidden = (inputs,) * (depth - 1) if hidden is None else tuple(hidden)
        if len(hidden) != depth - 1:
            raise UsageError(
                f"expected {depth - 1} hidden widths for depth {depth}, got {len(hidden)}",
                "widths",
            )
        for width in hidden:
            _at_least_one(width, "widths")
        outputs = inputs if outputs is None else outputs
        _at_least_one(outputs, "outputs")
        channels = (channels,) * (depth + 1) if isinstance(channels, int) else tuple(channels)
        if len(channels) != depth + 1:
            raise UsageError(
                f"expected 1 number or {depth + 1} for depth {depth}, got {len(channels)}",
                "channels",
            )
        for count in channels:
            _at_least_one(count, "channels")
        # A frozen dataclass is filled in by way of object; the values are normalised here so
        # that networks given in different words are equal.
        values = {
            "inputs": inputs,
            "depth": depth,
            "layer": layer,
            "indices": indices,
            "bias": bool(bias),
            "hidden": hidden,
            "outputs": outputs,
            "channels": channels,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

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
            LayerSpec(index, self.layer, self.indices, self.bias, below, above)
            for index, (below, above) in enumerate(pairwise(self.units))
        )

    @property
    def weights(self) -> int:
        """Number of weights of all layers."""
        return sum(layer.weights for layer in self.layers)

    @property
    def degree(self) -> int:
        """Degree of the outputs as polynomials in the inputs: 2^d, or 1 for linear layers."""
        return int(self.layers[0].degree ** self.depth)

    def input_names(self) -> list[str]:
        """Return the names of the input units, ``x1 … xn``."""
        return [f"x{unit}" for unit in range(1, self.units[0] + 1)]

    def weight_names(self) -> list[str]:
        """Return the names of all weights, layer by layer."""
        return [name for layer in self.layers for name in layer.names()]

    def locate(self, name: str) -> tuple[int, tuple[int, ...]]:
        """Return the layer and the array indices of a weight, given its name.

        Raises
        ------
        InputError
            If the network has no weight of that name.

        Examples
        --------
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
        shown = repr(name) if len(name) <= 40 else f"{name[:40]!r}…"
        raise InputError(f"expected a weight of this network, such as {known}, got {shown}")

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
        }


def _at_least_one(value: object, field: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise UsageError(f"expected an integer of at least 1, got {value!r}", field)
