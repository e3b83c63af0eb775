"""Decomposition by Singular or Macaulay2, where they are installed, and a check of it.

A system's answer is checked by substituting points of our own.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np

from polyconstraints.algebra import Polynomial, PolynomialRing
from polyconstraints.errors import PolyconstraintsError
from polyconstraints.variety.equations.branch import residue
from polyconstraints.variety.equations.child import run
from polyconstraints.variety.equations.reduce import reduce_equations

__all__ = [
    "PRIME",
    "Check",
    "Component",
    "Decomposition",
    "System",
    "check_decomposition",
    "component_point",
    "contains",
    "decompose",
    "find_systems",
]

SystemName = Literal["macaulay2", "singular"]

#: The characteristic in which ideals are decomposed: the largest prime that both systems'
#: fast arithmetic takes.
PRIME = 32003

_EXECUTABLES: dict[SystemName, str] = {"macaulay2": "M2", "singular": "Singular"}

#: Seconds that a system may take to say its version.
_PATIENCE = 60

_MACAULAY2 = """
R = ZZ/{prime}[{names}];
I = ideal({equations});
L = decompose I;
scan(L, J -> (print("component " | toString dim J | " " | toString degree J);
  scan(first entries gens J, f -> print("generator " | toString f))));
print "complete";
"""

_SINGULAR = """
LIB "primdec.lib";
ring R = {prime}, ({names}), dp;
short = 0;
ideal I = {equations};
list L = minAssGTZ(I);
int i; int j;
for (i = 1; i <= size(L); i++)
{{
  ideal J = std(L[i]);
  print("component " + string(dim(J)) + " " + string(mult(J)));
  for (j = 1; j <= ncols(J); j++) {{ print("generator " + string(J[j])); }}
  kill J;
}}
print("complete");
quit;
"""


@dataclass(frozen=True)
class System:
    """An installed computer algebra system.

    Attributes
    ----------
    name : {"macaulay2", "singular"}
    path : str
        The executable.
    version : str
    """

    name: SystemName
    path: str
    version: str


@dataclass(frozen=True)
class Component:
    """An irreducible component, as a system gave it.

    Attributes
    ----------
    generators : tuple of Polynomial
        Generators of its prime ideal, with residues as coefficients.
    dimension, degree : int
    """

    generators: tuple[Polynomial, ...]
    dimension: int
    degree: int


@dataclass(frozen=True)
class Decomposition:
    """The irreducible components of an ideal over a finite field.

    Attributes
    ----------
    system : System
    prime : int
    components : tuple of Component
        The largest dimension first, then the smallest degree.
    """

    system: System
    prime: int
    components: tuple[Component, ...]


def find_systems() -> list[System]:
    """Return the systems on the PATH, Macaulay2 before Singular."""
    found = []
    for name, executable in _EXECUTABLES.items():
        path = shutil.which(executable)
        path = None if path is None else os.path.abspath(path)
        version = None if path is None else _version(path)
        if path is not None and version is not None:
            found.append(System(name, path, version))
    return found


def _version(path: str) -> str | None:
    """Return what an executable calls its version, or None if it doesn't work."""
    try:
        done = run([path, "--version"], "", _PATIENCE)
    except OSError:
        return None
    if done is None:
        return None
    number = re.search(r"[0-9]+(?:\.[0-9a-z]+)+", done.output)
    return number.group(0) if number else None


def decompose(
    system: System,
    equations: Sequence[Polynomial],
    variables: Sequence[str],
    time_limit: float,
    prime: int = PRIME,
) -> Decomposition | None:
    """Return the irreducible components of the zeros of some polynomials over GF(prime).

    Parameters
    ----------
    system : System
    equations : sequence of Polynomial
        With rational coefficients whose denominators the prime doesn't divide.
    variables : sequence of str
        The variables of the space.
    time_limit : float
        Seconds.
    prime : int

    Returns
    -------
    Decomposition or None
        None when the time is up.

    Raises
    ------
    PolyconstraintsError
        If the system fails or its answer can't be read.
    """
    short = {name: f"w{at}" for at, name in enumerate(variables)}
    back = PolynomialRing(list(short.values()))
    target = PolynomialRing(list(variables))
    texts = [
        e.primitive().to_ring(target).rename(short, back).to_text() for e in equations if len(e)
    ]
    template = _MACAULAY2 if system.name == "macaulay2" else _SINGULAR
    script = template.format(
        prime=prime, names=",".join(short.values()), equations=",\n".join(texts or ["0"])
    )
    answer = _answer(system, script, time_limit)
    if answer is None:
        return None
    long = {new: name for name, new in short.items()}
    components = _read(answer, back, target, long, system)
    return Decomposition(system, prime, tuple(sorted(components, key=_order)))


