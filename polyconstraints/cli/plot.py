"""``polyconstraints plot`` and ``report``: pictures, and one page, about a network."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from polyconstraints.cli.options import (
    ascii_option,
    choice,
    command,
    network_options,
    option,
)
from polyconstraints.cli.parameters import integer, integer_range
from polyconstraints.cli.request import Request
from polyconstraints.errors import UsageError

if TYPE_CHECKING:
    from polyconstraints.render.figures.picture import Picture
    from polyconstraints.render.figures.plot import View
    from polyconstraints.render.figures.strata_graph import StrataGraph


@command(
    "polyconstraints plot -n 4 --indices redundant --compare paper",
    "polyconstraints plot map.json -o map.svg",
    "polyconstraints strata -n 3 -d 2 --format json | polyconstraints plot --view strata -",
    formats=("text", "svg", "png", "pdf", "tikz", "json"),
)
@click.argument("source", required=False, metavar="[FILE]")
@choice(
    "--view",
    ("blocks", "graph", "strata"),
    "Weights in blocks, the network's graph, or the strata in FILE.",
)
@network_options()
@option(
    "--layers",
    partial(integer_range, least=0),
    "RANGE",
    "Draw the blocks of these layers only, from 0.",
)
@option("--outputs", integer_range, "RANGE", "Draw the blocks of these outputs only, from 1.")
@option(
    "--units",
    integer,
    "N",
    "Units of a level that the graph shows at most.  [default: 3; linear layers: 6]",
)
@option(
    "--scale",
    click.FloatRange(0.1, 10),
    "S",
    "Pixels of a PNG for each unit of the SVG.",
    default=2.0,
)
@click.option(
    "--title/--no-title", default=True, help="Whether the picture says at its top what it shows."
)
@ascii_option("in text")
def plot(
    request: Request,
    source: str | None,
    view: View,
    layers: tuple[int, ...] | None,
    outputs: tuple[int, ...] | None,
    units: int | None,
    scale: float,
    title: bool,
) -> None:
    """Draw a tying map: FILE, or that of the network that the options describe.

    The block picture has n blocks of n × n weights for each layer, one colour and number for
    each class. In the graph edges are weights, coloured by class; of wide levels it shows the
    first few units and the last. For strata FILE is what `strata --format json` wrote. PNG
    and PDF need the extra 'plot'; TikZ is a picture for LaTeX.
    """
    from polyconstraints.cli.output import write_bytes, write_text
    from polyconstraints.render.figures.plot import drawing

    kind, file = request.output_format, request.output_file
    chosen: dict[str, Any] = {"layers": layers, "outputs": outputs, "units": units}
    picture: Picture
    if view == "strata":
        if source is None:
            raise UsageError("expected a document of strata, got none", "FILE")
        for name, value in chosen.items():
            if value is not None:
                raise UsageError(f"expected none for strata, got {value}", name)
        picture = _strata(source)
    else:
        picture = drawing(request.tying_map(source, "picture"), view, **chosen)
    if kind == "text":
        write_text(_text(picture, file, request.ascii), file)
    elif kind == "json":
        request.write(picture.to_json, ())
    else:
        drawn = picture.drawn(kind, scale=scale, titled=title)
        if isinstance(drawn, str):
            request.write(None, drawn)
        else:
            write_bytes(drawn, file)


def _strata(file: str) -> StrataGraph:
    from polyconstraints.io.files import load_json
    from polyconstraints.render.figures.strata_graph import StrataGraph

    return StrataGraph.read(load_json(file), file)


def _text(picture: Picture, file: str | None, ascii: bool) -> Iterator[str]:
    """Yield the lines of a picture, for whoever watches."""
    import shutil
    import sys

    from polyconstraints.cli.console import audience, color_wanted, make_console
    from polyconstraints.cli.output import fitted
    from polyconstraints.render.figures.blocks import BlockPicture
    from polyconstraints.render.figures.picture import COLUMNS
    from polyconstraints.render.words import to_ascii

    watched = audience(file) == "terminal"
    width = shutil.get_terminal_size().columns if watched else COLUMNS
    colored = file is None and color_wanted(sys.stdout) and not ascii
    if colored and isinstance(picture, BlockPicture):
        # Blocks are no wider than the terminal; what is longer is folded between words.
        console = make_console(sys.stdout)
        for line in picture.rich(width):
            with console.capture() as captured:
                console.print(line)
            yield captured.get()
        return
    for text in picture.text(width):
        shown = to_ascii(text) if ascii else text
        yield f"{fitted(shown, width) if watched else shown}\n"


@command(
    "polyconstraints report -n 3 -d 2 --bias -o page.html",
    "polyconstraints report map.json -o page.html",
    "polyconstraints report -n 3 -d 2 --scope network --strata strata.json -o page.html",
    formats=("html", "json"),
)
@click.argument("source", required=False, metavar="[FILE]")
@network_options()
@option("--strata", None, "FILE", "Show these strata, too: what 'strata --format json' wrote.")
def report(request: Request, source: str | None, strata: str | None) -> None:
    """Write one HTML page about a tying map: FILE, or that of a network.

    The page shows the network, its polynomials and constraints, the picture of its weights
    with the reason why each is tied, and holds the tying map to download. It works from disk
    and fetches nothing. In JSON the counts are written, as 'derive' does.
    """
    import shlex
    import sys

    from polyconstraints.render.report import Report

    typed = shlex.join(["polyconstraints", *sys.argv[1:]])
    more: dict[str, Any] = {"strata": strata and _strata(strata), "command": typed}
    if request.described_beside(source):
        page = Report.of_problem(*request.problem_with_room("page"), **more)
    else:
        page = Report.of_map(request.tying_map(source), **more)
    request.write(page.to_json, page.html() if request.output_format == "html" else "")
