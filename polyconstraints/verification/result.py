"""What a verification found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from polyconstraints.display import Displayed
from polyconstraints.schemas.writing import written
from polyconstraints.spec.groups import Permutation


@dataclass(frozen=True)
class Mismatch:
    """Two products of inputs that a generator relates and whose sums of weights differ.

    Weights are given by name, several for a mixed product with redundant indices; their sums
    as combinations of free classes.
    """

    layer: int
    generator: int
    weights: tuple[str, ...]
    images: tuple[str, ...]
    value: Mapping[int, Fraction]
    image: Mapping[int, Fraction]

    def __str__(self) -> str:
        return (
            f"{' + '.join(self.weights)} = {_sum(self.value)} should equal "
            f"{' + '.join(self.images)} = {_sum(self.image)}"
        )


def _sum(form: Mapping[int, Fraction]) -> str:
    terms = [
        f"class {free}" if factor == 1 else f"{factor}·class {free}"
        for free, factor in form.items()
    ]
    return " + ".join(terms) or "0"


@dataclass(frozen=True)
class Unacted:
    """A hidden level on which the group is not known to act."""

    level: int

    def __str__(self) -> str:
        return f"no action of the group is given on level {self.level}"


@dataclass(frozen=True)
class Counterexample:
    """A network of a map that does not have the symmetry: F(σx) ≠ σF(x).

    Attributes
    ----------
    generator : tuple of int
        The permutation σ of the input units that was applied: (σx)_i = x_σ(i), from 0.
    parameters : tuple of tuples of int
        The values of the free classes of each layer, in the order of the parameters.
    input : tuple of int
        The values x of the input units.
    output : int
        The output unit k, from 1 as in names, for which the two sides differ.
    moved, expected : int
        F_k(σx), and what it should equal: F_σ(k)(x) for equivariance, F_k(x) for invariance.
    prime : int or None
        The numbers are residues modulo this prime; None where they are plain integers.
    """

    generator: Permutation
    parameters: tuple[tuple[int, ...], ...]
    input: tuple[int, ...]
    output: int
    moved: int | Fraction
    expected: int | Fraction
    prime: int | None


Completion = Literal["complete", "complete as functions", "ties more than needed", "not known"]


@dataclass(frozen=True)
class Completeness:
    """A map's dimensions beside those that its symmetry leaves.

    Attributes
    ----------
    status : str
        ``complete``: every network whose layers are symmetric is in the map. ``complete as
        functions``: not all weights are, but all functions. ``ties more than needed``: some
        functions are lost. ``not known``: too large, or the map's layers are not
        symmetric one by one, so that there is nothing to compare with.
    dimension, true_dimension : int or None
        Free parameters of the map, and of all networks whose layers are symmetric.
    function_dimension, true_function_dimension : int or None
        Dimensions of the sets of functions of both.
    """

    status: Completion
    dimension: int
    true_dimension: int | None = None
    function_dimension: int | None = None
    true_function_dimension: int | None = None


@dataclass(frozen=True)
class RuleSizes:
    """The numbers of letters a rule was asked about, and those checked, which decide for them."""

    asked: tuple[int, ...]
    checked: tuple[int, ...]


@dataclass(frozen=True)
class Verification(Displayed):
    """Whether every network of a map has the map's symmetry, and how that is known.

    Attributes
    ----------
    symmetric : bool
    trials : int
        Random networks that were looked at; none where there is a proof layer by layer.
    prime : int or None
        The arithmetic of the random check was modulo this prime; None without one.
    seed : int
        With it the same random choices are made again.
    degree : int
        Degree of the outputs in parameters and inputs together.
    generators : int
        Generators of the group, for each of which the symmetry was checked.
    error_bound : float or None
        A map that is not symmetric passes with at most this probability; None where the answer
        is proved.
    counterexample : Counterexample or None
        A network without the symmetry, if there is one.
    proof : {"layerwise", "expansion", "counterexample"} or None
        How the answer is known for certain; None where it is random.
    found_actions : mapping from int to tuple of permutations
        For a proof layer by layer: for each hidden level whose units move in another way than
        the map states, the permutation of its units for each generator.
    obstacle : Mismatch, Unacted or None
        Why the layers are not symmetric for the actions that the map states: for a wrong map,
        the weights that are tied wrongly.
    completeness : Completeness or None
    rule : RuleSizes or None
        For a map that is a rule: which numbers of letters the check was made for.
    """

    symmetric: bool
    trials: int
    prime: int | None
    seed: int
    degree: int
    generators: int
    error_bound: float | None
    counterexample: Counterexample | None = None
    proof: Literal["layerwise", "expansion", "counterexample"] | None = None
    found_actions: Mapping[int, tuple[Permutation, ...]] | None = None
    obstacle: Mismatch | Unacted | None = None
    completeness: Completeness | None = None
    rule: RuleSizes | None = None

    def __bool__(self) -> bool:
        return self.symmetric

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``verification``."""
        mismatch = self.obstacle if isinstance(self.obstacle, Mismatch) else None
        actions = self.found_actions or {}
        return written("maps.Verification", self, found_actions=actions, mismatch=mismatch)
