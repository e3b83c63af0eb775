"""Exact recovery of a symmetric polynomial, from as few samples as possible.

The invariant networks of depth 2 are symmetric polynomials of degree up to 4: for n ≥ 4 a
linear space of dimension 12 (one for each partition of 0 … 4). So twelve samples in general
position say everything, and a network that fits them *is* the polynomial, to rounding error.
The free quadratic network needs as many as there are monomials, C(n + 4, 4) = 126 for n = 5.

Every network here is trained by the same second-order method, Levenberg-Marquardt in double
precision, because a first-order one never gets near rounding error.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

import polyconstraints as pc
from examples.approaches.exponents import Exponents
from examples.approaches.free import Free
from examples.approaches.interface import Approach
from examples.approaches.pooled import DeepSets, PointNet
from examples.approaches.sorting import Sorted
from examples.approaches.spectrum import Spectra
from examples.approaches.symmetrised import SymmetrisedNetwork
from examples.approaches.tasks import Data, Task, elementary, polynomial_sets
from examples.approaches.tied import TiedSetNetwork, tied_network
from polyconstraints.backends.torch import TiedNetwork

__all__ = ["RECOVERIES", "Recovery", "conditioning", "depth_one", "levenberg_marquardt", "recover"]

#: Numbers of training samples.
SIZES = (6, 12, 18, 24, 48, 126, 252)

#: Largest number of residuals, permuted copies and permutations counted, that is tried.
LARGEST_PROBLEM = 3000

#: A relative error on unseen sets below which the polynomial counts as recovered.
RECOVERED = 1e-6

#: Seeds of the samples, apart from those of the tasks.
FIRST_SEED = 7000


@dataclass(frozen=True)
class Recovery:
    """A row of the comparison.

    Attributes
    ----------
    name, title : str
    build : callable
        From the task, the training sets within it, and a seed, to a network.
    copies : bool
        Whether it is trained on all n! orders of each set.
    cost : callable
        From n to the number of passes of the network inside for one set.
    """

    name: str
    title: str
    build: Callable[[Task, int], nn.Module]
    copies: bool = False
    cost: Callable[[int], int] = lambda n: 1


def _tied(task: Task, seed: int) -> nn.Module:
    """Return a depth-2 network of a map that is derived, as a user would."""
    torch.manual_seed(seed)
    spec = pc.NetworkSpec(task.n, 2, bias=True, outputs=1, channels=(1, 6, 1))
    symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(task.n), kind="invariant")
    network = TiedNetwork.from_map(pc.derive(spec, symmetry).tying_map())
    return TiedSetNetwork(network)


def _free_quadratic(task: Task, seed: int) -> nn.Module:
    """Return the same network with nothing tied: the map of the group of one element."""
    torch.manual_seed(seed)
    spec = pc.NetworkSpec(task.n, 2, bias=True, outputs=1, channels=(1, 2, 1))
    trivial = pc.Symmetry(pc.PermutationGroup.trivial(task.n), kind="invariant")
    network = TiedNetwork.from_map(pc.derive(spec, trivial).tying_map(), path="gather")
    return nn.Sequential(nn.Flatten(-2), network)


def _symmetrised_quadratic(task: Task, seed: int) -> nn.Module:
    free = _free_quadratic(task, seed)
    return SymmetrisedNetwork(free, task.n, equivariant=False, exact=True)


def _of(approach: Approach) -> Callable[[Task, int], nn.Module]:
    def build(task: Task, seed: int) -> nn.Module:
        return approach.build(task, task.n, task.channels, task.budget, seed)

    return build


RECOVERIES: tuple[Recovery, ...] = (
    Recovery("tied", "(A) tied quadratic, depth 2", _tied),
    Recovery("symmetrised", "eq. (4), quadratic", _symmetrised_quadratic, cost=math.factorial),
    Recovery("free-quadratic", "free quadratic", _free_quadratic),
    Recovery(
        "copies",
        "free quadratic, all n! copies",
        _free_quadratic,
        copies=True,
        cost=math.factorial,
    ),
    Recovery("exponents", "(B) exponents", _of(Exponents())),
    Recovery("spectrum", "(C) spectrum", _of(Spectra())),
    Recovery("pointnet", "(D) PointNet", _of(PointNet())),
    Recovery("deep-sets", "(D) Deep Sets", _of(DeepSets())),
    Recovery("sorted", "sorted", _of(Sorted())),
    Recovery("free", "free", _of(Free())),
)


def levenberg_marquardt(
    model: nn.Module, data: Data, iterations: int, tolerance: float = 1e-14
) -> float:
    """Fit a network with one output by Levenberg-Marquardt; return its last residual.

    Solves (JᵀJ + μI)δ = Jᵀr, or what is the same with JJᵀ where there are fewer samples than
    parameters, and halves or raises μ as the residual falls or not.

    Parameters
    ----------
    model : Module
        In double precision; changed in place.
    data : Data
    iterations : int
        Largest number of Jacobians.
    tolerance : float
        Root mean square residual at which to stop.
    """
    names = [name for name, _ in model.named_parameters()]
    shapes = [parameter.shape for parameter in model.parameters()]
    sizes = [shape.numel() for shape in shapes]

    def unflatten(theta: Tensor) -> dict[str, Tensor]:
        parts = torch.split(theta, sizes)
        return {
            name: part.view(shape) for name, part, shape in zip(names, parts, shapes, strict=True)
        }

    def answer(theta: Tensor, x: Tensor) -> Tensor:
        out: Tensor = functional_call(model, unflatten(theta), (x.unsqueeze(0),))
        return out.squeeze()

    answers, slopes = vmap(answer, (None, 0)), vmap(grad(answer), (None, 0))
    theta = nn.utils.parameters_to_vector(model.parameters()).detach()
    y = data.y.squeeze(-1)
    residual = y - answers(theta, data.x)
    damping = 1e-2
    for _ in range(iterations):
        if residual.square().mean().sqrt() < tolerance:
            break
        jacobian = slopes(theta, data.x)
        for _ in range(12):
            step = _damped_step(jacobian, residual, damping)
            attempt = y - answers(theta + step, data.x)
            if attempt.square().sum() < residual.square().sum():
                theta, residual = theta + step, attempt
                damping /= 5
                break
            damping *= 4
        else:
            break  # No step helps any more: rounding error, or a minimum.
    nn.utils.vector_to_parameters(theta, model.parameters())
    return float(residual.square().mean().sqrt())


def _damped_step(jacobian: Tensor, residual: Tensor, damping: float) -> Tensor:
    rows, columns = jacobian.shape
    small = jacobian.mT @ jacobian if columns < rows else jacobian @ jacobian.mT
    # Relative to the largest curvature; never less than rounding lets the factorisation see.
    shift = max(damping * float(small.diagonal().mean()), 1e-15 * float(small.trace()))
    small.diagonal().add_(shift)
    factor, _ = torch.linalg.cholesky_ex(small)
    right = jacobian.mT @ residual if columns < rows else residual
    solution = torch.cholesky_solve(right.unsqueeze(1), factor).squeeze(1)
    return solution if columns < rows else jacobian.mT @ solution


@torch.no_grad()
def _test_error(model: nn.Module, data: Data) -> float:
    out = model(data.x)
    return float((out - data.y).square().mean().sqrt() / data.y.std())


def recover(
    recovery: Recovery, task: Task, size: int, seed: int, iterations: int
) -> dict[str, float] | None:
    """Fit a row's network to a number of samples; return errors on them and on unseen ones.

    None where the problem is too large to be tried.
    """
    n = task.n
    if size * recovery.cost(n) > LARGEST_PROBLEM:
        return None
    data = polynomial_sets(size, n, FIRST_SEED + seed)
    unseen = polynomial_sets(1000, n, FIRST_SEED - 1)
    model = recovery.build(task, seed).double()
    if recovery.copies:
        orders = torch.tensor(list(itertools.permutations(range(n))))
        x = data.x[:, orders].flatten(0, 1)
        data = Data(x, data.y.repeat_interleave(len(orders), 0))
    training = levenberg_marquardt(model, data, iterations)
    return {"training": training, "unseen": _test_error(model, unseen)}


def conditioning(n: int, size: int, seed: int) -> float:
    """Return the condition number of the symmetric polynomials' values at the samples.

    By about so much rounding errors of the samples' answers grow into errors of the
    polynomial, whatever the method.
    """
    x = polynomial_sets(size, n, FIRST_SEED + seed).x.squeeze(-1)
    e = elementary(x, 4)
    products = [
        e[:, 0], e[:, 1], e[:, 2], e[:, 3], e[:, 4], e[:, 1] ** 2, e[:, 1] ** 3, e[:, 1] ** 4,
        e[:, 1] * e[:, 2], e[:, 1] ** 2 * e[:, 2], e[:, 2] ** 2, e[:, 1] * e[:, 3],
    ]  # fmt: skip
    matrix = torch.stack(products, 1)
    return float(torch.linalg.cond(matrix / matrix.norm(dim=0)))


def depth_one(n: int, size: int, seed: int) -> float:
    """Return the error of a depth-1 tied network on e_1 + e_2, fitted by least squares.

    One tied layer is linear in its parameters, of which an invariant one has 4: four samples
    are enough, and no training is needed.
    """
    network = tied_network(n, [1, 1], invariant=True, dtype=torch.float64)
    x = polynomial_sets(size, n, FIRST_SEED + seed).x
    unseen = polynomial_sets(1000, n, FIRST_SEED - 1).x

    def features(sets: Tensor) -> Tensor:
        columns = []
        for unit in torch.eye(4, dtype=torch.float64):
            network.set_theta([unit])
            columns.append(network(sets.flatten(-2)))
        return torch.cat(columns, -1).detach()

    def target(sets: Tensor) -> Tensor:
        return elementary(sets.squeeze(-1), 2)[:, 1:].sum(-1, keepdim=True)

    theta = torch.linalg.lstsq(features(x), target(x)).solution
    wanted = target(unseen)
    return float((features(unseen) @ theta - wanted).square().mean().sqrt() / wanted.std())
