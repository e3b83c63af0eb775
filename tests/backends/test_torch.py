"""What users of PyTorch expect of a module."""

from __future__ import annotations

import copy
import io
import pickle
import subprocess
import sys
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import polyconstraints as pc  # noqa: E402
from polyconstraints.backends.torch import (  # noqa: E402
    EquivariantLayer,
    EquivariantLinear,
    EquivariantNetwork,
    EquivariantQuadratic,
    InvariantNetwork,
    PolynomialActivation,
    TiedNetwork,
    check_equivariance,
    from_map,
    param_groups,
    tie,
)
from polyconstraints.errors import InputError, NotSymmetricError, UsageError  # noqa: E402
from tests.backends.maps import by_hand, derived, named  # noqa: E402

#: Group, outputs, shape of one sample, degree: every recipe.
LAYERS = [
    ("S", None, (5, 3), 1),
    ("S", None, (5, 3), 2),
    ("S2xS3", None, (2, 3, 2), 2),
    ("pairs(S4)", "S4", (6, 2), 2),
    ("C9", None, (9, 8), 1),
    ("D4", None, (4, 2), 1),
    ("D4", None, (4, 1), 2),
]

#: Maps whose functional form is tried: dependent classes, channels, letters or not.
MAPS = [("channels", "auto"), ("redundant paper bias", "gather"), ("by hand", "gather")]


def layer_of(case: tuple[str, str | None, tuple[int, ...], int]) -> tuple[Any, Any]:
    group, to, shape, degree = case
    torch.manual_seed(0)
    layer = EquivariantLayer(group, shape[-1], 2, degree, to=to, dtype=torch.float64)
    return layer, torch.randn(4, *shape, dtype=torch.float64)


def network_of(name: str, path: str) -> tuple[Any, Any]:
    torch.manual_seed(0)
    network = from_map(named(name), path, dtype=torch.float64)
    return network, torch.randn(4, network.plan.network.units[0], dtype=torch.float64)


MODULES: dict[str, Any] = {
    **{f"{case[0]} {case[1]} {case[3]}": (layer_of, (case,)) for case in LAYERS},
    **{name: (network_of, (name, path)) for name, path in MAPS},
}


def made(name: str) -> tuple[Any, Any]:
    """Return a module and inputs."""
    make, arguments = MODULES[name]
    return make(*arguments)


every_module = pytest.mark.parametrize("name", MODULES)


def function_of(module: Any) -> Any:
    """Return the module as a function of its inputs and parameters."""
    names = [name for name, _ in module.named_parameters()]

    def function(x: Any, *theta: Any) -> Any:
        return torch.func.functional_call(module, dict(zip(names, theta, strict=True)), (x,))

    return function


@every_module
def test_gradcheck(name: str) -> None:
    module, x = made(name)
    inputs = (x[:2].clone().requires_grad_(), *module.parameters())
    assert torch.autograd.gradcheck(function_of(module), inputs, fast_mode=True)
    assert torch.autograd.gradgradcheck(function_of(module), inputs, fast_mode=True)


@every_module
def test_function_transforms(name: str) -> None:
    module, x = made(name)
    function, theta = function_of(module), tuple(module.parameters())
    out = module(x)
    torch.testing.assert_close(torch.vmap(module)(x), out)
    stacked = tuple(torch.stack([part, 2 * part]) for part in theta)
    ensemble = torch.vmap(lambda *parts: function(x, *parts))(*stacked)
    torch.testing.assert_close(ensemble[0], out)
    reverse = torch.func.jacrev(function)(x[0], *theta)
    forward = torch.func.jacfwd(function)(x[0], *theta)
    torch.testing.assert_close(reverse, forward)


@every_module
def test_compiles_without_a_graph_break(name: str) -> None:
    module, x = made(name)
    torch._dynamo.reset()
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), module(x))
    compiled(x).sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


def test_compiles_once_for_every_n() -> None:
    from torch._dynamo.testing import CompileCounter

    layer, counter = EquivariantLayer("S", 3, 4, 2), CompileCounter()
    torch._dynamo.reset()
    compiled = torch.compile(layer, fullgraph=True, backend=counter, dynamic=True)
    for n in (5, 7, 20):
        x = torch.randn(2, n, 3)
        torch.testing.assert_close(compiled(x), layer(x))
    assert counter.frame_count == 1


