"""The evaluation plan of a whole network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from polyconstraints.backends.plan.layer import LayerPlan
from polyconstraints.backends.plan.patterns import Site
from polyconstraints.errors import UsageError
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.symmetry import Kind as SymmetryKind
from polyconstraints.tying import TyingMap, TyingRule

__all__ = ["NetworkPlan"]

#: Weights of a layer up to which a rule's classes are simply listed.
_LISTED = 1 << 20

#: Components among which every pattern of three equal or unequal indices occurs, and one.
_ENOUGH = 4


@dataclass(frozen=True, eq=False)
class NetworkPlan:
    """How a tied network is computed, layer by layer.

    Attributes
    ----------
    network : NetworkSpec
    layers : tuple of LayerPlan
    """

    network: NetworkSpec
    layers: tuple[LayerPlan, ...]

    def __post_init__(self) -> None:
        _require_plain(self.network)

    @classmethod
    def from_map(cls, tying: TyingMap) -> NetworkPlan:
        """Return the plan of a tying map.

        Whether a layer has the symmetry of S_n is found from its classes; the name of the
        group isn't used.

        Examples
        --------
        >>> import polyconstraints as pc
        >>> symmetry = pc.Symmetry(pc.PermutationGroup.alternating(5))
        >>> tying = pc.derive(pc.NetworkSpec(5), symmetry).tying_map()
        >>> NetworkPlan.from_map(tying).layers[0].power_sums is not None
        True
        """
        network = tying.network
        _require_plain(network)
        return cls(
            network,
            tuple(
                LayerPlan.from_tying(layer, _sites(network, index))
                for index, layer in enumerate(tying.layers)
            ),
        )

    @classmethod
    def symmetric(cls, network: NetworkSpec, kind: SymmetryKind = "equivariant") -> NetworkPlan:
        """Return the plan of a network with the symmetry of S_n in every layer, for any n.

        Parameters and functions are those of the map that a derivation finds, in the same
        order, but nothing of the size of the weights is ever made.

        Parameters
        ----------
        network : NetworkSpec
            Linear, or with ordered indices; every width n, but for an invariant output.
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
        _require_plain(network)
        wanted = (network.inputs,) * network.depth
        if network.widths[:-1] != wanted:
            raise UsageError(
                f"expected hidden widths of {network.inputs}, got {network.hidden}", "widths"
            )
        if kind == "equivariant" and network.outputs != network.inputs:
            raise UsageError(
                f"expected {network.inputs} output components for equivariance, "
                f"got {network.outputs}",
                "symmetry",
            )
        layers = []
        for index, layer in enumerate(network.layers):
            moves = kind == "equivariant" or index < network.depth - 1
            below, above = network.channels[index : index + 2]
            outputs = above if moves else layer.outputs
            site = Site(network.inputs, below, outputs, moves)
            layers.append(LayerPlan.symmetric(layer, site))
        return cls(network, tuple(layers))

    @classmethod
    def from_rule(cls, rule: TyingRule, *sizes: int) -> NetworkPlan:
        """Return the plan of a rule at given numbers of letters.

        Up to a million weights this is the plan of the rule's map. Beyond, the symmetry of
        S_n is looked for at n = 4, where every pattern of equal indices occurs, and what is
        found holds for all larger n.

        Parameters
        ----------
        rule : TyingRule
        *sizes : int
            As for :meth:`TyingRule.at`; for ``S`` the number of inputs.

        Raises
        ------
        TooLargeError
            If a layer has too many weights to be listed and not the symmetry of S_n.

        Examples
        --------
        >>> from polyconstraints.classes.any_network import AnyNetwork
        >>> rule = TyingRule.of(AnyNetwork("S", depth=2))
        >>> [layer.parameters for layer in NetworkPlan.from_rule(rule, 4096).layers]
        [4, 4]
        """
        full = rule.network.sizes(sizes)
        network = rule.network.network(full)
        if max(layer.weights for layer in network.layers) > _LISTED:
            model = cls.from_map(rule.at(*(min(size, _ENOUGH) for size in full)))
            if _grows(model, network):
                layers = [
                    plan.resized(layer, network.inputs)
                    for plan, layer in zip(model.layers, network.layers, strict=True)
                ]
                return cls(network, tuple(layers))
        return cls.from_map(rule.at(*full))

    @property
    def parameters(self) -> tuple[int, ...]:
        """Number of parameters of each layer."""
        return tuple(layer.parameters for layer in self.layers)


def _grows(model: NetworkPlan, network: NetworkSpec) -> bool:
    """Return whether a network is a small one with more components in each moving level."""
    if network.inputs < _ENOUGH or model.network.inputs != _ENOUGH:
        return False
    for plan, below, above in zip(model.layers, network.widths, network.widths[1:], strict=False):
        form = plan.symmetric_form
        if form is None or below != network.inputs:
            return False
        if form.site.moves and above != network.inputs:
            return False
    return True


def _sites(network: NetworkSpec, index: int) -> Sequence[Site]:
    """Return the arrangements of a layer's units in which S_n may act."""
    components, above = network.widths[index : index + 2]
    channels, outputs = network.channels[index : index + 2]
    moving = [Site(components, channels, outputs, True)] if above == components else []
    return [*moving, Site(components, channels, above * outputs, False)]


def _require_plain(network: NetworkSpec) -> None:
    """Raise UsageError for what these layers don't compute."""
    if network.activation is not None:
        raise UsageError(
            f"expected none for layers that train, got {network.activation}", "activation"
        )
    if max(network.degrees) > 2:
        raise UsageError(f"expected linear or quadratic layers, got {network.layer}", "layer")
