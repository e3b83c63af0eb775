"""The loss of a tied network and its gradients, by whichever backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan import NetworkPlan
from polyconstraints.errors import extra

Array = NDArray[Any]

#: Parameters, inputs and targets to the mean of the squared errors and its gradients.
Objective = Callable[[Sequence[Array], Array, Array], tuple[float, list[Array]]]

#: Parameters and inputs to outputs.
Evaluate = Callable[[Sequence[Array], Array], Array]

Backend = Literal["numpy", "torch", "jax"]

BACKENDS: tuple[Backend, ...] = ("numpy", "torch", "jax")


def make_backend(name: str, plan: NetworkPlan, dtype: str) -> tuple[Objective, Evaluate]:
    """Return the objective and the evaluation of a network.

    Parameters
    ----------
    name : {"numpy", "torch", "jax"}
    plan : NetworkPlan
    dtype : {"float64", "float32"}

    Raises
    ------
    MissingExtraError
        If the backend's library isn't installed.
    """
    makers = {"numpy": _numpy, "torch": _torch, "jax": _jax}
    with extra(name):
        return makers[name](plan, dtype)


def _numpy(plan: NetworkPlan, dtype: str) -> tuple[Objective, Evaluate]:
    from polyconstraints.backends.numpy import TiedNetwork, mean_squared_error

    network = TiedNetwork(plan)
    return partial(mean_squared_error, network), network


def _torch(plan: NetworkPlan, dtype: str) -> tuple[Objective, Evaluate]:
    import torch

    from polyconstraints.backends.torch import TiedNetwork

    network = TiedNetwork(plan, dtype=getattr(torch, dtype))

    def objective(theta: Sequence[Array], x: Array, target: Array) -> tuple[float, list[Array]]:
        network.set_theta(theta)
        network.zero_grad()
        loss = torch.nn.functional.mse_loss(network(torch.tensor(x)), torch.tensor(target))
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [layer.theta.grad for layer in network.tied_layers()]
        return loss.item(), [np.asarray(gradient) for gradient in gradients]

    @torch.no_grad()
    def evaluate(theta: Sequence[Array], x: Array) -> Array:
        network.set_theta(theta)
        return np.asarray(network(torch.tensor(x)))

    return objective, evaluate


def _jax(plan: NetworkPlan, dtype: str) -> tuple[Objective, Evaluate]:
    import jax

    from polyconstraints.backends.jax import Network

    wide, network = dtype == "float64", Network(plan)

    @jax.jit
    def compiled(theta: Any, x: Any, target: Any) -> Any:
        def loss(theta: Any) -> Any:
            return ((network.apply(theta, x) - target) ** 2).mean()

        return jax.value_and_grad(loss)(theta)

    def objective(theta: Sequence[Array], x: Array, target: Array) -> tuple[float, list[Array]]:
        with jax.enable_x64(wide):
            loss, gradients = compiled(list(theta), x, target)
            return float(loss), [np.asarray(gradient) for gradient in gradients]

    def evaluate(theta: Sequence[Array], x: Array) -> Array:
        with jax.enable_x64(wide):
            return np.asarray(network.apply([*map(jax.numpy.asarray, theta)], jax.numpy.asarray(x)))

    return objective, evaluate
