"""Classes → tying map: the seam between the algebra and its users."""

from polyconstraints.tying.map import LayerTying, Projection, TyingMap
from polyconstraints.tying.rule import TyingRule

__all__ = ["LayerTying", "Projection", "TyingMap", "TyingRule"]
