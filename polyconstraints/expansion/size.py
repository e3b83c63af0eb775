"""What an expansion costs: its tables against a limit, before they are built."""

from __future__ import annotations

from math import log10

from polyconstraints.errors import TooLargeError
from polyconstraints.expansion.counting import LayerSize, count_terms, expanded_layers, term_bound
from polyconstraints.memory import default_limit, format_size
from polyconstraints.spec.network import NetworkSpec

__all__ = [
    "MOST_DEGREE",
    "allowing",
    "check_degree",
    "check_tables",
    "many",
    "table_bytes",
    "table_edges",
]

#: Bytes that the tables take for each edge while they are built and sorted: coefficient,
#: child and sorted place remain (20), the rest are intermediate arrays of one or two words.
_BYTES_PER_EDGE = 56

#: Bytes for each state of a level: its exponents as an array and, for a while, as a list.
_BYTES_PER_STATE = 300

#: What Python and NumPy take before anything is computed.
_BYTES_AT_START = 40 << 20

#: Largest degree in the inputs that is worked with; the bound for the number of terms of
#: one beyond it has thousands of digits.
MOST_DEGREE = 1 << 12


def many(number: int) -> str:
    """Return a number in full where that is readable, otherwise its order of magnitude.

    Examples
    --------
    >>> many(666775), many(107453578649336647228381), many(10**5000)
    ('666775', '1.07e23', '1.00e5000')
    """
    if number < 10**12:
        return str(number)
    logarithm = log10(number)
    digits = f"{10 ** (logarithm % 1):.2f}"
    return f"{digits}e{int(logarithm)}" if digits != "10.00" else f"1.00e{int(logarithm) + 1}"


def table_edges(network: NetworkSpec) -> int:
    """Return the number of rows of all tables of an expansion."""
    return sum(layer.edges for layer in expanded_layers(network))


def table_bytes(network: NetworkSpec) -> int:
    """Return how many bytes of memory the tables of an expansion take at most, roughly.

    Examples
    --------
    >>> table_bytes(NetworkSpec(4, depth=3, bias=True)) < 100 * 2**20
    True
    """
    layers: list[LayerSize] = expanded_layers(network)
    edges = table_edges(network)
    states = sum(layer.states for layer in layers)
    # For each shape and monomial of the first layer there is a place in the sorted edges.
    places = (layers[0].shapes + 1) * (layers[0].states + 1)
    return _BYTES_AT_START + _BYTES_PER_EDGE * edges + _BYTES_PER_STATE * states + 2 * 8 * places


def check_degree(network: NetworkSpec) -> None:
    """Refuse a network so deep that even its size cannot be worked out.

    Raises
    ------
    TooLargeError
    """
    if network.layer == "quadratic" and network.depth > MOST_DEGREE.bit_length() - 1:
        raise TooLargeError(
            f"expected a degree in the inputs of at most {MOST_DEGREE}, got 2^{network.depth}: "
            f"a smaller --depth allows it"
        )


def check_tables(network: NetworkSpec, memory_limit: int | None = None) -> None:
    """Refuse an expansion whose tables would not fit into memory.

    Parameters
    ----------
    network : NetworkSpec
    memory_limit : int, optional
        Bytes; half of the free memory unless given.

    Raises
    ------
    TooLargeError
        With the predicted terms and bytes, and the option that would allow it.

    Examples
    --------
    >>> check_tables(NetworkSpec(8, depth=4, bias=True), memory_limit=2**33)
    Traceback (most recent call last):
        ...
    polyconstraints.errors.TooLargeError: expected tables of at most 8.0 GiB, got 12.1 PiB for \
an expansion of 8.60e23 terms: --memory-limit 13PiB would allow them
    """
    check_degree(network)
    limit = default_limit() if memory_limit is None else memory_limit
    needed = table_bytes(network)
    if needed <= limit:
        return
    terms = count_terms(network)
    outputs = network.units[-1]
    size = (
        f"at most {many(outputs * term_bound(network))}" if terms is None else many(outputs * terms)
    )
    raise TooLargeError(
        f"expected tables of at most {format_size(limit)}, got {format_size(needed)} for an "
        f"expansion of {size} terms: --memory-limit {allowing(needed)} would allow them",
        terms=None if terms is None else outputs * terms,
        size=needed,
    )


def allowing(needed: int) -> str:
    """Return a round size that is large enough, as an option's value.

    Examples
    --------
    >>> allowing(5 * 2**30 + 1)
    '6GiB'
    """
    text = format_size(needed)
    number, unit = text.split(" ", 1)
    if unit == "EiB" or not number.replace(".", "").isdigit():
        return f"{needed}B"
    return f"{int(float(number)) + 1}{unit}"