def test_exports_for_every_n() -> None:
    layer = EquivariantLayer("S", 3, 4, 2)
    sizes = {"x": {0: torch.export.Dim("batch"), 1: torch.export.Dim("n")}}
    program = torch.export.export(layer, (torch.randn(2, 5, 3),), dynamic_shapes=sizes)
    for shape in ((2, 5, 3), (7, 11, 3)):
        x = torch.randn(shape)
        torch.testing.assert_close(program.module()(x), layer(x))


def half_of_a_batch(rank: int, rendezvous: str) -> tuple[Any, Any]:
    """Take a step as one of two processes; return the module and the whole batch."""
    torch.distributed.init_process_group(
        "gloo", f"file://{rendezvous}", timedelta(seconds=60), rank=rank, world_size=2
    )
    try:
        torch.manual_seed(0)
        module = torch.nn.Sequential(EquivariantQuadratic("S", 2, 3), EquivariantLinear("S", 3, 1))
        spread, x = torch.nn.parallel.DistributedDataParallel(module), torch.randn(4, 5, 2)
        spread(x[rank::2]).square().mean().backward()
        return spread, x
    finally:
        torch.distributed.destroy_process_group()


def test_distributed_training(tmp_path: Path) -> None:
    """Two processes with half of a batch each have the gradient of the whole."""
    call = f"from {__name__} import half_of_a_batch as half; half(1, {str(tmp_path / 'meet')!r})"
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", call], cwd=root) as other:
        try:
            spread, x = half_of_a_batch(0, str(tmp_path / "meet"))
            assert other.wait(timeout=60) == 0
        finally:
            other.kill()
    plain = copy.deepcopy(spread.module)
    plain.zero_grad()
    plain(x).square().mean().backward()
    for mine, theirs in zip(spread.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)
    state = {name.removeprefix("module."): p for name, p in spread.state_dict().items()}
    plain.load_state_dict(state)


@pytest.mark.slow
def test_compiles_to_native_code() -> None:
    layer, x = layer_of(LAYERS[1])
    torch._dynamo.reset()
    torch.testing.assert_close(torch.compile(layer, fullgraph=True)(x), layer(x))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dynamo", [True, False])
@pytest.mark.parametrize("name", ["S None 2", "pairs(S4) S4 2", "C9 None 1", "by hand"])
def test_onnx(name: str, dynamo: bool) -> None:
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    module, x = made(name)
    module, x, file = module.float().eval(), x.float(), io.BytesIO()
    if dynamo:
        batch = {"x": {0: torch.export.Dim("batch")}}
        program = torch.onnx.export(
            module, (x,), input_names=["x"], dynamic_shapes=batch, dynamo=True, verbose=False
        )
        file.write(program.model_proto.SerializeToString())
    else:
        axes = {"x": {0: "batch"}}
        torch.onnx.export(module, (x,), file, input_names=["x"], dynamic_axes=axes, dynamo=False)
    session = runtime.InferenceSession(file.getvalue())
    longer = torch.cat([x, 2 * x])
    (out,) = session.run(None, {"x": longer.numpy()})
    wanted = module(longer).detach().numpy()
    np.testing.assert_allclose(out, wanted, rtol=1e-4, atol=1e-4 * np.abs(wanted).max())


