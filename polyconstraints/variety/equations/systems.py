"""Singular and Macaulay2, where they are installed: irreducible decomposition."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from polyconstraints.algebra import Polynomial, PolynomialRing
from polyconstraints.errors import PolyconstraintsError

__all__ = ["PRIME", "Component", "Decomposition", "System", "decompose", "find_systems"]

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
        version = None if path is None else _version(path)
        if path is not None and version is not None:
            found.append(System(name, path, version))
    return found


def _version(path: str) -> str | None:
    """Return what an executable calls its version, or None if it doesn't work."""
    try:
        done = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    number = re.search(r"[0-9]+(?:\.[0-9a-z]+)+", done.stdout)
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
        try:
            done = subprocess.run(
                [system.path, *arguments, str(file)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=time_limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
    return done.stdout


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
