"""Tied networks in their functional form: flat units, one vector of parameters a layer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Self

import numpy as np

from polyconstraints.backends.plan.flat import FlatLayer, between_letters, of_map
from polyconstraints.backends.plan.kinds import read_levels
from polyconstraints.backends.plan.program import Operations
from polyconstraints.classes.any_network import AnyNetwork
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.errors import InputError, UsageError
from polyconstraints.spec import Kind as SymmetryKind
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.tying import TyingMap, TyingRule

Tensor = Any

PATHS = ("auto", "structure", "gather")
"""What a user may ask for: the structure of letters where a layer has it, or never."""


@dataclass(frozen=True, eq=False)
class NetworkPlan:
    """A tied network, layer by layer."""

    network: NetworkSpec
    layers: tuple[FlatLayer, ...]

    @classmethod
    def from_map(cls, tying: TyingMap, path: str = "auto") -> NetworkPlan:
        """Return the plan of a tying map.

        Whether a layer is one between letters is found from its classes; the name of the
        group only says where to look.

        Parameters
        ----------
        tying : TyingMap
        path : {"auto", "structure", "gather"}
            ``gather`` looks weights up even where there is a structure.

        Examples
        --------
        >>> import polyconstraints as pc
        >>> symmetry = pc.Symmetry(pc.PermutationGroup.alternating(5))
        >>> tying = pc.derive(pc.NetworkSpec(5), symmetry).tying_map()
        >>> NetworkPlan.from_map(tying).layers[0].parameters
        4
        """
        if path not in PATHS:
            raise UsageError(f"expected one of {', '.join(PATHS)} as path, got {path!r}", "path")
        layers = (of_map(tying, at, path != "gather") for at in range(len(tying.layers)))
        return cls(tying.network, tuple(layers))

    @classmethod
    def symmetric(cls, network: NetworkSpec, kind: SymmetryKind = "equivariant") -> NetworkPlan:
        """Return the plan of a network with the symmetry of S_n in every layer, for any n.

        Functions and number of parameters are those of the map that a derivation finds, but
        nothing of the size of the weights is ever made.

        Parameters
        ----------
        network : NetworkSpec
            Every width n, but for an invariant output.
        kind : {"equivariant", "invariant"}

        Raises
        ------
        UsageError
            If the network doesn't fit.

        Examples
        --------
        >>> plan = NetworkPlan.symmetric(NetworkSpec(4096, depth=2, bias=True))
        >>> [layer.parameters for layer in plan.layers]
        [7, 7]
        """
        n = network.inputs
        if network.widths[:-1] != (n,) * network.depth:
            raise UsageError(f"expected hidden widths of {n}, got {network.hidden}", "widths")
        if kind == "equivariant" and network.outputs != n:
            raise UsageError(
                f"expected {n} output components for equivariance, got {network.outputs}",
                "symmetry",
            )
        described = AnyNetwork(
            "S",
            network.depth,
            network.layer,
            network.indices,
            network.bias,
            network.channels,
            kind,
            # Of redundant indices the same functions, and a bounded number of classes.
            "function" if network.indices == "ordered" else "tensor",
            network.outputs if kind == "invariant" else 1,
            activation=network.activation,
        )
        return cls.from_rule(TyingRule.of(described), n)

    @classmethod
    def from_rule(cls, rule: TyingRule, *sizes: int) -> NetworkPlan:
        """Return the plan of a rule at given numbers of letters, however large.

        Parameters
        ----------
        rule : TyingRule
        *sizes : int
            As for :meth:`TyingRule.at`; for ``S`` the number of inputs.

        Examples
        --------
        >>> from polyconstraints import AnyNetwork
        >>> rule = TyingRule.of(AnyNetwork("S", depth=2))
        >>> [layer.parameters for layer in NetworkPlan.from_rule(rule, 4096).layers]
        [4, 4]
        """
        described = rule.network
        full = described.sizes(sizes)
        network = described.network(full)
        texts = [described.actions.get(at, described.group) for at in range(network.depth + 1)]
        if described.kind == "invariant":
            texts[-1] = f"trivial{network.outputs}"
        layers = []
        for index, layer in enumerate(network.layers):
            levels = read_levels(described.group, texts[index + 1], texts[index])
            if levels is None:
                raise UsageError(f"expected points made of letters, got {described.group}", "group")
            above, below = (len(kinds[0].letters) for kinds in (levels.outputs, levels.inputs))
            model = tuple(min(size, max(above + layer.degree * below, 2)) for size in full)
            levels, source = replace(levels, sizes=full), partial(_of_rule, rule, index)
            layers.append(between_letters(network, index, levels, source, model))
        return cls(network, tuple(layers))

    def check(self, theta: Sequence[Any]) -> None:
        """Raise InputError unless there is a vector of parameters for each layer."""
        shapes, wanted = [np.shape(part) for part in theta], [(n,) for n in self.parameters]
        if shapes != wanted:
            raise InputError(f"expected parameters of shapes {wanted}, got {shapes}", "theta")

    def run(self, ops: Operations, parameters: Sequence[Tensor], x: Tensor) -> Tensor:
        """Return the outputs, (…, outputs), given a vector of parameters for each layer."""
        for layer, theta in zip(self.layers, parameters, strict=True):
            x = layer.run(ops, layer.split(theta), x)
            activation = self.network.activation_of(layer.layer)
            if activation is not None:
                x = horner([float(value) for value in activation.coefficients], x)
        return x

    @property
    def parameters(self) -> tuple[int, ...]:
        """Number of parameters of each layer."""
        return tuple(layer.parameters for layer in self.layers)

    @cached_property
    def digest(self) -> str:
        """A name for the network as a function of its parameters, the same in every process."""
        return hashlib.sha256("".join(layer.digest for layer in self.layers).encode()).hexdigest()


class Planned:
    """What the networks of all libraries are made from; some take options beside the plan."""

    def __init__(self, plan: NetworkPlan, **_: Any) -> None:
        self.plan = plan

    @classmethod
    def from_map(cls, tying: TyingMap, path: str = "auto", **options: Any) -> Self:
        """Return the network of a tying map; see :meth:`NetworkPlan.from_map`."""
        return cls(NetworkPlan.from_map(tying, path), **options)

    @classmethod
    def from_rule(cls, rule: TyingRule, *sizes: int, **options: Any) -> Self:
        """Return the network of a rule at given sizes, such as the number of inputs."""
        return cls(NetworkPlan.from_rule(rule, *sizes), **options)

    @classmethod
    def symmetric(
        cls, network: NetworkSpec, kind: SymmetryKind = "equivariant", **options: Any
    ) -> Self:
        """Return the network with the symmetry of S_n in every layer, for any n."""
        return cls(NetworkPlan.symmetric(network, kind), **options)


def horner(coefficients: Sequence[float], z: Tensor) -> Tensor:
    """Return the values of a polynomial, given its coefficients from the constant on."""
    value = z * 0.0 + coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        value = value * z + coefficient
    return value


def _of_rule(rule: TyingRule, index: int, sizes: tuple[int, ...]) -> LayerClasses:
    layer = rule.network.network(sizes).layers[index]
    return LayerClasses(layer, rule.layers[index].tied(sizes))
