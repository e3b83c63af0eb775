"""Layers and tied networks in NumPy, and how they are trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.numpy.operations import Node, NumpyOperations, backward
from polyconstraints.backends.plan import LayerPlan
from polyconstraints.backends.plan.network import Planned
from polyconstraints.errors import InputError, UsageError

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


class Optimizer(Protocol):
    """What turns gradients into steps; it may remember earlier ones."""

    def step(self, theta: Sequence[Array], gradients: Sequence[Array]) -> list[Array]:
        """Return the parameters after one step."""


class SGD:
    """Gradient descent, with momentum if asked for.

    Parameters
    ----------
    learning_rate : float
    momentum : float, default 0
        Share of the last step that is taken again.
    """

    def __init__(self, learning_rate: float, momentum: float = 0.0) -> None:
        self.learning_rate = _positive(learning_rate)
        self.momentum = momentum
        self._velocity: list[Array] = []

    def step(self, theta: Sequence[Array], gradients: Sequence[Array]) -> list[Array]:
        """Return the parameters after one step."""
        velocity = list(gradients)
        if self.momentum and self._velocity:
            pairs = zip(self._velocity, gradients, strict=True)
            velocity = [self.momentum * old + new for old, new in pairs]
        self._velocity = velocity
        return [part - self.learning_rate * v for part, v in zip(theta, velocity, strict=True)]


class Adam:
    """Adam (Kingma and Ba, arXiv:1412.6980).

    Parameters
    ----------
    learning_rate : float
    beta1, beta2 : float
        Decay of the running means of the gradient and of its square.
    epsilon : float
        Added to the root of the latter.

    Examples
    --------
    >>> Adam(0.1).step([np.array([1.0])], [np.array([7.0])])[0].round(6)
    array([0.9])
    """

    def __init__(
        self,
        learning_rate: float,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        self.learning_rate = _positive(learning_rate)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self._moments: list[tuple[Any, Any]] = []
        self._steps = 0

    def step(self, theta: Sequence[Array], gradients: Sequence[Array]) -> list[Array]:
        """Return the parameters after one step."""
        known = self._moments or [(0.0, 0.0)] * len(theta)
        self._moments = [
            (
                self.beta1 * mean + (1 - self.beta1) * gradient,
                self.beta2 * square + (1 - self.beta2) * gradient**2,
            )
            for (mean, square), gradient in zip(known, gradients, strict=True)
        ]
        self._steps += 1
        unbias1 = 1 - self.beta1**self._steps
        unbias2 = 1 - self.beta2**self._steps
        stepped = []
        for part, (mean, square) in zip(theta, self._moments, strict=True):
            move = mean / unbias1 / (np.sqrt(square / unbias2) + self.epsilon)
            stepped.append(part - self.learning_rate * move)
        return stepped


def _positive(learning_rate: float) -> float:
    if not learning_rate > 0:
        raise UsageError(f"expected a number above 0, got {learning_rate}", "learning_rate")
    return learning_rate


def mean_squared_error(
    network: TiedNetwork, theta: Sequence[Array], x: Array, target: Array
) -> tuple[float, list[Array]]:
    """Return the mean of the squared errors, and its gradients.

    Parameters
    ----------
    network : TiedNetwork
    theta : sequence of arrays
        The parameters.
    x : array of shape (batch, inputs)
    target : array of shape (batch, outputs)
    """
    out, tape = network.forward(theta, x)
    error = out - target
    gradients, _ = network.backward(tape, 2 * error / error.size)
    return float((error**2).mean()), gradients


def fit(
    network: TiedNetwork,
    x: Array,
    target: Array,
    *,
    theta: Sequence[Array] | None = None,
    optimizer: Optimizer | None = None,
    steps: int = 1000,
    batch: int | None = None,
    seed: int | np.random.Generator = 0,
    watch: Callable[[int, float], None] | None = None,
    objective: Callable[..., tuple[float, list[Array]]] | None = None,
) -> tuple[list[Array], list[float]]:
    """Fit a network to samples and return its parameters and the loss of every step.

    Parameters
    ----------
    network : TiedNetwork
    x : array of shape (samples, inputs)
    target : array of shape (samples, outputs)
    theta : sequence of arrays, optional
        Where to start; drawn from the seed by default.
    optimizer : Optimizer, optional
        Adam with a learning rate of 0.01 by default.
    steps : int
    batch : int, optional
        Samples of one step, drawn anew for each; all by default.
    seed : int or Generator
    watch : callable, optional
        Called with the number and the loss of each step.
    objective : callable, optional
        From parameters, inputs and targets to the loss and its gradients:
        :func:`mean_squared_error` of the network unless given.

    Raises
    ------
    InputError
        If a shape doesn't fit.
    """
    if target.shape != (len(x), network.outputs):
        raise InputError(
            f"expected shape {(len(x), network.outputs)}, got {target.shape}", "target"
        )
    rng = np.random.default_rng(seed)
    current = network.init(rng, x.dtype) if theta is None else list(theta)
    optimizer = Adam(0.01) if optimizer is None else optimizer
    objective = partial(mean_squared_error, network) if objective is None else objective
    losses = []
    for step in range(steps):
        chosen = slice(None) if batch is None else rng.integers(len(x), size=batch)
        loss, gradients = objective(current, x[chosen], target[chosen])
        current = optimizer.step(current, gradients)
        losses.append(loss)
        if watch is not None:
            watch(step, loss)
    return current, losses
