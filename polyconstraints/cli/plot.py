"""``polyconstraints plot``: draw a tying map, its network, or strata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import (
    Integer,
    IntegerRange,
    common_options,
    network_options,
)
from polyconstraints.errors import UsageError

if TYPE_CHECKING:
    from polyconstraints.render.figures.scene import Picture
    from polyconstraints.tying import TyingMap

__all__ = ["plot"]

_FORMATS = ("text", "svg", "png", "json")

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
@click.option("--ascii", is_flag=True, show_default=False, help="No Unicode in text.")
@common_options(formats=_FORMATS)
@click.pass_context
def plot(context: click.Context, /, **options: Any) -> None:
    """Draw a tying map: FILE, or that of the network that the options describe.

    The block picture has n blocks of n × n weights for each layer, one colour and number for
    each class. In the graph edges are weights, coloured by class; of wide levels it shows the
    first few units and the last. For strata FILE is what `strata --format json` wrote. The
    format follows the output file's ending unless it is given. PNG needs the extra 'plot'.
    """
    from polyconstraints.cli.output import write_json

    kind = _format(context, options)
    picture = _picture(context, options)
    if kind == "json":
        write_json(picture.to_json(), options["output_file"])
    elif kind == "text":
        _write_text(picture, options)
    else:
        _write_scene(picture, kind, options)


def _format(context: click.Context, options: dict[str, Any]) -> str:
    """Return the format asked for, or that of the output file's ending."""
    given = context.get_parameter_source("output_format")
    kind: str = options["output_format"]
    file: str | None = options["output_file"]
    if given is click.core.ParameterSource.DEFAULT and file is not None:
        ending = file.rpartition(".")[2].lower()
        if ending in _FORMATS:
            return ending
    return kind


def _picture(context: click.Context, options: dict[str, Any]) -> Picture:
    from polyconstraints.render.figures.blocks import block_picture

    if options["view"] == "strata":
        from polyconstraints.io.files import load_json
        from polyconstraints.render.figures.strata_graph import strata_graph

        source = options["source"]
        if source is None:
            raise UsageError("expected a document of strata, got none", "FILE")
        return strata_graph(load_json(source), source)
    tying = _tying_map(context, options)
    if options["view"] == "graph":
        from polyconstraints.render.figures.network_graph import network_graph

        return network_graph(block_picture(tying), options["units"])
    outputs = options["outputs"]
    return block_picture(tying, options["layers"], outputs and [output - 1 for output in outputs])


def _tying_map(context: click.Context, options: dict[str, Any]) -> TyingMap:
    from polyconstraints.cli.source import file_or_problem

    problem = file_or_problem(context, options["source"], options)
    if problem is None:
        from polyconstraints.tying import TyingMap

        return TyingMap.load(options["source"])
    from polyconstraints.derivation import derive

    return derive(*problem).tying_map()


def _write_text(picture: Picture, options: dict[str, Any]) -> None:
    import shutil
    import sys

    from polyconstraints.cli.console import color_wanted, is_terminal, stdout_console
    from polyconstraints.cli.output import write_text
    from polyconstraints.render.figures.blocks import BlockPicture
    from polyconstraints.render.words import to_ascii

    file = options["output_file"]
    watched = file is None and is_terminal(sys.stdout)
    width = shutil.get_terminal_size().columns if watched else _COLUMNS
    colored = file is None and color_wanted(sys.stdout) and not options["ascii"]
    if colored and isinstance(picture, BlockPicture):
        console = stdout_console()
        for line in picture.rich(width):
            console.print(line, no_wrap=True, overflow="ignore", crop=False)
        return
    lines = picture.text(width)
    write_text("\n".join(map(to_ascii, lines) if options["ascii"] else lines), file)


def _write_scene(picture: Picture, kind: str, options: dict[str, Any]) -> None:
    from polyconstraints.cli.output import write_bytes, write_text
    from polyconstraints.render.figures.raster import scene_png
    from polyconstraints.render.figures.svg import scene_svg

    if kind == "svg":
        write_text(scene_svg(picture.scene()), options["output_file"])
    else:
        write_bytes(scene_png(picture.scene(), options["scale"]), options["output_file"])
