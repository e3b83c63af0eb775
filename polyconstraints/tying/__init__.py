"""Classes → tying map: the seam between the algebra and its users."""

from polyconstraints.tying.map import LayerTying, Projection, TyingMap

__all__ = ["LayerTying", "Projection", "TyingMap"]
