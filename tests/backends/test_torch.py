"""What users of PyTorch expect of a module."""

from __future__ import annotations

import copy
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import polyconstraints as pc  # noqa: E402
from polyconstraints.backends.torch import (  # noqa: E402
    EquivariantNetwork,
    InvariantNetwork,
    TiedLinear,
    TiedNetwork,
    TiedQuadratic,
    tie,
)
from polyconstraints.errors import InputError, UsageError  # noqa: E402
from tests.backends.maps import by_hand, derived, named  # noqa: E402

#: A map for each path, dependent classes and channels among them.
KINDS = [
    ("channels", "power_sums"),
    ("ordered n=3", "power_sums"),
    ("ordered n=5 d=2 bias", "power_sums"),
    ("redundant paper bias", "dense"),
    ("by hand", "gather"),
    ("cyclic invariant", "classes"),
]


def made(name: str, path: str, dtype: Any = torch.float64) -> tuple[TiedNetwork, Any]:
    torch.manual_seed(0)
    network = TiedNetwork.from_map(named(name), path, dtype=dtype)
    return network, torch.randn(4, network.plan.network.units[0], dtype=dtype)


def call(network: TiedNetwork) -> Any:
    """Return the network as a function of its parameters and inputs."""
    names = [name for name, _ in network.named_parameters()]

    def function(x: Any, *theta: Any) -> Any:
        return torch.func.functional_call(network, dict(zip(names, theta, strict=True)), (x,))

    return function


@pytest.mark.parametrize(("name", "path"), KINDS)
def test_gradcheck(name: str, path: str) -> None:
    network, x = made(name, path)
    inputs = (x[:2].clone().requires_grad_(), *network.parameters())
    assert torch.autograd.gradcheck(call(network), inputs)
    assert torch.autograd.gradgradcheck(call(network), inputs)


@pytest.mark.parametrize(("name", "path"), KINDS)
def test_function_transforms(name: str, path: str) -> None:
    network, x = made(name, path)
    function, theta = call(network), tuple(network.parameters())
    out = network(x)
    torch.testing.assert_close(torch.vmap(network)(x), out)
    stacked = tuple(torch.stack([part, 2 * part]) for part in theta)
    ensemble = torch.vmap(lambda *parts: function(x, *parts))(*stacked)
    torch.testing.assert_close(ensemble[0], out)
    reverse = torch.func.jacrev(function)(x[0], *theta)
    forward = torch.func.jacfwd(function)(x[0], *theta)
    torch.testing.assert_close(reverse, forward)
    per_sample = torch.vmap(torch.func.grad(lambda one: function(one, *theta).sum()))(x)
    assert per_sample.shape == x.shape


@pytest.mark.parametrize(("name", "path"), KINDS)
def test_compiles_without_a_graph_break(name: str, path: str) -> None:
    network, x = made(name, path)
    torch._dynamo.reset()
    compiled = torch.compile(network, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), network(x))
    compiled(x).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


@pytest.mark.slow
def test_compiles_to_native_code() -> None:
    network, x = made("ordered n=5 d=2 bias", "power_sums")
    torch._dynamo.reset()
    compiled = torch.compile(network, fullgraph=True)
    torch.testing.assert_close(compiled(x), network(x))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "path"), KINDS)
def test_onnx(name: str, path: str) -> None:
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    network, x = made(name, path, torch.float32)
    program = torch.onnx.export(
        network.eval(),
        (x,),
        input_names=["x"],
        dynamic_shapes={"x": {0: torch.export.Dim("batch")}},
        dynamo=True,
        verbose=False,
    )
    session = runtime.InferenceSession(program.model_proto.SerializeToString())
    longer = torch.cat([x, 2 * x])
    (out,) = session.run(None, {"x": longer.numpy()})
    wanted = network(longer).detach().numpy()
    np.testing.assert_allclose(out, wanted, rtol=1e-4, atol=1e-4 * np.abs(wanted).max())


@pytest.mark.parametrize(("name", "path"), KINDS)
def test_state(name: str, path: str, tmp_path: Path) -> None:
    network, x = made(name, path)
    out = network(x)
    torch.testing.assert_close(copy.deepcopy(network)(x), out)

    fresh, _ = made(name, path)
    fresh.reset_parameters()
    assert not torch.equal(fresh(x), out)
    buffer = io.BytesIO()
    torch.save(network.state_dict(), buffer)
    buffer.seek(0)
    fresh.load_state_dict(torch.load(buffer, weights_only=True))
    torch.testing.assert_close(fresh(x), out)

    safetensors = pytest.importorskip("safetensors.torch")
    fresh.reset_parameters()
    safetensors.save_model(network, tmp_path / "network.safetensors")
    safetensors.load_model(fresh, tmp_path / "network.safetensors")
    torch.testing.assert_close(fresh(x), out)


