"""Pictures of what there is to be drawn: tying maps, networks' graphs and strata."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, Unpack

from polyconstraints.derivation import derive
from polyconstraints.errors import UsageError, explained
from polyconstraints.render.figures.blocks import block_picture
from polyconstraints.render.figures.network_graph import network_graph
from polyconstraints.render.figures.picture import Picture
from polyconstraints.spec import integer
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.problem import Words
from polyconstraints.tying import TyingMap

if TYPE_CHECKING:
    from polyconstraints.display import Drawn
    from polyconstraints.spec.groups import GroupLike
    from polyconstraints.spec.symmetry import Symmetry

View = Literal["blocks", "graph", "strata"]


def drawing(
    tying: TyingMap,
    view: View = "blocks",
    layers: Sequence[int] | None = None,
    outputs: Sequence[int] | None = None,
    units: int | None = None,
) -> Picture:
    """Return a picture of a tying map: see :func:`plot`, whose other arguments say which one."""
    if view not in ("blocks", "graph"):
        raise UsageError(f"expected blocks or graph, got {view!r}", "view")
    unused = {"units": units} if view == "blocks" else {"layers": layers, "outputs": outputs}
    for name, value in unused.items():
        if value is not None:
            raise UsageError(f"expected none for the {view}, got {value}", name)
    if view == "graph":
        return network_graph(block_picture(tying), units)
    return block_picture(
        tying,
        None if layers is None else _several(layers),
        None if outputs is None else [output - 1 for output in _several(outputs)],
    )


def _several(numbers: object) -> list[int]:
    """Return numbers of which one may be given alone."""
    return list(numbers) if isinstance(numbers, Iterable) else [integer(numbers, "outputs", 0)]


@explained
def plot(
    source: Drawn | NetworkSpec | None = None,
    symmetry: Symmetry | GroupLike | None = None,
    *,
    view: View = "blocks",
    layers: Sequence[int] | None = None,
    outputs: Sequence[int] | None = None,
    units: int | None = None,
    **words: Unpack[Words],
) -> Picture:
    r"""Draw a tying map, strata, or the map of a network that the arguments describe.

    Parameters
    ----------
    source : TyingMap, Derivation, Strata or NetworkSpec, optional
        What is drawn, unless keywords describe a network.
    symmetry, **words
        As for :func:`~polyconstraints.derive`.
    view : {"blocks", "graph"}
        A map's weights in blocks, or its network's graph; strata have one view.
    layers, outputs : sequence of int, optional
        Which layers, from 0, and outputs, from 1, the blocks show; all unless given.
    units : int, optional
        Units of a level that the graph shows at most.

    Returns
    -------
    Picture
        Notebooks show it; its ``save`` writes it to a file.

    Examples
    --------
    >>> print(*list(plot(n=3, layer="linear").text())[3:8], sep="\n")
    Layer 0: 9 weights, 2 classes
    0 1 1
    1 0 1
    1 1 0
    c0: k = i (3 weights)
    """
    how: dict[str, Any] = {"view": view, "layers": layers, "outputs": outputs, "units": units}
    if isinstance(source, NetworkSpec) or source is None:
        return drawing(derive(source, symmetry, **words).tying_map(), **how)
    if symmetry is not None or words:
        raise UsageError("expected no description of a network beside what is drawn", "symmetry")
    if not hasattr(source, "plot"):
        raise UsageError(f"expected a map, strata or a network, got {source!r:.40}", "source")
    chosen = {name: value for name, value in how.items() if value not in (None, "blocks")}
    picture: Picture = source.plot(**chosen)
    return picture
