"""What a verification found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from polyconstraints.verification.completeness import Completeness
from polyconstraints.verification.counterexample import Counterexample
from polyconstraints.verification.layerwise import Mismatch, Unacted

__all__ = ["SCHEMA", "Proof", "RuleSizes", "Verification"]

SCHEMA = "polyconstraints/verification/1"

Proof = Literal["layerwise", "expansion", "counterexample"]


@dataclass(frozen=True)
class RuleSizes:
    """For which numbers of letters a rule was asked about, and checked.

    Attributes
    ----------
    asked : tuple of int
        The numbers of letters of each symmetric group that the document states.
    checked : tuple of int
        Those of the map that was checked, which decides for all larger ones.
    """

    asked: tuple[int, ...]
    checked: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the sizes as part of a document."""
        return {"asked": list(self.asked), "checked": list(self.checked)}


@dataclass(frozen=True)
class Verification:
    """Whether every network of a map has the map's symmetry, and how that is known.

    Attributes
    ----------
    symmetric : bool
    trials : int
        Random networks that were looked at.
    prime : int
        The arithmetic was modulo this prime.
    seed : int
        With it the same random choices are made again.
    degree : int
        Degree of the outputs in parameters and inputs together.
    generators : int
        Generators of the group, for each of which the symmetry was checked.
    error_bound : float
        A map that is not symmetric passes with at most this probability; 0 with a proof.
    counterexample : Counterexample or None
        A network without the symmetry, if there is one.
    proof : {"layerwise", "expansion", "counterexample"} or None
        How the answer is known for certain; None where it is random.
    obstacle : Mismatch, Unacted or None
        Why there is no layerwise proof: for a wrong map, the weights that are tied wrongly.
    completeness : Completeness or None
    rule : RuleSizes or None
        For a map that is a rule: which numbers of letters the check was made for.
    """

    symmetric: bool
    trials: int
    prime: int
    seed: int
    degree: int
    generators: int
    error_bound: float
    counterexample: Counterexample | None = None
    proof: Proof | None = None
    obstacle: Mismatch | Unacted | None = None
    completeness: Completeness | None = None
    rule: RuleSizes | None = None

    def __bool__(self) -> bool:
        return self.symmetric

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``verification``."""
        mismatch = self.obstacle if isinstance(self.obstacle, Mismatch) else None
        return {
            "schema": SCHEMA,
            "symmetric": self.symmetric,
            "trials": self.trials,
            "prime": self.prime,
            "seed": self.seed,
            "degree": self.degree,
            "generators": self.generators,
            "error_bound": self.error_bound,
            "counterexample": self.counterexample and self.counterexample.to_json(),
            "proof": self.proof,
            "mismatch": mismatch and mismatch.to_json(),
            "completeness": self.completeness and self.completeness.to_json(),
            "rule": self.rule and self.rule.to_json(),
        }
