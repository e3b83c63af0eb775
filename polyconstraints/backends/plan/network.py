"""The evaluation plan of a whole network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from polyconstraints.backends.plan.layer import LayerPlan
from polyconstraints.backends.plan.patterns import Site
from polyconstraints.errors import UsageError
from polyconstraints.network import NetworkSpec
from polyconstraints.symmetry import Kind as SymmetryKind
from polyconstraints.tying import TyingMap

__all__ = ["NetworkPlan"]


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
        wanted = (network.inputs,) * network.depth
        if network.widths[:-1] != wanted:
            raise UsageError(
                f"expected hidden widths of {network.inputs}, got {network.hidden}", "--widths"
            )
        if kind == "equivariant" and network.outputs != network.inputs:
            raise UsageError(
                f"expected {network.inputs} output components for equivariance, "
                f"got {network.outputs}",
                "--symmetry",
            )
        layers = []
        for index, layer in enumerate(network.layers):
            moves = kind == "equivariant" or index < network.depth - 1
            below, above = network.channels[index : index + 2]
            outputs = above if moves else layer.outputs
            site = Site(network.inputs, below, outputs, moves)
            layers.append(LayerPlan.symmetric(layer, site))
        return cls(network, tuple(layers))

    @property
    def parameters(self) -> tuple[int, ...]:
        """Number of parameters of each layer."""
        return tuple(layer.parameters for layer in self.layers)


def _sites(network: NetworkSpec, index: int) -> Sequence[Site]:
    """Return the arrangements of a layer's units in which S_n may act."""
    components, above = network.widths[index : index + 2]
    channels, outputs = network.channels[index : index + 2]
    moving = [Site(components, channels, outputs, True)] if above == components else []
    return [*moving, Site(components, channels, above * outputs, False)]
