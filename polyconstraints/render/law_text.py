"""What holds for every number of inputs, as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from polyconstraints.classes.any_network import AnyNetwork
from polyconstraints.classes.law import Law
from polyconstraints.render.words import layers_in_words

__all__ = ["law_text"]


def law_text(network: AnyNetwork) -> Iterator[str]:
    """Yield the laws of a network line by line.

    Examples
    --------
    >>> print("".join(law_text(AnyNetwork(layer="linear"))), end="")
    network     1 linear layer, any number n of inputs
    symmetry    equivariant under S, each layer on its own
    weights     n^2 for n ≥ 1
    distinct    2 for n ≥ 2, 1 for n = 1
    dimension   2 for n ≥ 2, 1 for n = 1
    functions   2 for n ≥ 2, 1 for n = 1
    rank        n^2 - 2 for n ≥ 2, 0 for n = 1
    <BLANKLINE>
    layer  class  weight                  from  weights
        0      0  W0_a_a                 n = 1  n
        0      1  W0_a_b                 n = 2  n^2 - n
    <BLANKLINE>
    Different letters stand for different indices.
    """
    for name, value in _facts(network):
        parts = _lines(value)
        yield f"{name:<10}  {parts[0]}\n"
        yield from (f"{'':<10}  {part}\n" for part in parts[1:])
    if not network.bounded:
        yield "\nThe number of distinct weights grows with n: there is no finite list of them.\n"
        return
    yield "\nlayer  class  weight                  from  weights\n"
    for document in network.to_json()["layers"]:
        for pattern in document["patterns"]:
            least = ", ".join(f"{name} = {size}" for name, size in pattern["from"].items())
            yield (
                f"{document['layer']:>5}  {pattern['class']:>5}  {pattern['text']:<16}  "
                f"{least:>10}  {pattern['weights']}\n"
            )
    yield "\nDifferent letters stand for different indices.\n"


#: Pieces of a law that stand on one line.
_PIECES = 4


def _lines(value: str | Law) -> list[str]:
    """Return a fact in lines: a law of many pieces takes one for each."""
    if isinstance(value, str):
        return [value]
    pieces = value.piece_texts()
    return pieces if len(pieces) > _PIECES else [", ".join(pieces)]


def _facts(network: AnyNetwork) -> Iterator[tuple[str, str | Law]]:
    names = [sort.name for sort in network.sorts if sort.size is None]
    inputs = "any number n of inputs" if names == ["n"] else f"any {' and '.join(names)}"
    if set(network.spaces.channels) != {1}:
        inputs += f", channels {' -> '.join(map(str, network.spaces.channels))}"
    yield "network", f"{layers_in_words(network)}, {inputs}"
    yield "symmetry", f"{network.kind} under {network.group}, each layer on its own"
    if len(network.sorts) > 1:
        sizes = ", ".join(
            f"{sort.name} of {'any size' if sort.size is None else f'size {sort.size}'}"
            for sort in network.sorts
        )
        yield "groups", sizes
    yield "weights", network.total
    yield "distinct", network.distinct
    yield "dimension", network.dimension
    functions = network.function_dimension
    yield "functions", "not known for more than one layer" if functions is None else functions
    yield "rank", network.total - network.dimension
