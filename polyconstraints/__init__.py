"""Exact symmetry constraints on polynomial neural networks.

Names are loaded when they are first used, so that importing the package is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from polyconstraints.display import on_first_use as _on_first_use

__version__ = "0.1.0"

if TYPE_CHECKING:
    from polyconstraints.algebra import Polynomial as Polynomial
    from polyconstraints.algebra import PolynomialRing as PolynomialRing
    from polyconstraints.algebra import ring as ring
    from polyconstraints.classes.any_network import AnyNetwork as AnyNetwork
    from polyconstraints.classes.any_network import law as law
    from polyconstraints.derivation import Derivation as Derivation
    from polyconstraints.derivation import derive as derive
    from polyconstraints.equalities.comparison import Equality as Equality
    from polyconstraints.errors import InputError as InputError
    from polyconstraints.errors import NotSymmetricError as NotSymmetricError
    from polyconstraints.errors import PolyconstraintsError as PolyconstraintsError
    from polyconstraints.errors import RingMismatchError as RingMismatchError
    from polyconstraints.errors import TooLargeError as TooLargeError
    from polyconstraints.errors import UsageError as UsageError
    from polyconstraints.evaluation import evaluate as evaluate
    from polyconstraints.expansion import Expansion as Expansion
    from polyconstraints.expansion import expand as expand
    from polyconstraints.render.figures.plot import plot as plot
    from polyconstraints.render.report import report as report
    from polyconstraints.render.several import table as table
    from polyconstraints.spec.groups import PermutationGroup as PermutationGroup
    from polyconstraints.spec.network import NetworkSpec as NetworkSpec
    from polyconstraints.spec.symmetry import Symmetry as Symmetry
    from polyconstraints.training import train as train
    from polyconstraints.tying import TyingMap as TyingMap
    from polyconstraints.tying import TyingRule as TyingRule
    from polyconstraints.variety.neurovariety import Neurovariety as Neurovariety
    from polyconstraints.variety.neurovariety import dimension as dimension
    from polyconstraints.variety.strata import Strata as Strata
    from polyconstraints.variety.strata import Stratum as Stratum
    from polyconstraints.variety.strata import Variety as Variety
    from polyconstraints.variety.strata import strata as strata
    from polyconstraints.verification import Verification as Verification
    from polyconstraints.verification import verify as verify
    from polyconstraints.verification.discovery import Discovery as Discovery
    from polyconstraints.verification.discovery import discover as discover

#: The public names, by the module in which each lives.
_PUBLIC = {
    "algebra": ("Polynomial", "PolynomialRing", "ring"),
    "classes.any_network": ("AnyNetwork", "law"),
    "derivation": ("Derivation", "derive"),
    "equalities.comparison": ("Equality",),
    "errors": (
        "InputError",
        "NotSymmetricError",
        "PolyconstraintsError",
        "RingMismatchError",
        "TooLargeError",
        "UsageError",
    ),
    "evaluation": ("evaluate",),
    "expansion": ("Expansion", "expand"),
    "render.figures.plot": ("plot",),
    "render.report": ("report",),
    "render.several": ("table",),
    "spec.groups": ("PermutationGroup",),
    "spec.network": ("NetworkSpec",),
    "spec.symmetry": ("Symmetry",),
    "training": ("train",),
    "tying": ("TyingMap", "TyingRule"),
    "variety.neurovariety": ("Neurovariety", "dimension"),
    "variety.strata": ("Strata", "Stratum", "Variety", "strata"),
    "verification": ("Verification", "verify"),
    "verification.discovery": ("Discovery", "discover"),
}
_HOMES = {name: home for home, names in _PUBLIC.items() for name in names}

__all__ = [*_HOMES, "__version__"]

_on_first_use(lambda: import_module(f"{__name__}.render.notebook"))


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