@every_module
def test_state(name: str, tmp_path: Path) -> None:
    module, x = made(name)
    out = module(x)
    torch.testing.assert_close(copy.deepcopy(module)(x), out)
    torch.testing.assert_close(pickle.loads(pickle.dumps(module))(x), out)  # noqa: S301 - what was just dumped

    fresh, _ = made(name)
    for part in fresh.modules():
        if hasattr(part, "reset_parameters"):
            part.reset_parameters()
    assert not torch.equal(fresh(x), out)
    buffer = io.BytesIO()
    torch.save(module.state_dict(), buffer)
    buffer.seek(0)
    state = torch.load(buffer, weights_only=True)
    fresh.load_state_dict(state)
    torch.testing.assert_close(fresh(x), out)

    # What a module on no device at all becomes, as large ones are loaded.
    empty = copy.deepcopy(fresh).to("meta").to_empty(device="cpu")
    empty.load_state_dict(state, assign=True)
    torch.testing.assert_close(empty(x), out)

    safetensors = pytest.importorskip("safetensors.torch")
    safetensors.save_model(module, tmp_path / "network.safetensors")
    empty = copy.deepcopy(fresh).to("meta").to_empty(device="cpu")
    safetensors.load_model(empty, tmp_path / "network.safetensors")
    torch.testing.assert_close(empty(x), out)


def test_state_of_another_layer_is_refused() -> None:
    state = TiedNetwork.from_map(derived(4, "C", layer="linear")).state_dict()
    classes = [[0, 1, 2, 3], [1, 0, 3, 2], [2, 3, 0, 1], [3, 2, 1, 0]]
    klein = copy.deepcopy(derived(4, "C", layer="linear"))
    object.__setattr__(klein.layers[0], "classes", np.array(classes))
    with pytest.raises(InputError, match=r"^state: expected the state of a layer of a map"):
        TiedNetwork.from_map(klein).load_state_dict(state)
    linears = [torch.nn.Linear(4, 4, bias=False) for _ in range(2)]
    for linear, tying in zip(linears, (derived(4, "C", layer="linear"), klein), strict=True):
        tie(linear, tying.layers[0])
    with pytest.raises(InputError, match=r"^state: expected the state of a layer of a map"):
        linears[1].load_state_dict(linears[0].state_dict())
    layers = [EquivariantLinear(group, 1, 1) for group in ("C4", "C2xC2")]
    with pytest.raises(InputError, match=r"^state: expected the state of LayerPlan"):
        layers[1].load_state_dict(layers[0].state_dict())


def test_state_of_the_older_kind_is_refused_with_the_way_out() -> None:
    layer = TiedNetwork.from_map(derived(4))
    old = {"layers.0.theta": torch.ones(4), "layers.0.map_digest": torch.zeros(32)}
    with pytest.raises(InputError, match=r"unit coordinates.*set_map_parameters"):
        layer.load_state_dict(old)


@every_module
def test_factors_are_exact_in_every_dtype(name: str) -> None:
    """A module made in single precision and widened is as good as one made wide."""
    module, x = made(name)
    narrow = copy.deepcopy(module).float()
    narrow(x.float())
    wide = narrow.double()
    for mine, theirs in zip(wide.parameters(), module.parameters(), strict=True):
        mine.data.copy_(theirs)
    assert torch.equal(wide(x), module(x))
    assert wide.bfloat16()(x.bfloat16()).dtype == torch.bfloat16


@pytest.mark.parametrize("size", [3, 5])
def test_sizes_are_checked_before_anything_is_gathered(size: int) -> None:
    layers = [from_map(derived(4)), from_map(derived(4, "C")), EquivariantLinear("C4", 1, 1)]
    for layer in layers:
        x = torch.ones(2, size, 1) if isinstance(layer, EquivariantLayer) else torch.ones(2, size)
        for call in (layer, torch.vmap(layer)):
            with pytest.raises(InputError, match=r"^x: expected shape"):
                call(x)


def test_one_dtype_is_expected() -> None:
    for name in ("S None 2", "by hand"):
        module, x = made(name)
        with pytest.raises(InputError, match=r"^x: expected inputs of torch.float64, .*float32"):
            module(x.float())


@every_module
def test_autocast(name: str) -> None:
    module, x = made(name)
    module = module.float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = module(x.float())
    out.float().sum().backward()
    torch.testing.assert_close(out.float(), module(x.float()), rtol=0.1, atol=0.1)


