"""Layers and tied networks in NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.numpy.operations import Node, NumpyOperations, backward
from polyconstraints.backends.plan import LayerPlan
from polyconstraints.backends.plan.network import Planned
from polyconstraints.errors import InputError

Array = NDArray[Any]

#: The parameters, the inputs and the outputs on the tape.
Tape = tuple[list[Node], Node, Node]

_OPERATIONS = NumpyOperations()


def _floating(array: Any) -> Array:
    """Return an array as it is, whole numbers in double precision."""
    given: Array = np.asarray(array)
    return given.astype(np.float64) if given.dtype.kind in "biu" else given


class EquivariantLayer:
    """A layer between the points of a group, as a function of its parameters.

    Parameters
    ----------
    plan : LayerPlan

    Examples
    --------
    >>> layer = EquivariantLayer(LayerPlan("pairs(S4)", (2, 3), to="S4"))
    >>> layer(layer.init(0), np.ones((5, 6, 2))).shape
    (5, 4, 3)
    """

    def __init__(self, plan: LayerPlan) -> None:
        self.plan = plan

    def init(
        self, seed: int | np.random.Generator = 0, dtype: Any = np.float64
    ) -> dict[str, Array]:
        """Return parameters to start from; see :meth:`LayerPlan.initial`."""
        rng, shapes = np.random.default_rng(seed), self.plan.shapes
        drawn = self.plan.initial(_OPERATIONS, [*map(rng.standard_normal, shapes.values())])
        return {name: array.astype(dtype) for name, array in zip(shapes, drawn, strict=True)}

    def __call__(self, theta: Mapping[str, Array], x: Any, mask: Any = None) -> Any:
        """Return the outputs for inputs of shape (…, points…, channels), or tuples of them."""
        theta = {name: np.asarray(part) for name, part in theta.items()}
        weights = [Node(part) for part in self.plan.weights(theta)]
        xs = x if isinstance(x, tuple) else (x,)
        y = self.plan.run(_OPERATIONS, weights, tuple(Node(np.asarray(one)) for one in xs), mask)
        return tuple(one.value for one in y) if isinstance(y, tuple) else y.value


class TiedNetwork(Planned):
    """A network whose weights are tied, as functions of its parameters.

    The network itself has no state: parameters are a list of one vector a layer, in unit
    coordinates; :meth:`to_map` and :meth:`from_map_parameters` lead to the map's and back.
    What they and the inputs have as dtype, float32 or float64, the results have too.

    Parameters
    ----------
    plan : NetworkPlan
    """

    @property
    def inputs(self) -> int:
        """Number of input units."""
        return self.plan.network.units[0]

    @property
    def outputs(self) -> int:
        """Number of output units."""
        return self.plan.network.units[-1]

    def init(
        self, seed: int | np.random.Generator = 0, dtype: Any = np.float64
    ) -> list[NDArray[Any]]:
        """Return parameters to start from; see :meth:`LayerPlan.initial`."""
        rng = np.random.default_rng(seed)
        drawn = [
            layer.initial(_OPERATIONS, [rng.standard_normal(layer.parameters)])
            for layer in self.plan.layers
        ]
        return [theta.astype(dtype) for (theta,) in drawn]

    def to_map(self, theta: Sequence[Array]) -> list[Array]:
        """Return the parameters of the tying map, one array a layer, of the same function.

        Such as :meth:`TyingMap.weights` takes. Exact where the parameters are rationals.
        """
        pairs = zip(self.plan.layers, theta, strict=True)
        return [layer.to_map(np.asarray(part)) for layer, part in pairs]

    def from_map_parameters(self, theta: Sequence[Array]) -> list[Array]:
        """Return the parameters whose function that of the tying map's parameters is."""
        pairs = zip(self.plan.layers, theta, strict=True)
        return [layer.from_map(np.asarray(part)) for layer, part in pairs]

    def __call__(self, theta: Sequence[Array], x: Array) -> Array:
        """Return the outputs.

        Parameters
        ----------
        theta : sequence of one array of shape (parameters,) a layer
        x : array of shape (…, inputs)

        Returns
        -------
        array of shape (…, outputs)

        Raises
        ------
        InputError
            If a shape doesn't fit.
        """
        x = np.asarray(x)
        out, _ = self.forward(theta, x.reshape(-1, x.shape[-1]))
        return out.reshape(*x.shape[:-1], -1)

    def forward(self, theta: Sequence[Array], x: Array) -> tuple[Array, Tape]:
        """Return the outputs for inputs (batch, inputs), and what :meth:`backward` takes.

        Raises
        ------
        InputError
            If a shape doesn't fit.
        """
        self.plan.check(theta)
        if x.ndim != 2 or x.shape[1] != self.inputs:
            raise InputError(f"expected shape (batch, {self.inputs}), got {x.shape}", "x")
        nodes = [Node(_floating(part)) for part in theta]
        start = Node(_floating(x))
        out = self.plan.run(_OPERATIONS, nodes, start)
        return out.value, (nodes, start, out)

    def backward(self, tape: Tape, delta: Array) -> tuple[list[Array], Array]:
        """Return the gradients with respect to the parameters and the inputs.

        Back-propagation (section 2.8 of the paper), operation by operation.

        Parameters
        ----------
        tape : tuple
            What :meth:`forward` returned.
        delta : array of shape (batch, outputs)
            The gradient of the error with respect to the outputs.
        """
        nodes, start, out = tape
        *gradients, by_x = backward(out, delta, [*nodes, start])
        return gradients, by_x
