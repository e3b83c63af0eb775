"""One face for the three backends, so that a test body can be written once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from polyconstraints.tying import TyingMap

Array = NDArray[Any]

#: Outputs, gradients by the unit coordinates of each layer, gradient by the inputs.
Result = tuple[Array, list[Array], Array]


def with_numpy(
    tying: TyingMap, path: str, theta: list[Array], x: Array, delta: Array, dtype: str
) -> Result:
    from polyconstraints.backends.numpy import TiedNetwork

    network = TiedNetwork.from_map(tying, path)
    unit = network.from_map_parameters(theta)
    out, tape = network.forward([part.astype(dtype) for part in unit], x.astype(dtype))
    by_theta, by_x = network.backward(tape, delta.astype(dtype))
    return out, by_theta, by_x


def with_torch(
    tying: TyingMap, path: str, theta: list[Array], x: Array, delta: Array, dtype: str
) -> Result:
    torch = pytest.importorskip("torch")

    from polyconstraints.backends.torch import TiedNetwork

    network = TiedNetwork.from_map(tying, path, dtype=getattr(torch, dtype))
    network.set_map_parameters(theta)
    inputs = torch.tensor(x, dtype=getattr(torch, dtype), requires_grad=True)
    out = network(inputs)
    out.backward(torch.tensor(delta, dtype=out.dtype))
    assert inputs.grad is not None
    return (
        as_array(out),
        [as_array(layer.theta.grad) for layer in network.tied_layers()],
        as_array(inputs.grad),
    )


def as_array(tensor: Any) -> Array:
    """Return a tensor of any dtype as an array."""
    torch = pytest.importorskip("torch")

    kept = tensor.detach()
    return np.asarray(kept.float() if kept.dtype == torch.bfloat16 else kept)


def with_jax(
    tying: TyingMap, path: str, theta: list[Array], x: Array, delta: Array, dtype: str
) -> Result:
    jax = pytest.importorskip("jax")

    from polyconstraints.backends.jax import from_map
    from polyconstraints.backends.numpy import TiedNetwork

    with jax.enable_x64(True):
        network = from_map(tying, path)

        @jax.jit
        def both(theta: Any, x: Any, delta: Any) -> Any:
            out, pull = jax.vjp(network.apply, theta, x)
            return out, pull(delta)

        unit = TiedNetwork(network.plan).from_map_parameters(theta)
        parts = [jax.numpy.asarray(part, dtype) for part in unit]
        out, (by_theta, by_x) = both(
            parts, jax.numpy.asarray(x, dtype), jax.numpy.asarray(delta, dtype)
        )
        return np.asarray(out), [np.asarray(part) for part in by_theta], np.asarray(by_x)


BACKENDS: dict[str, Callable[..., Result]] = {
    "numpy": with_numpy,
    "torch": with_torch,
    "jax": with_jax,
}

#: What each is tried in. JAX compiles every case anew, so that single precision is left to
#: the paths that are chosen by themselves.
DTYPES = {
    "numpy": ("float64", "float32"),
    "torch": ("float64", "float32", "bfloat16"),
    "jax": ("float64",),
}


# -- training --------------------------------------------------------------------------------

Predict = Callable[[Array], Array]


def trained_by_numpy(tying: TyingMap, x: Array, target: Array, steps: int) -> Predict:
    from polyconstraints.backends.numpy import Adam, TiedNetwork, fit

    network = TiedNetwork.from_map(tying, "auto")
    theta, _ = fit(network, x, target, optimizer=Adam(0.01), steps=steps)
    return lambda inputs: network(theta, inputs)


def trained_by_torch(tying: TyingMap, x: Array, target: Array, steps: int) -> Predict:
    torch = pytest.importorskip("torch")

    from polyconstraints.backends.torch import TiedNetwork

    torch.manual_seed(0)
    network = TiedNetwork.from_map(tying, "auto", dtype=torch.float64)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    inputs, wanted = torch.tensor(x), torch.tensor(target)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(network(inputs), wanted).backward()
        optimizer.step()
    return lambda inputs: as_array(network(torch.tensor(inputs)))


def trained_by_jax(tying: TyingMap, x: Array, target: Array, steps: int) -> Predict:
    jax = pytest.importorskip("jax")

    from polyconstraints.backends.jax import from_map

    with jax.enable_x64(True):
        network = from_map(tying, "auto")

        def loss(theta: Any) -> Any:
            return ((network.apply(theta, x) - target) ** 2).mean()

        @jax.jit
        def step(theta: Any, _: Any) -> Any:
            gradients = jax.grad(loss)(theta)
            norm = 1e-12 + sum((part**2).sum() for part in gradients) ** 0.5
            moved = [p - 0.01 * g / norm for p, g in zip(theta, gradients, strict=True)]
            return moved, None

        theta = network.init(jax.random.key(0), "float64")
        theta, _ = jax.lax.scan(step, theta, None, length=steps)

        def predict(inputs: Array) -> Array:
            with jax.enable_x64(True):
                return np.asarray(network.apply(theta, jax.numpy.asarray(inputs)))

        return predict


TRAINERS: dict[str, Callable[..., Predict]] = {
    "numpy": trained_by_numpy,
    "torch": trained_by_torch,
    "jax": trained_by_jax,
}