def test_state_of_another_map_is_refused() -> None:
    state = TiedNetwork.from_map(derived(3, "C")).state_dict()
    other = TiedNetwork.from_map(derived(3, "trivial"))
    with pytest.raises(InputError, match=r"^layers\.0\.map_digest: expected the parameters of"):
        other.load_state_dict(state)


def test_state_does_not_depend_on_the_path_or_on_how_the_network_was_made() -> None:
    states = [
        TiedNetwork.from_map(derived(4, bias=True), "dense").state_dict(),
        TiedNetwork.from_map(derived(4, bias=True)).state_dict(),
        EquivariantNetwork(4, bias=True).state_dict(),
    ]
    for state in states:
        assert [*state] == [*states[0]]
        EquivariantNetwork(4, bias=True).load_state_dict(state)


@pytest.mark.parametrize(("name", "path"), KINDS)
def test_factors_are_exact_in_every_dtype(name: str, path: str) -> None:
    """A module made in single precision and widened is as good as one made wide."""
    wide, x = made(name, path)
    moved = TiedNetwork.from_map(named(name), path, dtype=torch.float32).to(torch.float64)
    moved.set_theta([layer.theta.detach() for layer in wide.tied_layers()])
    assert torch.equal(moved(x), wide(x))
    assert moved.bfloat16()(x.bfloat16()).dtype == torch.bfloat16


def test_meta_device() -> None:
    network = TiedNetwork.from_map(named("by hand"), "gather", device="meta", dtype=torch.float64)
    assert all(parameter.is_meta for parameter in network.parameters())
    network = network.to_empty(device="cpu")
    network.reset_parameters()
    reference, x = made("by hand", "gather")
    reference.set_theta([layer.theta.detach() for layer in network.tied_layers()])
    assert torch.equal(network(x), reference(x))


@pytest.mark.parametrize(("name", "path"), KINDS)
def test_deterministic_algorithms(name: str, path: str) -> None:
    network, x = made(name, path)
    torch.use_deterministic_algorithms(True)
    try:
        gradients = []
        for _ in range(2):
            network.zero_grad()
            network(x).sum().backward()
            gradients.append([parameter.grad.clone() for parameter in network.parameters()])
        assert all(map(torch.equal, *gradients))
    finally:
        torch.use_deterministic_algorithms(False)


def test_seed_decides_the_start() -> None:
    first, second = (made("channels", "power_sums")[0] for _ in range(2))
    for mine, theirs in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("wanted", ["theta", "x"])
def test_gradient_of_one_argument_only(bias: bool, wanted: str) -> None:
    """The hand-written backward pass against the recorded one."""
    torch.manual_seed(0)
    layer = TiedQuadratic.symmetric(6, bias=bias, dtype=torch.float64)
    x = torch.randn(2, 3, 6, dtype=torch.float64, requires_grad=wanted == "x")
    layer.theta.requires_grad_(wanted == "theta")
    leaf = layer.theta if wanted == "theta" else x
    (fused,) = torch.autograd.grad(layer(x).square().sum(), leaf)
    (plain,) = torch.autograd.grad(layer.compute.plain(layer.theta, x).square().sum(), leaf)
    torch.testing.assert_close(fused, plain)


# -- layers and networks -------------------------------------------------------------------


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("layer", ["quadratic", "linear"])
def test_networks_of_any_size(layer: Any, bias: bool) -> None:
    torch.manual_seed(0)
    options = {"layer": layer, "bias": bias, "dtype": torch.float64}
    equivariant = EquivariantNetwork(50, 2, channels=(2, 3, 1), **options)
    invariant = InvariantNetwork(50, 2, channels=(2, 3, 4), **options)
    x = torch.randn(3, 50, 2, dtype=torch.float64)
    order = torch.randperm(50)
    moved = x[:, order].flatten(1)
    out = equivariant(x.flatten(1))
    torch.testing.assert_close(equivariant(moved), out[:, order])
    torch.testing.assert_close(invariant(moved), invariant(x.flatten(1)))
    assert invariant(moved).shape == (3, 4)


def test_runs_at_large_n() -> None:
    layer = TiedQuadratic.symmetric(4096, (2, 3), bias=True)
    x = torch.randn(8, 8192, requires_grad=True)
    layer(x).square().mean().backward()
    assert layer.theta.grad is not None
    assert bool(torch.isfinite(layer.theta.grad).all())
    assert TiedLinear.symmetric(4096, invariant=True)(torch.ones(4096)).shape == (1,)


