"""Classes → tying map: the seam between the algebra and its users."""

from polyconstraints.tying.map import Projection, TyingMap
from polyconstraints.tying.rule import TyingRule

__all__ = ["Projection", "TyingMap", "TyingRule"]
