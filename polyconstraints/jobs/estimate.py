"""How large a job is, before it starts: terms, bytes and seconds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, TypedDict, Unpack

from polyconstraints.derivation import Derivation
from polyconstraints.expansion.counting import (
    count_terms,
    monomial_count,
    table_bytes,
    table_edges,
    term_bound,
)
from polyconstraints.io.strict_json import MAX_INTEGER_DIGITS
from polyconstraints.jobs import BATCH_STEPS
from polyconstraints.jobs.engines import cores
from polyconstraints.memory import allowing, default_limit, format_size, many, require_memory
from polyconstraints.schemas.writing import written
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.size import check_degree

Precision = Literal["exactly", "at most", "about"]


class _Cost(NamedTuple):
    """What a term costs in one format."""

    #: Measured at n = 3, d = 3 with bias on a server processor of 2.6 GHz: dominated by joining
    #: strings, and the same for other networks within a factor of two.
    seconds: float
    #: Bytes around the factors: a sign, a coefficient, what stands between terms.
    around: int
    #: Bytes around each factor.
    each: int


_COSTS = {
    "text": _Cost(0.9e-6, 4, 1),
    "latex": _Cost(1.1e-6, 5, 6),
    "sympy": _Cost(0.9e-6, 4, 1),
    "json": _Cost(2.5e-6, 46, 5),
}

#: Seconds for each edge of the tables, measured at n = 8, d = 3 with bias: sorting.
_SECONDS_AN_EDGE = 0.5e-6

#: Seconds to start a process and import what it needs.
_SECONDS_A_PROCESS = 0.5

#: Bytes of a character while text is put together: the parts and the whole, and a batch or
#: two that wait.
_COPIES = 4

#: Readers of JSON refuse integers with more digits, our own among them.
_MOST_IN_JSON = 10**MAX_INTEGER_DIGITS

#: Bytes of an exponent in the list of all monomials.
_BYTES_AN_EXPONENT = 9

#: Characters of coefficients that the writer of equalities remembers.
_REMEMBERED_BYTES = 1 << 26


@dataclass(frozen=True)
class Estimate:
    """What a job will take.

    The memory, in bytes, is that of all processes together; the result's size and the time are
    rough.
    """

    network: NetworkSpec
    terms: int
    precision: Precision
    monomials: int
    memory: int
    limit: int
    output: int
    seconds: float
    jobs: int

    @property
    def fits(self) -> bool:
        """Whether the memory suffices."""
        return self.memory <= self.limit

    def check(self) -> None:
        """Refuse the job if it would not fit."""
        what = f"an expansion of {self._terms_in_words()}"
        require_memory(self.memory, self.limit, what, self.terms)

    def _terms_in_words(self) -> str:
        known = "" if self.precision == "exactly" else f"{self.precision} "
        return f"{known}{many(self.terms)} terms"

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``estimate``."""
        return written(
            "results.Estimate",
            self,
            terms=self.terms if self.terms < _MOST_IN_JSON else None,
            exact=self.precision == "exactly",
            memory_bytes=self.memory,
            memory_limit=self.limit,
            output_bytes=self.output,
            seconds=float(f"{self.seconds:.2g}"),
        )

    def to_text(self) -> str:
        """Return the estimate for people, a line for each figure."""
        verdict = "fits" if self.fits else f"needs a memory limit of {allowing(self.memory)}"
        return (
            f"monomials in x   {many(self.monomials)}\n"
            f"terms            {self._terms_in_words().removesuffix(' terms')}\n"
            f"output           about {format_size(self.output)}\n"
            f"memory           about {format_size(self.memory)} of {format_size(self.limit)}: "
            f"{verdict}\n"
            f"time             about {_duration(self.seconds)} with --jobs {self.jobs}"
        )


class _How(TypedDict, total=False):
    """How a result is written: bytes of memory are half of what is free unless given."""

    format: str
    jobs: int
    memory_limit: int | None