def test_rule() -> None:
    from polyconstraints.classes.any_network import AnyNetwork
    from polyconstraints.tying import TyingRule

    rule = TyingRule.of(AnyNetwork("S", bias=True))
    network = EquivariantNetwork.from_rule(rule, 1000)
    network.load_state_dict(EquivariantNetwork(1000, bias=True).state_dict())
    with pytest.raises(UsageError, match=r"^symmetry: expected an invariant map"):
        InvariantNetwork.from_rule(rule, 10)


def test_one_layer_of_a_map() -> None:
    tying = derived(3, depth=2, bias=True)
    whole = TiedNetwork.from_map(tying)
    layer = TiedQuadratic.from_map(tying, 1)
    assert layer.theta.shape == (7,)
    torch.testing.assert_close(whole.weights()[1].shape, layer.weights().shape)
    with pytest.raises(UsageError, match=r"^expected a linear layer, got a quadratic one"):
        TiedLinear.from_map(tying)
    with pytest.raises(UsageError, match=r"^symmetry: expected an invariant map, got an equi"):
        InvariantNetwork.from_map(tying)
    with pytest.raises(InputError, match=r"^theta: expected arrays of shapes \[\(7,\), \(7,\)\]"):
        whole.set_theta([np.ones(7)])


def test_weights_are_the_maps() -> None:
    tying = named("by hand")
    network = TiedNetwork.from_map(tying, dtype=torch.float64)
    theta = [np.array([1.0, 2.0, 3.0])]
    network.set_theta(theta)
    np.testing.assert_allclose(network.weights()[0].detach(), tying.weights(theta)[0])
    projection = tying.project([weights.detach().numpy() for weights in network.weights()])
    assert projection.distance < 1e-12
    np.testing.assert_allclose(projection.theta[0], theta[0])


# -- parametrization -----------------------------------------------------------------------


def test_ties_a_linear_layer() -> None:
    tying = derived(4, layer="linear").layers[0]
    linear = torch.nn.Linear(4, 4, bias=False, dtype=torch.float64)
    before = linear.weight.detach().clone()
    tie(linear, tying)
    weight = linear.weight.detach()
    off = ~torch.eye(4, dtype=torch.bool)
    torch.testing.assert_close(weight[0, 0], before.diagonal().mean())
    torch.testing.assert_close(weight[0, 1], before[off].mean())
    assert [p.shape for p in linear.parameters()] == [(2,)]
    optimizer = torch.optim.SGD(linear.parameters(), lr=0.1)
    linear(torch.randn(5, 4, dtype=torch.float64)).square().sum().backward()
    optimizer.step()
    assert linear.weight.unique().numel() == 2
    # Assigning projects.
    linear.weight = before
    torch.testing.assert_close(linear.weight.detach(), weight)


def test_ties_a_bilinear_layer_with_dependent_classes() -> None:
    tying = derived(3, indices="redundant").layers[0]
    assert tying.dependent
    bilinear = torch.nn.Bilinear(3, 3, 3, bias=False)
    tie(bilinear, tying)
    x = torch.randn(5, 3)
    order = torch.tensor([2, 0, 1])
    moved = x[:, order]
    torch.testing.assert_close(bilinear(moved, moved), bilinear(x, x)[:, order])
    with pytest.raises(InputError, match=r"^weight: expected shape \(3, 3, 3\), got \(3, 3\)"):
        tie(torch.nn.Linear(3, 3), tying)


def test_right_inverse_is_one() -> None:
    from polyconstraints.backends.torch import Tied

    parametrization = Tied(by_hand().layers[0]).double()
    theta = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
    torch.testing.assert_close(parametrization.right_inverse(parametrization(theta)), theta)


@pytest.mark.gpu
@pytest.mark.parametrize(("name", "path"), KINDS)
def test_accelerator(name: str, path: str) -> None:
    network, x = made(name, path)
    out = network(x)
    network.zero_grad()
    out.sum().backward()
    wanted = [parameter.grad.clone() for parameter in network.parameters()]
    moved = copy.deepcopy(network).to("cuda")
    moved.zero_grad()
    result = moved(x.cuda())
    torch.testing.assert_close(result.cpu(), out)
    result.sum().backward()
    for parameter, gradient in zip(moved.parameters(), wanted, strict=True):
        torch.testing.assert_close(parameter.grad.cpu(), gradient)


def test_public_names_are_loaded_when_asked_for() -> None:
    assert pc.backends.torch.TiedNetwork is TiedNetwork
