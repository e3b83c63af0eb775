"""Classes → tying map: the seam between the algebra and its users.

Loaded when first used: a map for one number of inputs needs nothing of those for every number.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polyconstraints.tying.map import Projection as Projection
    from polyconstraints.tying.map import TyingMap as TyingMap
    from polyconstraints.tying.rule import TyingRule as TyingRule

_HOMES = {"Projection": "map", "TyingMap": "map", "TyingRule": "rule"}

__all__ = ["Projection", "TyingMap", "TyingRule"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