def _answer(system: System, script: str, time_limit: float) -> str | None:
    """Return what a system prints when it runs a script, or None when the time is up."""
    arguments = ["--script"] if system.name == "macaulay2" else ["-q", "--no-rc"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script"
        file.write_text(script, "utf-8")
        done = run([system.path, *arguments, str(file)], "", time_limit)
    return None if done is None else done.output


def _order(component: Component) -> tuple[int, int, list[str]]:
    return -component.dimension, component.degree, [str(g) for g in component.generators]


def _read(
    text: str, ring: PolynomialRing, target: PolynomialRing, names: dict[str, str], system: System
) -> list[Component]:
    """Return the components that a system printed."""
    heads: list[tuple[int, int]] = []
    generators: list[list[Polynomial]] = []
    complete = False
    for line in text.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "component":
            dimension, degree = (int(part) for part in rest.split())
            heads.append((dimension, degree))
            generators.append([])
        elif word == "generator" and generators:
            generators[-1].append(ring.parse(rest).rename(names, target))
        elif word == "complete":
            complete = True
    if not complete:
        raise PolyconstraintsError(f"{system.name} {system.version} ended without an answer")
    return [
        Component(tuple(found), dimension, degree)
        for (dimension, degree), found in zip(heads, generators, strict=True)
    ]


# -- checking an answer -----------------------------------------------------------------------

#: Largest numerator and denominator that residues are taken for.
_LARGEST = 100

_ATTEMPTS = 40

#: Branches up to which a component's equations are reduced to find a point of it.
_BRANCHES = 200


@dataclass(frozen=True)
class Check:
    """How an answer fares.

    Attributes
    ----------
    solutions : tuple of bool or None
        For each component, whether a random point of it satisfies the equations; None where
        no point was found.
    covered : int
        How many of the given points lie on some component.
    points : int
        How many points were given.
    """

    solutions: tuple[bool | None, ...]
    covered: int
    points: int

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the answer."""
        return False not in self.solutions and self.covered == self.points


def contains(component: Component, point: Mapping[str, int], prime: int) -> bool:
    """Return whether a point modulo the prime is a zero of a component's ideal."""
    return all(residue(generator, point, prime) == 0 for generator in component.generators)


def check_decomposition(
    decomposition: Decomposition,
    equations: Sequence[Polynomial],
    points: Iterable[Mapping[str, int]],
) -> Check:
    """Check that components hold solutions only, and that given solutions are in components.

    Parameters
    ----------
    decomposition : Decomposition
    equations : sequence of Polynomial
        What was decomposed.
    points : iterable of mapping
        Solutions modulo the decomposition's prime, by variable.
    """
    prime = decomposition.prime
    solutions: list[bool | None] = []
    for component in decomposition.components:
        point = component_point(component, prime)
        solutions.append(
            None if point is None else all(residue(e, point, prime) == 0 for e in equations)
        )
    inside = [
        any(contains(component, point, prime) for component in decomposition.components)
        for point in points
    ]
    return Check(tuple(solutions), sum(inside), len(inside))


def component_point(component: Component, prime: int, seed: int = 0) -> dict[str, int] | None:
    """Return a random point of a component modulo the prime, or None if none is found.

    The generators' residues are taken for small fractions, which is right for components
    that are defined over the rationals; their equations are then reduced to branches, and a
    point of a branch of the component's dimension is a random point.
    """
    ring = component.generators[0].ring if component.generators else None
    rng = np.random.default_rng([seed, prime])
    if ring is None:
        return None
    lifted = [
        generator.map_coefficients(lambda c: _fraction(int(c), prime))
        for generator in component.generators
    ]
    reduction = reduce_equations(ring, lifted, max_branches=_BRANCHES)
    case = reduction.largest()
    if case is None or reduction.case_dimension(case) != component.dimension:
        return None
    for _ in range(_ATTEMPTS):
        point = reduction.point(case, prime, rng)
        if point is not None and contains(component, point, prime):
            return point
    return None


def _fraction(value: int, prime: int) -> Fraction | int:
    """Return the fraction with small numerator and denominator that a residue stands for."""
    for denominator in range(1, _LARGEST):
        numerator = value * denominator % prime
        numerator = numerator - prime if numerator > prime // 2 else numerator
        if abs(numerator) < _LARGEST:
            return Fraction(numerator, denominator)
    return value