@pytest.mark.parametrize("case", LAYERS, ids=str)
def test_fake_tensors(case: Any) -> None:
    from torch._subclasses.fake_tensor import FakeTensorMode

    group, to, shape, degree = case
    with FakeTensorMode():
        layer = EquivariantLayer(group, shape[-1], 2, degree, to=to)
        fake = layer(torch.randn(4, *shape)).shape
    with torch.device("meta"):
        layer = EquivariantLayer(group, shape[-1], 2, degree, to=to)
        meta = layer(torch.randn(4, *shape)).shape
    # Nothing that was made for them is left behind.
    real, x = layer_of(case)
    assert fake == meta == real(x).shape


@every_module
def test_deterministic_algorithms(name: str) -> None:
    module, x = made(name)
    torch.use_deterministic_algorithms(True)
    try:
        gradients = []
        for _ in range(2):
            module.zero_grad()
            module(x).sum().backward()
            gradients.append([parameter.grad.clone() for parameter in module.parameters()])
        assert all(map(torch.equal, *gradients))
    finally:
        torch.use_deterministic_algorithms(False)


def test_seed_decides_the_start() -> None:
    first, second = (made("S None 2")[0] for _ in range(2))
    for mine, theirs in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_repr_says_group_points_and_channels() -> None:
    assert repr(EquivariantLinear("S20xS30", 16, 32)) == (
        "EquivariantLinear('S20xS30', (…, 20, 30, 16) -> (…, 20, 30, 32), bias=True)"
    )
    assert "(…, subsets of 2 of n, 3) -> (…, n, 4)" in repr(
        EquivariantLayer("pairs(S)", 3, 4, 2, to="S")
    )


# -- layers and networks -------------------------------------------------------------------


def test_sums_take_and_give_tuples() -> None:
    layer = EquivariantLinear("S3#1xS4#2+S4#2xS2#3", 2, 5)
    out = layer((torch.randn(6, 3, 4, 2), torch.randn(6, 4, 2, 2)))
    assert [tuple(part.shape) for part in out] == [(6, 3, 4, 5), (6, 4, 2, 5)]
    network = EquivariantNetwork("S+S", 2, channels=(1, 3, 1), activation="z + z^3/6")
    out = network((torch.randn(2, 4, 1), torch.randn(2, 6, 1)))
    assert [tuple(part.shape) for part in out] == [(2, 4, 1), (2, 6, 1)]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("layer", ["quadratic", "linear", "cubic"])
def test_networks_of_any_size(layer: Any, bias: bool) -> None:
    torch.manual_seed(0)
    options = {"layer": layer, "bias": bias, "dtype": torch.float64}
    equivariant = EquivariantNetwork("S", 2, channels=(2, 3, 1), **options)
    invariant = InvariantNetwork("S", 2, channels=(2, 3, 4), **options)
    for n in (4, 50):
        x, order = torch.randn(3, n, 2, dtype=torch.float64), torch.randperm(n)
        torch.testing.assert_close(equivariant(x[:, order]), equivariant(x)[:, order])
        torch.testing.assert_close(invariant(x[:, order]), invariant(x))
        assert invariant(x).shape == (3, 4)


def test_networks_refuse_what_doesnt_fit() -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"channels": (1, 2)}, r"^channels: expected 1 number or 3 for depth 2, got 2"),
        ({"layer": ("linear",)}, r"^layer: expected 1 kind of layer or 2, got 1"),
        ({"layer": "round"}, r"^layer: expected linear, quadratic, cubic or a degree, got 'round'"),
    ]
    for words, message in cases:
        with pytest.raises(UsageError, match=message):
            EquivariantNetwork("S", 2, **words)


def test_large_networks_start_by_a_formula() -> None:
    network = EquivariantNetwork(10**6, channels=(64, 64), layer="linear")
    assert sum(parameter.numel() for parameter in network.parameters()) == 2 * 64 * 64


def test_networks_are_those_of_their_maps() -> None:
    torch.manual_seed(0)
    network = InvariantNetwork("S", 2, channels=(2, 3, 1), bias=True, dtype=torch.float64)
    x = torch.randn(5, 4, 2, dtype=torch.float64)
    tying, theta = network.to_map(4), network.to_map_parameters(4)
    flat = from_map(tying, dtype=torch.float64)
    flat.set_map_parameters(theta)
    torch.testing.assert_close(flat(x.flatten(1)), network(x))
    other = InvariantNetwork("S", 2, channels=(2, 3, 1), bias=True, dtype=torch.float64)
    other.set_map_parameters(theta, 4)
    torch.testing.assert_close(other(x), network(x))
    with pytest.raises(UsageError, match=r"^activation: expected a polynomial for a map"):
        InvariantNetwork("S", activation=torch.nn.ReLU()).to_map(4)


