"""Other systems' answers: SymPy's Gröbner bases, and components by Singular or Macaulay2.

Components are checked by substituting points of our own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import le
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from polyconstraints.algebra import Polynomial, PolynomialRing
from polyconstraints.errors import PolyconstraintsError
from polyconstraints.variety.equations.branch import residue
from polyconstraints.variety.equations.reduce import reduce_equations

if TYPE_CHECKING:
    from flint import fmpz_poly

# -- programs that run for so long only -----------------------------------------------------------

#: Starts a program in a group of its own and reads a pipe whose other end this process holds. When
#: the pipe closes, because the time is up or this process has ended in whatever way, it kills the
#: group.
_SUPERVISOR = """
import os, signal, subprocess, sys, threading
with open(sys.argv[1], "rb") as given:
    program = subprocess.Popen(sys.argv[2:], stdin=given, start_new_session=True)
def end():
    try:
        os.killpg(program.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
def watch():
    sys.stdin.buffer.read()
    end()
threading.Thread(target=watch, daemon=True).start()
status = program.wait()
end()
os._exit(status if 0 <= status < 128 else 128)
"""


def run(
    command: Sequence[str], text: str, time_limit: float
) -> subprocess.CompletedProcess[str] | None:
    """Run a program in an empty directory and return how it ended, or None if time ran out.

    The command is an executable's absolute path with arguments (an OSError if there is none),
    the text what the program finds on its standard input; the limit is in seconds.
    """
    if not Path(command[0]).is_file():
        raise FileNotFoundError(command[0])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given, output, errors = (folder / part for part in ("input", "output", "errors"))
        given.write_text(text, "utf-8")
        work = folder / "work"
        work.mkdir()
        with output.open("wb") as out, errors.open("wb") as err:
            supervisor = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _SUPERVISOR, str(given), *command],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                cwd=work,
                start_new_session=True,
            )
            try:
                status = supervisor.wait(time_limit)
            except subprocess.TimeoutExpired:
                return None
            finally:
                if supervisor.stdin is not None:
                    supervisor.stdin.close()
                supervisor.wait()
        texts = (p.read_text("utf-8", "replace") for p in (output, errors))
        return subprocess.CompletedProcess(command, status, *texts)


# -- Gröbner bases by SymPy -----------------------------------------------------------------------

Exponents = tuple[int, ...]

#: What the child process runs: polynomials in, leading monomials out.
_CHILD = """
import json, sys
from sympy import Poly, Symbol, grevlex, groebner
job = json.load(sys.stdin)
names = [Symbol(name) for name in job["names"]]
options = {"modulus": job["prime"]} if job["prime"] else {}
polys = [Poly.from_dict({tuple(e): c for e, c in terms}, *names).as_expr()
         for terms in job["polynomials"]]
basis = groebner(polys, *names, order="grevlex", **options)
json.dump([list(map(int, max(p.monoms(), key=grevlex))) for p in basis.polys], sys.stdout)
"""


class GroebnerBasis(NamedTuple):
    """What a Gröbner basis shows of its ideal; -1 and 0 if it is the whole ring."""

    dimension: int
    degree: int


def groebner_basis(
    equations: Sequence[Polynomial], time_limit: float, prime: int | None = None
) -> GroebnerBasis | None:
    """Find a Gröbner basis of some polynomials, or return None when the time is up.

    Modulo a prime that is far faster, and the dimension is that over the rationals for all but
    finitely many primes.
    """
    listed = [equation.primitive() for equation in equations if not equation.is_zero]
    names = list(dict.fromkeys(name for equation in listed for name in equation.variables()))
    if not names:
        return GroebnerBasis(-1, 0) if listed else GroebnerBasis(0, 1)
    ring = PolynomialRing(names)
    terms = [equation.to_ring(ring).terms() for equation in listed]
    job = json.dumps({"names": names, "prime": prime, "polynomials": terms})
    # Without -P a file sympy.py in the current directory would be taken for SymPy.
    done = run([sys.executable, "-P", "-c", _CHILD], job, time_limit)
    if done is None:
        return None
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        raise RuntimeError(f"SymPy's Gröbner basis failed: {' '.join(last)}")
    leading = [tuple(exponents) for exponents in json.loads(done.stdout)]
    return GroebnerBasis(*dimension_and_degree(leading, len(names)))


def dimension_and_degree(leading: Sequence[Exponents], variables: int) -> tuple[int, int]:
    """Return the dimension and the degree of the ideal that some monomials generate.

    With the leading monomials of a Gröbner basis for an order by degree, those of the basis'
    ideal: -1 and 0 for the whole ring, otherwise the degree of the top-dimensional part, with
    multiplicities.

    The Hilbert series is K(t)/(1-t)^n with the polynomial K found by deletion: K of
    (m_1, …, m_r) is K of (m_1, …, m_{r-1}) less t^deg(m_r) times K of the quotient by m_r.
    Exponential in the number of monomials at worst; meant for small bases.
    """
    from flint import fmpz_poly

    numerator = _numerator(_minimal(leading))
    if numerator.degree() < 0:
        return -1, 0
    # Divide out 1 - t as often as possible: t = 1 is a zero of so high an order.
    dimension = variables
    while numerator(1) == 0:
        numerator //= fmpz_poly([1, -1])
        dimension -= 1
    return dimension, int(numerator(1))


def _minimal(monomials: Sequence[Exponents]) -> list[Exponents]:
    """Return the monomials that no other one divides."""
    kept: list[Exponents] = []
    for monomial in sorted(set(monomials), key=lambda m: (sum(m), m)):
        if not any(all(map(le, other, monomial)) for other in kept):
            kept.append(monomial)
    return kept


def _numerator(monomials: list[Exponents]) -> fmpz_poly:
    from flint import fmpz_poly

    if not monomials:
        return fmpz_poly([1])
    *rest, last = monomials
    quotient = [tuple(max(0, a - b) for a, b in zip(other, last, strict=True)) for other in rest]
    shift = fmpz_poly([0] * sum(last) + [1])
    return _numerator(rest) - shift * _numerator(_minimal(quotient))


# -- components by Macaulay2 or Singular ----------------------------------------------------------

SystemName = Literal["macaulay2", "singular"]

#: The characteristic in which ideals are decomposed: the largest prime that both systems'
#: fast arithmetic takes.
PRIME = 32003

_EXECUTABLES: dict[SystemName, str] = {"macaulay2": "M2", "singular": "Singular"}

#: Seconds that a system may take to say its version.
_PATIENCE = 60

#: What finds components, each with generators.
_COMPONENTS: dict[SystemName, str] = {
    "macaulay2": """
R = ZZ/{prime}[{names}];
I = ideal({equations});
L = decompose I;
scan(L, J -> (print("component " | toString dim J | " " | toString degree J);
  scan(first entries gens J, f -> print("generator " | toString f))));
print "complete";
""",
    "singular": """
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
""",
}

#: What finds the dimension of an ideal over the rationals, -1 for the whole ring, and no degree.
_DIMENSION: dict[SystemName, str] = {
    "macaulay2": """
R = QQ[{names}];
print("component " | toString dim ideal({equations}) | " 0");
print "complete";
""",
    "singular": """
ring R = 0, ({names}), dp;
ideal I = {equations};
print("component " + string(dim(std(I))) + " 0");
print("complete");
quit;
""",
}


@dataclass(frozen=True)
class System:
    """An installed computer algebra system: the path is that of its executable."""

    name: SystemName
    path: str
    version: str


@dataclass(frozen=True)
class Component:
    """An irreducible component: generators of its prime ideal, with residues as coefficients."""

    generators: tuple[Polynomial, ...]
    dimension: int
    degree: int


@dataclass(frozen=True)
class Decomposition:
    """The irreducible components of an ideal over a finite field.

    The largest dimension comes first, then the smallest degree.
    """

    system: System
    prime: int
    components: tuple[Component, ...]


def find_systems() -> list[System]:
    """Return the systems on the PATH, Macaulay2 before Singular."""
    found = []
    for name, executable in _EXECUTABLES.items():
        path = shutil.which(executable)
        if path is not None:
            path = os.path.abspath(path)
            version = _version(path)
            if version is not None:
                found.append(System(name, path, version))
    return found


def _version(path: str) -> str | None:
    """Return what an executable calls its version, or None if it doesn't work."""
    try:
        done = run([path, "--version"], "", _PATIENCE)
    except OSError:
        return None
    number = done and re.search(r"[0-9]+(?:\.[0-9a-z]+)+", done.stdout)
    return number.group(0) if number else None


def decompose(
    system: System,
    equations: Sequence[Polynomial],
    variables: Sequence[str],
    time_limit: float,
    prime: int = PRIME,
) -> Decomposition | None:
    """Return the irreducible components of the zeros of some polynomials over GF(prime).

    None when the time is up. The prime must divide no denominator of a coefficient.
    """
    found = _answer(system, _COMPONENTS, equations, variables, time_limit, prime)
    return None if found is None else Decomposition(system, prime, tuple(sorted(found, key=_order)))


def ideal_dimension(
    system: System | None, equations: Sequence[Polynomial], time_limit: float
) -> int | None:
    """Return the dimension of the complex zeros of some polynomials, or None when the time is up.

    -1 where there are none: the ideal is the whole ring. By SymPy where no system is given.

    Examples
    --------
    >>> from polyconstraints.algebra import ring
    >>> R, x, y = ring("x, y")
    >>> ideal_dimension(None, [x * y - 1, x**2 * y], time_limit=60)
    -1
    """
    if system is None:
        basis = groebner_basis(equations, time_limit)
        return None if basis is None else basis.dimension
    occurring = dict.fromkeys(name for equation in equations for name in equation.variables())
    found = _answer(system, _DIMENSION, equations, list(occurring) or ["x"], time_limit)
    return None if found is None else found[0].dimension


def _answer(
    system: System,
    scripts: Mapping[SystemName, str],
    equations: Sequence[Polynomial],
    variables: Sequence[str],
    time_limit: float,
    prime: int = 0,
) -> list[Component] | None:
    """Return the components that a system's script prints, or None when the time is up."""
    short = {name: f"w{at}" for at, name in enumerate(variables)}
    long = {new: name for name, new in short.items()}
    ring, target = PolynomialRing(list(long)), PolynomialRing(list(variables))
    texts = [
        e.primitive().to_ring(target).rename(short, ring).to_text() for e in equations if len(e)
    ]
    script = scripts[system.name].format(
        prime=prime, names=",".join(long), equations=",\n".join(texts or ["0"])
    )
    arguments = ["--script"] if system.name == "macaulay2" else ["-q", "--no-rc"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script"
        file.write_text(script, "utf-8")
        done = run([system.path, *arguments, str(file)], "", time_limit)
    if done is None:
        return None
    found: list[Component] = []
    complete = False
    for line in done.stdout.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "component":
            dimension, degree = map(int, rest.split())
            found.append(Component((), dimension, degree))
        elif word == "generator" and found:
            generator = ring.parse(rest).rename(long, target)
            found[-1] = replace(found[-1], generators=(*found[-1].generators, generator))
        elif word == "complete":
            complete = True
    if not complete:
        raise PolyconstraintsError(f"{system.name} {system.version} ended without an answer")
    return found


def _order(component: Component) -> tuple[int, int, list[str]]:
    return -component.dimension, component.degree, [str(g) for g in component.generators]


# -- checking an answer -----------------------------------------------------------------------

#: Largest numerator and denominator that residues are taken for.
_LARGEST = 100

_ATTEMPTS = 40

#: Branches up to which a component's equations are reduced to find a point of it.
_BRANCHES = 200


@dataclass(frozen=True)
class Check:
    """How an answer fares."""

    #: For each component, whether a random point of it satisfies the equations; None where no point
    #: was found.
    solutions: tuple[bool | None, ...]
    #: How many of the given points lie on some component, and how many were given.
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

    The solutions are given modulo the decomposition's prime, by variable.
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
    if not component.generators:
        return None
    rng = np.random.default_rng([seed, prime])
    lifted = [
        generator.map_coefficients(lambda c: _fraction(int(c), prime))
        for generator in component.generators
    ]
    reduction = reduce_equations(lifted[0].ring, lifted, max_branches=_BRANCHES)
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
