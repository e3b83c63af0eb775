"""Exact symmetry constraints on polynomial neural networks.

Names are loaded when they are first used, so that importing the package is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from polyconstraints.algebra import Polynomial as Polynomial
    from polyconstraints.algebra import PolynomialRing as PolynomialRing
    from polyconstraints.algebra import ring as ring
    from polyconstraints.derivation import Derivation as Derivation
    from polyconstraints.derivation import derive as derive
    from polyconstraints.discovery import Discovery as Discovery
    from polyconstraints.discovery import discover as discover
    from polyconstraints.errors import InputError as InputError
    from polyconstraints.errors import NotSymmetricError as NotSymmetricError
    from polyconstraints.errors import PolyconstraintsError as PolyconstraintsError
    from polyconstraints.errors import RingMismatchError as RingMismatchError
    from polyconstraints.errors import TooLargeError as TooLargeError
    from polyconstraints.errors import UsageError as UsageError
    from polyconstraints.expansion import Expansion as Expansion
    from polyconstraints.expansion import evaluate as evaluate
    from polyconstraints.expansion import expand as expand
    from polyconstraints.groups import PermutationGroup as PermutationGroup
    from polyconstraints.network import NetworkSpec as NetworkSpec
    from polyconstraints.patterns import AnyNetwork as AnyNetwork
    from polyconstraints.stratification import Stratum as Stratum
    from polyconstraints.stratification import Variety as Variety
    from polyconstraints.stratification import strata as strata
    from polyconstraints.symmetry import Symmetry as Symmetry
    from polyconstraints.tying import TyingMap as TyingMap
    from polyconstraints.tying import TyingRule as TyingRule
    from polyconstraints.verification import Verification as Verification
    from polyconstraints.verification import verify as verify

#: Where each public name lives.
_HOMES = {
    "Polynomial": "algebra",
    "PolynomialRing": "algebra",
    "ring": "algebra",
    "Derivation": "derivation",
    "derive": "derivation",
    "InputError": "errors",
    "NotSymmetricError": "errors",
    "PolyconstraintsError": "errors",
    "RingMismatchError": "errors",
    "TooLargeError": "errors",
    "UsageError": "errors",
    "Expansion": "expansion",
    "evaluate": "expansion",
    "expand": "expansion",
    "PermutationGroup": "groups",
    "NetworkSpec": "network",
    "AnyNetwork": "patterns",
    "Stratum": "stratification",
    "Variety": "stratification",
    "strata": "stratification",
    "Symmetry": "symmetry",
    "TyingMap": "tying",
    "TyingRule": "tying",
    "Verification": "verification",
    "verify": "verification",
    "Discovery": "discovery",
    "discover": "discovery",
}

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