def test_networks_with_activations_are_those_of_their_maps() -> None:
    torch.manual_seed(0)
    degrees = ("linear", "quadratic")
    options: Any = {"channels": (1, 2, 1), "bias": True, "dtype": torch.float64}
    network = InvariantNetwork("S", 2, layer=degrees, activation="z + z^3/6", **options)
    x = torch.randn(5, 4, 1, dtype=torch.float64)
    flat = from_map(network.to_map(4), dtype=torch.float64)
    flat.set_map_parameters(network.to_map_parameters(4))
    torch.testing.assert_close(flat(x.flatten(1)), network(x))


def test_expands_to_what_it_computes() -> None:
    """The layer's map, expanded by the expansion engine, at numbers."""
    torch.manual_seed(0)
    network = EquivariantNetwork("S", 2, bias=True, dtype=torch.float64)
    tying, theta = network.to_map(3), network.to_map_parameters(3)
    weights = tying.weights([part.numpy() for part in theta])
    x = torch.randn(1, 3, 1, dtype=torch.float64)
    names = {f"x{at + 1}": Fraction(float(value)) for at, value in enumerate(x.flatten())}
    for layer, array in zip(tying.network.layers, weights, strict=True):
        for place in zip(*np.nonzero(layer.mask), strict=True):
            names[layer.name(*map(int, place))] = Fraction(float(array[place]))
    expansion = pc.expand(tying.network)
    found = [float(expansion.polynomial(output).evaluate(names)) for output in (1, 2, 3)]
    np.testing.assert_allclose(found, network(x).detach().flatten(), rtol=1e-10)


def test_masks_of_some_groups_only() -> None:
    layer = EquivariantLayer("pairs(S)xS", 1, 2, 2, to="S#1", dtype=torch.float64)
    x, mask = torch.randn(2, 6, 5, 1, dtype=torch.float64), torch.arange(5).expand(2, 5) < 3
    torch.testing.assert_close(layer(x, (None, mask)), layer(x[:, :, :3]))


def test_low_rank() -> None:
    torch.manual_seed(0)
    layer = EquivariantQuadratic("S", 6, 5, rank=3, dtype=torch.float64)
    x = torch.randn(4, 7, 6, dtype=torch.float64)
    assert layer(x).shape == (4, 7, 5)
    assert check_equivariance(layer, "S") < 1e-12
    # A quadratic polynomial: third differences along a line vanish.
    line = torch.stack([layer(x + step * torch.ones_like(x)) for step in range(4)])
    assert torch.diff(line, 3, dim=0).abs().max() < 1e-9
    mask = torch.arange(9) < 7
    wide = torch.cat([x, torch.full((4, 2, 6), 3.0, dtype=torch.float64)], 1)
    torch.testing.assert_close(layer(wide, mask.expand(4, 9))[:, :7], layer(x))


def test_low_rank_has_no_map_and_says_its_rank() -> None:
    layer = EquivariantQuadratic("S", 6, 5, rank=3)
    assert repr(layer).endswith("bias=True, rank=3)")
    with pytest.raises(UsageError, match=r"^rank: expected a layer of full rank for a map"):
        layer.to_map_parameters(3)
    with pytest.raises(UsageError, match=r"^rank: expected a rank for degree 2 only"):
        EquivariantLayer("S", 6, 5, rank=3)
    constants = param_groups(layer)[1]["params"]
    assert [parameter.shape for parameter in constants] == [(5, 1)]


def test_polynomial_activations() -> None:
    z = torch.tensor([0.0, 1.0, 3.0], dtype=torch.float64)
    torch.testing.assert_close(PolynomialActivation("z + z^3/6")(z), z + z**3 / 6)
    torch.testing.assert_close(PolynomialActivation("1/2 - z")(z), 0.5 - z)
    assert repr(PolynomialActivation("z^2 - z")) == "PolynomialActivation(-z + z^2)"


