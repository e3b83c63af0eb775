"""One face for the three backends, so that a test body can be written once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.tying import TyingMap

Array = NDArray[Any]

#: Outputs, gradients by the parameters of each layer, gradient by the inputs.
Result = tuple[Array, list[Array], Array]


def with_numpy(
    tying: TyingMap, path: str, theta: list[Array], x: Array, delta: Array, dtype: str
) -> Result:
    from polyconstraints.backends.numpy import TiedNetwork

    network = TiedNetwork.from_map(tying, path)
    out, tape = network.forward([part.astype(dtype) for part in theta], x.astype(dtype))
    by_theta, by_x = network.backward(tape, delta.astype(dtype))
    return out, by_theta, by_x


def with_torch(
    tying: TyingMap, path: str, theta: list[Array], x: Array, delta: Array, dtype: str
) -> Result:
    import torch

    from polyconstraints.backends.torch import TiedNetwork

    network = TiedNetwork.from_map(tying, path, dtype=getattr(torch, dtype))
    network.set_theta(theta)
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
    import torch

    kept = tensor.detach()
    return np.asarray(kept.float() if kept.dtype == torch.bfloat16 else kept)


def with_jax(
    tying: TyingMap, path: str, theta: list[Array], x: Array, delta: Array, dtype: str
) -> Result:
    import jax

    from polyconstraints.backends.jax import from_map

    with jax.enable_x64(True):
        network = from_map(tying, path)
        parts = [jax.numpy.asarray(part, dtype) for part in theta]
        out, pull = jax.vjp(network.apply, parts, jax.numpy.asarray(x, dtype))
        by_theta, by_x = pull(jax.numpy.asarray(delta, out.dtype))
        return np.asarray(out), [np.asarray(part) for part in by_theta], np.asarray(by_x)


BACKENDS: dict[str, Callable[..., Result]] = {
    "numpy": with_numpy,
    "torch": with_torch,
    "jax": with_jax,
}