def estimate_expansion(
    network: NetworkSpec,
    *,
    outputs: int | None = None,
    selected: bool = False,
    **how: Unpack[_How],
) -> Estimate:
    """Return what it takes to write an expansion, or so many of its outputs, or a selection.

    Refused are networks so deep that not even their size can be worked out.
    """
    terms, exact = _terms_of_an_output(network)
    terms *= outputs or network.units[-1]
    return _estimate(network, terms, "exactly" if exact and not selected else "at most", **how)


def estimate_derivation(derivation: Derivation, **how: Unpack[_How]) -> Estimate:
    """Return what it takes to write the equalities of a derivation.

    In network scope these are two coefficients each; in layer scope sums of few weights.
    """
    network = derivation.network
    if derivation.solved:
        layer = NetworkSpec(network.inputs, bias=network.bias, outputs=1)
        estimate = _estimate(layer, 2 * derivation.counts.distinct, "about", **how)
        return replace(estimate, network=network)
    of_an_output, _ = _terms_of_an_output(network)
    # Each equality has two coefficients, which are as long as the average one, roughly.
    terms = 2 * derivation.counts.distinct * of_an_output // monomial_count(network)
    return _estimate(network, terms, "about", 2 * _REMEMBERED_BYTES, **how)


def _terms_of_an_output(network: NetworkSpec) -> tuple[int, bool]:
    """Return how many terms an output has, or at most has, and whether that is exact."""
    check_degree(network)
    count = count_terms(network)
    return (term_bound(network), False) if count is None else (count, True)


def _estimate(
    network: NetworkSpec,
    terms: int,
    precision: Precision,
    extra: int = 0,
    *,
    format: str = "text",
    jobs: int = 1,
    memory_limit: int | None = None,
) -> Estimate:
    cost = _COSTS.get(format, _COSTS["text"])
    bytes_a_term = _bytes_a_term(network, cost)
    monomials = monomial_count(network)
    # The exponents of every monomial are listed.
    listed = _BYTES_AN_EXPONENT * monomials * network.units[0]
    batches = _COPIES * BATCH_STEPS * bytes_a_term
    several = jobs > 1
    writing = _as_float(terms) * cost.seconds / min(jobs, cores())
    building = _as_float(table_edges(network)) * _SECONDS_AN_EDGE * (1 + several)
    return Estimate(
        network,
        terms,
        precision,
        monomials,
        memory=(jobs + several) * (table_bytes(network) + listed + extra + batches),
        limit=default_limit() if memory_limit is None else memory_limit,
        output=terms * bytes_a_term,
        seconds=_SECONDS_A_PROCESS + writing + building,
        jobs=jobs,
    )


def _bytes_a_term(network: NetworkSpec, cost: _Cost) -> int:
    """Return how long a term is, roughly: a factor for each unit that it goes through."""
    size = cost.around
    for layer in network.layers:
        above = network.layers[0].degree ** (network.depth - 1 - layer.index)
        last = layer.index + 1 == network.depth
        # With a bias some of the factors are the constant unit.
        factors = 1 if last else -(-above * layer.inputs // layer.letters)
        size += factors * (len(layer.name(*(0,) * len(layer.shape))) + cost.each)
    return size


def _as_float(number: int) -> float:
    """Return a number of any size, cut off below what floating point can't hold."""
    return float(min(number, 10**300))


def _duration(seconds: float) -> str:
    """Return a time for people.

    Examples
    --------
    >>> _duration(3.2), _duration(250.0), _duration(1e5), _duration(1e12)
    ('3 seconds', '4 minutes', '28 hours', '3.2e+04 years')
    """
    units = (("seconds", 1, 120), ("minutes", 60, 120), ("hours", 3600, 48), ("days", 86400, 800))
    for unit, length, most in units:
        if seconds < most * length:
            return f"{max(1, round(seconds / length))} {unit}".replace("1 seconds", "1 second")
    return f"{seconds / 31_557_600:.2g} years"