def test_equivariance_of_any_module_is_checked() -> None:
    class Mixed(torch.nn.Module):
        def __init__(self, wrong: bool) -> None:
            super().__init__()
            self.first = EquivariantQuadratic("S", 4, 8)
            self.point = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.ReLU())
            self.last = EquivariantLinear("S", 8, 1, to="trivial")
            self.wrong = wrong

        def forward(self, x: Any) -> Any:
            h = self.point(self.first(x))
            return self.last(h * torch.arange(h.shape[1])[:, None] if self.wrong else h)

    assert check_equivariance(Mixed(False), "S", to="trivial") < 1e-4
    assert check_equivariance(Mixed(False), "S") < 1e-4
    with pytest.raises(NotSymmetricError, match=r"^expected F\(σx\) = σF\(x\) up to"):
        check_equivariance(Mixed(True), "S")
    plain = torch.nn.Linear(3, 3)
    assert check_equivariance(plain, "S5", x=torch.randn(2, 5, 3)) < 1e-5
    with pytest.raises(UsageError, match=r"^x: expected inputs x"):
        check_equivariance(plain, "S5")


def test_param_groups() -> None:
    module = torch.nn.Sequential(EquivariantQuadratic("S", 2, 3), EquivariantLinear("C4", 3, 1))
    groups = param_groups(module, 0.1)
    assert [group["weight_decay"] for group in groups] == [0.1, 0.0]
    assert sum(len(group["params"]) for group in groups) == len(list(module.parameters()))
    assert sum(parameter.numel() for parameter in groups[1]["params"]) == 3 + 1
    torch.optim.AdamW(groups, lr=1e-3)


def test_one_learning_rate_suits_all_sizes() -> None:
    for n in (5, 200):
        torch.manual_seed(0)
        layer = EquivariantQuadratic("S", 1, 1)
        optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
        for _ in range(200):
            x = torch.randn(64, n, 1)
            optimizer.zero_grad()
            loss = (layer(x) - (x - x.mean(1, keepdim=True)) ** 2).square().mean()
            loss.backward()
            optimizer.step()
        assert loss < 1.5


def test_rule() -> None:
    from polyconstraints.classes.any_network import AnyNetwork
    from polyconstraints.tying import TyingRule

    rule = TyingRule.of(AnyNetwork("S", bias=True))
    network = TiedNetwork.from_rule(rule, 1000)
    assert network(torch.ones(2, 1000)).shape == (2, 1000)


def test_weights_are_the_maps() -> None:
    tying = named("by hand")
    network = TiedNetwork.from_map(tying, dtype=torch.float64)
    theta = [np.array([1.0, 2.0, 3.0])]
    network.set_map_parameters(theta)
    np.testing.assert_allclose(network.weights()[0], tying.weights(theta)[0])
    projection = tying.project([weights.numpy() for weights in network.weights()])
    assert projection.distance < 1e-12
    np.testing.assert_allclose(network.to_map_parameters()[0], theta[0])
    with pytest.raises(InputError, match=r"^theta: expected an array of shape \(3,\)"):
        network.set_map_parameters([np.ones(2)])
    with pytest.raises(InputError, match=r"^x: expected shape \(batch, 2\), got \(4, 3\)"):
        network(torch.ones(4, 3, dtype=torch.float64))


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
@every_module
def test_accelerator(name: str) -> None:
    module, x = made(name)
    out = module(x)
    out.sum().backward()
    moved = copy.deepcopy(module).to("cuda")
    moved.zero_grad()
    result = moved(x.cuda())
    torch.testing.assert_close(result.cpu(), out)
    result.sum().backward()
    for mine, theirs in zip(moved.parameters(), module.parameters(), strict=True):
        torch.testing.assert_close(mine.grad.cpu(), theirs.grad)


def test_public_names_are_loaded_when_asked_for() -> None:
    assert pc.backends.torch.TiedNetwork is TiedNetwork
