"""The NumPy backend: derivatives, optimisers, training and where it starts."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.backends.numpy import SGD, Adam, TiedNetwork, fit, mean_squared_error
from polyconstraints.errors import InputError, UsageError
from tests.backends.maps import derived, named
from tests.paper_equations import eq48


@pytest.mark.parametrize("path", ["auto", "gather"])
@pytest.mark.parametrize("name", ["redundant paper bias", "channels", "invariant d=2 bias"])
def test_gradients_are_finite_differences(name: str, path: str) -> None:
    network = TiedNetwork.from_map(named(name), path)
    rng = np.random.default_rng(0)
    theta = network.init(rng)
    x = rng.standard_normal((5, network.inputs))
    target = rng.standard_normal((5, network.outputs))
    _, gradients = mean_squared_error(network, theta, x, target)
    step = 1e-5
    for layer, part in enumerate(theta):
        for at in range(len(part)):
            losses = []
            for sign in (1, -1):
                moved = [other.copy() for other in theta]
                moved[layer][at] += sign * step
                losses.append(mean_squared_error(network, moved, x, target)[0])
            slope = (losses[0] - losses[1]) / (2 * step)
            assert gradients[layer][at] == pytest.approx(slope, rel=1e-5, abs=1e-7)


def test_back_propagation_is_the_papers_with_both_terms() -> None:
    """Free weights, redundant indices, against equation (48) in exact arithmetic."""
    tying = derived(2, "trivial", depth=2, indices="redundant")
    network = TiedNetwork.from_map(tying, "gather")
    theta = [np.arange(1.0, 9.0) % 5 - 2, np.arange(8.0) % 3 + 1]
    x, target = [Fraction(1), Fraction(2)], [Fraction(1, 2), Fraction(3)]
    keyed = {}
    for index, weights in enumerate(tying.weights(network.to_map(theta))):
        for (k, i, j), value in np.ndenumerate(weights):
            keyed[index, k + 1, i + 1, j + 1] = Fraction(value)
    x_array, target_array = np.array([[1.0, 2.0]]), np.array([[0.5, 3.0]])
    out, tape = network.forward(theta, x_array)
    # The paper's error is half the sum of the squares.
    gradients, _ = network.backward(tape, out - target_array)
    widths = [2, 2, 2]
    right, printed = (eq48(widths, keyed, x, target, both_orders=both) for both in (True, False))
    mine = [g.reshape(2, 2, 2) for g in gradients]
    for (index, k, i, j), value in right.items():
        assert mine[index][k - 1, i - 1, j - 1] == pytest.approx(float(value), rel=1e-12)
    assert any(printed[key] != value for key, value in right.items() if key[0] == 0)


def test_learns_what_it_can_represent() -> None:
    network = TiedNetwork.from_map(derived(6, bias=True))
    rng = np.random.default_rng(0)
    x = rng.standard_normal((32, 6))
    target = 1 + x - 2 * x.mean(axis=1, keepdims=True) * x
    theta, losses = fit(network, x, target, optimizer=Adam(0.05), steps=600)
    assert losses[-1] < 1e-10
    fresh = rng.standard_normal((8, 6))
    wanted = 1 + fresh - 2 * fresh.mean(axis=1, keepdims=True) * fresh
    np.testing.assert_allclose(network(theta, fresh), wanted, atol=1e-4)


def test_training_repeats() -> None:
    network = TiedNetwork.from_map(derived(4, "C"), "gather")
    x = np.random.default_rng(0).standard_normal((16, 4))
    runs = [fit(network, x, x**2, steps=20, batch=8, seed=5) for _ in range(2)]
    assert runs[0][1] == runs[1][1]
    assert all((a == b).all() for a, b in zip(runs[0][0], runs[1][0], strict=True))


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_sgd_is_pytorchs(momentum: float) -> None:
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
    reference = torch.optim.SGD([theirs], lr=0.01, momentum=momentum)
    mine, parts = SGD(0.01, momentum), [np.array([1.0, -2.0])]
    for _ in range(20):
        reference.zero_grad()
        (theirs**4).sum().backward()
        reference.step()
        parts = mine.step(parts, [4 * parts[0] ** 3])
    np.testing.assert_allclose(parts[0], theirs.detach().numpy(), rtol=1e-12)


def test_adam_is_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
    reference = torch.optim.Adam([theirs], lr=0.1)
    mine, parts = Adam(0.1), [np.array([1.0, -2.0])]
    for _ in range(20):
        reference.zero_grad()
        (theirs**4).sum().backward()
        reference.step()
        parts = mine.step(parts, [4 * parts[0] ** 3])
    np.testing.assert_allclose(parts[0], theirs.detach().numpy(), rtol=1e-10)


def test_leading_axes() -> None:
    network = TiedNetwork.from_map(derived(3))
    theta = network.init(0)
    x = np.random.default_rng(0).standard_normal((2, 4, 3))
    out = network(theta, x)
    np.testing.assert_allclose(out[1, 2], network(theta, x[1, 2]), rtol=1e-12)


def test_projection_of_a_trained_free_network_runs() -> None:
    free, tied = derived(3, "trivial", depth=2), derived(3, depth=2)
    network = TiedNetwork.from_map(free)
    x = np.random.default_rng(0).standard_normal((64, 3))
    theta, _ = fit(network, x, x**2, steps=50)
    projection = tied.project(free.weights(network.to_map(theta)))
    near = TiedNetwork.from_map(tied)
    assert projection.distance > 0
    order = [2, 0, 1]
    unit = near.from_map_parameters(projection.theta)
    np.testing.assert_allclose(near(unit, x[:, order]), near(unit, x)[:, order], rtol=1e-9)


def test_wrong_arguments() -> None:
    network = TiedNetwork.from_map(named("cyclic d=2"))
    theta = network.init(0)
    with pytest.raises(InputError, match=r"^theta: expected parameters of shapes"):
        network(theta[:1], np.ones((2, 4)))
    with pytest.raises(InputError, match=r"^x: expected shape \(batch, 4\), got \(2, 5\)"):
        network(theta, np.ones((2, 5)))
    with pytest.raises(InputError, match=r"^target: expected shape \(2, 4\), got \(2, 3\)"):
        fit(network, np.ones((2, 4)), np.ones((2, 3)))
    with pytest.raises(UsageError, match=r"^path: expected one of auto, .*got 'fast'"):
        TiedNetwork.from_map(named("cyclic d=2"), "fast")
    with pytest.raises(UsageError, match=r"^learning_rate: expected a number above 0, got 0"):
        Adam(0)
    with pytest.raises(UsageError, match=r"hidden widths of 3"):
        TiedNetwork.symmetric(pc.NetworkSpec(3, 2, widths=[4]))
