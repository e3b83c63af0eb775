"""The block picture: n blocks of n × n weights a layer, each weight with its class.

The paper describes this picture in words after its table (22).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from polyconstraints.errors import TooLargeError, UsageError
from polyconstraints.render.figures.layer_picture import LayerPicture, layer_picture
from polyconstraints.render.figures.layer_scene import MARGIN, ROW, LayerDrawing, described
from polyconstraints.render.figures.layer_text import layer_text
from polyconstraints.render.figures.scene import Drawing, Scene
from polyconstraints.render.words import network_in_words, symmetry_in_words
from polyconstraints.tying import TyingMap

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["MAX_WEIGHTS", "BlockPicture", "block_picture"]

#: Weights of the largest network that is drawn: 10 MB of SVG, some 20 seconds.
MAX_WEIGHTS = 5_000_000


@dataclass(frozen=True, eq=False)
class BlockPicture:
    """The block picture of a tying map.

    Attributes
    ----------
    tying : TyingMap
    layers : tuple of LayerPicture
    """

    tying: TyingMap
    layers: tuple[LayerPicture, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``plot``."""
        return {
            "schema": "polyconstraints/plot/1",
            "view": "blocks",
            "network": self.tying.network.to_json(),
            "symmetry": self.tying.symmetry.to_json(),
            "layers": [layer.to_json() for layer in self.layers],
        }

    def text(self, width: int = 80) -> Iterator[str]:
        r"""Yield the picture as lines without colour, the class of each weight as a number.

        Blocks too wide for numbers have one character a cell: digits, then letters.

        Parameters
        ----------
        width : int
            Columns to fill with blocks side by side.

        Examples
        --------
        >>> import polyconstraints as pc
        >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(3))
        >>> tying = pc.derive(pc.NetworkSpec(3), symmetry).tying_map()
        >>> print("\n".join(list(block_picture(tying).text())[3:9]))
        Layer 0: 18 weights, 4 classes
        k = 1    k = 2    k = 3
        0 · ·    2 · ·    2 · ·
        1 2 ·    1 0 ·    3 2 ·
        1 3 2    3 1 2    1 1 0
        c0: k = i = j (3 weights)
        """
        for text in self.rich(width, color=False):
            yield text.plain.rstrip()

    def rich(self, width: int = 80, *, color: bool = True) -> Iterator[Text]:
        """Yield the picture as lines for a rich console.

        Parameters
        ----------
        width : int
            Columns to fill with blocks side by side.
        color : bool
            Whether cells have their class's colour behind them. If so, blocks too wide for
            numbers are drawn with half blocks, two rows of cells a line.
        """
        from rich.text import Text

        yield Text(network_in_words(self.tying.network))
        yield Text(symmetry_in_words(self.tying.symmetry))
        for layer in self.layers:
            yield Text()
            yield from layer_text(layer, width, color)

    def scene(self, width: float = 1000) -> Scene:
        """Return the picture: every layer's blocks, each with its legend.

        Parameters
        ----------
        width : float
            About how wide the picture may become.
        """
        network = network_in_words(self.tying.network)
        symmetry = symmetry_in_words(self.tying.symmetry)
        whole = Drawing()
        whole.text(MARGIN, MARGIN + 12, network)
        whole.text(MARGIN, MARGIN + ROW + 12, symmetry)
        whole.bottom = MARGIN + 2 * ROW
        for layer in self.layers:
            drawing = LayerDrawing(layer, width, titled=True)
            drawing.draw(whole.bottom + 12)
            whole.add(drawing)
        description = ". ".join([symmetry, *map(described, self.layers)])
        return whole.finished(f"Classes of weights, {network}", description, MARGIN)


def block_picture(
    tying: TyingMap, layers: Sequence[int] | None = None, outputs: Sequence[int] | None = None
) -> BlockPicture:
    """Return the block picture of a tying map.

    Parameters
    ----------
    tying : TyingMap
    layers, outputs : sequence of int, optional
        Which layers and which outputs of each are shown, from 0; all unless given.

    Raises
    ------
    UsageError
        If a layer or output does not exist.
    TooLargeError
        If the network has more weights than anybody could look at.
    """
    if tying.network.weights > MAX_WEIGHTS:
        raise TooLargeError(
            f"expected at most {MAX_WEIGHTS} weights to draw, got {tying.network.weights}: fewer "
            "inputs show the same patterns"
        )
    count = len(tying.layers)
    shown = range(count) if layers is None else sorted(set(layers))
    for index in shown:
        if not 0 <= index < count:
            raise UsageError(f"expected a layer from 0 to {count - 1}, got {index}", "layers")
    return BlockPicture(tying, tuple(layer_picture(tying, index, outputs) for index in shown))
