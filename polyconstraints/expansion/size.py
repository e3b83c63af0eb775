"""What an expansion costs: its tables against a limit, before they are built."""

from __future__ import annotations

from polyconstraints.expansion.counting import LayerSize, count_terms, expanded_layers, term_bound
from polyconstraints.memory import default_limit, many, require_memory
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.size import check_degree

#: Bytes that the tables take for each edge while they are built and sorted: coefficient,
#: child and sorted place remain (20), the rest are intermediate arrays of one or two words.
_BYTES_PER_EDGE = 56

#: Bytes for each state of a level: its exponents as an array and, for a while, as a list.
_BYTES_PER_STATE = 300

#: What Python and NumPy take before anything is computed.
_BYTES_AT_START = 40 << 20


def table_edges(network: NetworkSpec) -> int:
    """Return the number of rows of all tables of an expansion."""
    return sum(layer.edges for layer in expanded_layers(network))


def table_bytes(network: NetworkSpec) -> int:
    """Return how many bytes of memory the tables of an expansion take at most, roughly.

    >>> table_bytes(NetworkSpec(4, depth=3, bias=True)) < 100 * 2**20
    True
    """
    layers: list[LayerSize] = expanded_layers(network)
    edges = table_edges(network)
    states = sum(layer.states for layer in layers)
    # For each shape and monomial of the first layer there is a place in the sorted edges.
    places = (layers[0].shapes + 1) * (layers[0].states + 1)
    return _BYTES_AT_START + _BYTES_PER_EDGE * edges + _BYTES_PER_STATE * states + 2 * 8 * places


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
        With the predicted terms and bytes, and the limit that would allow it.

    Examples
    --------
    >>> check_tables(NetworkSpec(8, depth=4, bias=True), memory_limit=2**33)
    Traceback (most recent call last):
        ...
    polyconstraints.errors.TooLargeError: expected a job that fits into 8.0 GiB, got one that \
needs about 12.1 PiB for tables of an expansion of 8.60e23 terms: memory_limit=13PiB would allow it
    """
    check_degree(network)
    needed = table_bytes(network)
    if needed <= (default_limit() if memory_limit is None else memory_limit):
        return
    terms = count_terms(network)
    outputs = network.units[-1]
    bound = f"at most {many(outputs * term_bound(network))}"
    size = bound if terms is None else many(outputs * terms)
    require_memory(
        needed,
        memory_limit,
        f"tables of an expansion of {size} terms",
        None if terms is None else outputs * terms,
    )
