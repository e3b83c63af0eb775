"""A whole tied network in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.numpy.layers import TiedLayer
from polyconstraints.backends.plan import (
    NetworkPlan,
    is_homogeneous,
    reference_inputs,
    standard_deviations,
)
from polyconstraints.errors import InputError
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.tying import TyingMap, TyingRule

__all__ = ["Tape", "TiedNetwork"]

Array = NDArray[Any]

#: What each layer saved on the way forward.
Tape = list[Any]


class TiedNetwork:
    """A network whose weights are tied, as functions of its parameters.

    The network itself has no state: parameters are a list of one vector a layer, and what
    they and the inputs have as dtype, float32 or float64, the results have too.

    Parameters
    ----------
    plan : NetworkPlan
    path : str
        How layers are computed; see :class:`~polyconstraints.backends.numpy.TiedLayer`.

    Raises
    ------
    UsageError
        If a layer has no such path.
    """

    def __init__(self, plan: NetworkPlan, path: str = "auto") -> None:
        self.plan = plan
        self.layers = [TiedLayer(layer, path) for layer in plan.layers]

    @classmethod
    def from_map(cls, tying: TyingMap, path: str = "auto") -> TiedNetwork:
        """Return the network of a tying map."""
        return cls(NetworkPlan.from_map(tying), path)

    @classmethod
    def from_rule(cls, rule: TyingRule, *sizes: int, path: str = "auto") -> TiedNetwork:
        """Return the network of a rule at given sizes, such as the number of inputs."""
        return cls(NetworkPlan.from_rule(rule, *sizes), path)

    @classmethod
    def symmetric(
        cls, network: NetworkSpec, kind: Literal["equivariant", "invariant"] = "equivariant"
    ) -> TiedNetwork:
        """Return the network with the symmetry of S_n in every layer, for any n."""
        return cls(NetworkPlan.symmetric(network, kind))

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
        """Return parameters to start from; see :mod:`polyconstraints.backends.plan.initial`."""
        rng = np.random.default_rng(seed)
        x = reference_inputs(self.inputs)
        theta = []
        for layer in self.layers:
            deviations = standard_deviations(layer.plan)
            part = deviations * rng.standard_normal(len(deviations))
            x, _ = layer.forward(part, x)
            scale, x = _unit_size(x, is_homogeneous(layer.plan))
            theta.append((part * scale).astype(dtype))
        return theta

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
        """Return the outputs, and the tape that :meth:`backward` takes.

        Parameters
        ----------
        theta : sequence of one array of shape (parameters,) a layer
        x : array of shape (batch, inputs)

        Raises
        ------
        InputError
            If a shape doesn't fit.
        """
        shapes = [np.shape(part) for part in theta]
        if shapes != [(count,) for count in self.plan.parameters]:
            wanted = [(count,) for count in self.plan.parameters]
            raise InputError(f"expected parameters of shapes {wanted}, got {shapes}", "theta")
        if x.ndim != 2 or x.shape[1] != self.inputs:
            raise InputError(f"expected shape (batch, {self.inputs}), got {x.shape}", "x")
        tape: Tape = []
        for layer, part in zip(self.layers, theta, strict=True):
            x, saved = layer.forward(np.asarray(part), x)
            tape.append(saved)
        return x, tape

    def backward(self, tape: Tape, delta: Array) -> tuple[list[Array], Array]:
        """Return the gradients with respect to the parameters and the inputs.

        The paper's quadratic back-propagation (section 2.8) along whatever path the layers
        are computed by.

        Parameters
        ----------
        tape : list
            What :meth:`forward` returned.
        delta : array of shape (batch, outputs)
            The gradient of the error with respect to the outputs.

        Returns
        -------
        theta : list of one array of shape (parameters,) a layer
        x : array of shape (batch, inputs)
        """
        gradients: list[Array] = []
        for layer, saved in zip(reversed(self.layers), reversed(tape), strict=True):
            gradient, delta = layer.backward(saved, delta)
            gradients.append(gradient)
        return gradients[::-1], delta


def _unit_size(out: Array, homogeneous: bool) -> tuple[float, Array]:
    """Return the factor that gives a layer's outputs unit size, and the next layer's inputs."""
    squares = (out**2).mean(axis=1)
    if not (squares.all() if homogeneous else squares.any()):
        return 1.0, out
    if not homogeneous:
        scale = float(squares.mean() ** -0.5)
        return scale, out * scale
    # Each sample goes on at unit size: a deviation would be squared in every later layer,
    # and its logarithm, of which the mean is taken, only doubles.
    return float(np.exp(-0.5 * np.log(squares).mean())), out / np.sqrt(squares)[:, None]
