"""``polyconstraints plot``: draw a tying map, its network, or strata."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import (
    Integer,
    IntegerRange,
    Request,
    ascii_option,
    common_options,
    network_options,
)
from polyconstraints.errors import UsageError

if TYPE_CHECKING:
    from polyconstraints.render.figures.blocks import BlockPicture
    from polyconstraints.render.figures.scene import Picture
    from polyconstraints.render.figures.strata_graph import StrataGraph

__all__ = ["plot"]

#: Columns that are filled with blocks where no terminal says how wide it is.
_COLUMNS = 100


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints plot -n 4 --indices redundant --compare paper",
        "polyconstraints plot map.json -o map.svg",
        "polyconstraints strata -n 3 -d 2 --format json | polyconstraints plot --view strata -",
    ],
)
@click.argument("source", required=False, metavar="[FILE]")
@click.option(
    "--view",
    type=click.Choice(("blocks", "graph", "strata")),
    default="blocks",
    help="Weights in blocks, the network's graph, or the strata in FILE.",
)
@network_options(required=False)
@click.option(
    "--layers",
    type=IntegerRange(0),
    metavar="RANGE",
    help="Draw the blocks of these layers only, from 0.",
)
@click.option(
    "--outputs",
    type=IntegerRange(1),
    metavar="RANGE",
    help="Draw the blocks of these outputs only, from 1.",
)
@click.option(
    "--units",
    type=Integer(1),
    metavar="N",
    help="Units of a level that the graph shows at most.  [default: 3; linear layers: 6]",
)
@click.option(
    "--scale",
    type=click.FloatRange(0.1, 10),
    default=2.0,
    metavar="S",
    help="Pixels of a PNG for each unit of the SVG.",
)
@ascii_option("in text")
@common_options(formats=("text", "svg", "png", "json"))
def plot(
    request: Request,
    source: str | None,
    view: str,
    layers: tuple[int, ...] | None,
    outputs: tuple[int, ...] | None,
    units: int | None,
    scale: float,
) -> None:
    """Draw a tying map: FILE, or that of the network that the options describe.

    The block picture has n blocks of n × n weights for each layer, one colour and number for
    each class. In the graph edges are weights, coloured by class; of wide levels it shows the
    first few units and the last. For strata FILE is what `strata --format json` wrote. The
    format follows the output file's ending unless it is given. PNG needs the extra 'plot'.
    """
    from polyconstraints.cli.output import write_bytes, write_json, write_text

    kind, file = request.output_format, request.output_file
    picture: Picture
    if view == "strata":
        picture = _strata(source)
    elif view == "graph":
        from polyconstraints.render.figures.network_graph import network_graph

        picture = network_graph(_blocks(request, source), units)
    else:
        picture = _blocks(request, source, layers, outputs)
    if kind == "json":
        write_json(picture.to_json(), file)
    elif kind == "text":
        _write_text(picture, file, request.ascii)
    elif kind == "svg":
        from polyconstraints.render.figures.scene import scene_svg

        write_text(scene_svg(picture.scene()), file)
    else:
        from polyconstraints.render.figures.raster import scene_png

        write_bytes(scene_png(picture.scene(), scale), file)


def _strata(source: str | None) -> StrataGraph:
    from polyconstraints.io.files import load_json
    from polyconstraints.render.figures.strata_graph import StrataGraph

    if source is None:
        raise UsageError("expected a document of strata, got none", "FILE")
    return StrataGraph.read(load_json(source), source)


def _blocks(
    request: Request,
    source: str | None,
    layers: tuple[int, ...] | None = None,
    outputs: tuple[int, ...] | None = None,
) -> BlockPicture:
    from polyconstraints.render.figures.blocks import block_picture

    tying = request.tying_map(source, "picture")
    return block_picture(tying, layers, outputs and [output - 1 for output in outputs])


def _write_text(picture: Picture, file: str | None, ascii: bool) -> None:
    import shutil
    import sys

    from polyconstraints.cli.console import color_wanted, is_terminal, stdout_console
    from polyconstraints.cli.output import write_text
    from polyconstraints.render.figures.blocks import BlockPicture
    from polyconstraints.render.words import to_ascii

    watched = file is None and is_terminal(sys.stdout)
    width = shutil.get_terminal_size().columns if watched else _COLUMNS
    colored = file is None and color_wanted(sys.stdout) and not ascii
    if colored and isinstance(picture, BlockPicture):
        console = stdout_console()
        for line in picture.rich(width):
            console.print(line, no_wrap=True, overflow="ignore", crop=False)
        return
    lines = picture.text(width)
    write_text("\n".join(map(to_ascii, lines) if ascii else lines), file)
