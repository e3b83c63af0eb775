"""``polyconstraints groups`` and ``reproduce``: what there is, and what the paper prints."""

from __future__ import annotations

import click

from polyconstraints.cli.options import command, option
from polyconstraints.cli.parameters import integer
from polyconstraints.cli.request import Request

#: Bytes a point: its images under a few generators, its orbit, and its name.
_BYTES_A_POINT = 250


@command(
    "polyconstraints groups",
    "polyconstraints groups -n 5 S C D",
    "polyconstraints groups 'S3xS2' 'pairs(S4)' 'grid(4,4,D4)'",
    formats=("text", "gap", "json"),
)
@click.argument("names", nargs=-1, metavar="[GROUP]...")
@option("-n --inputs points", integer, "N", "Number of points for S, A, C, D, trivial.")
def groups(request: Request, names: tuple[str, ...], points: int | None) -> None:
    """List how groups are written, or say what some GROUPs are.

    Each is shown with its number of points, its order, its orbits of points and its
    generators, as --group and --action number them.
    """
    from polyconstraints.errors import UsageError
    from polyconstraints.memory import require_memory
    from polyconstraints.render.tables import (
        described_groups,
        group_documents,
        groups_text,
        syntax_text,
    )

    if points is not None:
        needed = _BYTES_A_POINT * points
        require_memory(needed, request.memory_limit, f"permutations of {points} points")
    found = []
    for name in names:
        if name.strip().startswith("@"):
            if points is None:
                raise UsageError(f"expected a number of points for {name}, got none", "inputs")
            found.append((name.strip(), Request(group=name).choice(points).group))
        else:
            found += described_groups([name], points)
    found = found or described_groups()
    if request.output_format == "gap":
        text = "".join(f"# {name}\n{group.to_gap()};\n" for name, group in found)
    else:
        text = groups_text(found) if names else syntax_text(found)
    request.write(group_documents(found), text)


@command(
    "polyconstraints reproduce",
    "polyconstraints reproduce --only 22 --only 48",
    "polyconstraints reproduce --format json -o paper.json",
    formats=("text", "markdown", "json"),
)
@option(
    "--only",
    None,
    "ITEM",
    "Only this item, as 22 or 26-27; may be given several times.",
    multiple=True,
)
def reproduce(request: Request, only: tuple[str, ...]) -> None:
    """Compare every number, equation and listing of the paper with ours.

    The paper is YKY, "Permutation-invariant neural networks" (2019), from which this program
    comes. Each item is computed anew, and its verdict follows from the comparison: the same;
    corrected, where the paper is wrong; or incomplete, where what it prints is right but not
    all.
    """
    from shutil import get_terminal_size

    from polyconstraints.cli.console import audience
    from polyconstraints.render.verdicts import WIDTH, reproduction_markdown, reproduction_text
    from polyconstraints.reproduction import document
    from polyconstraints.reproduction import reproduce as reproduce_items

    watched = audience(request.output_file) == "terminal"
    width = get_terminal_size().columns if watched else WIDTH
    # A document is written item by item; lines would tear the bar.
    counted = request.counted("comparing", reproduce_items(only))
    items = counted if request.output_format == "json" else list(counted)
    markdown = request.output_format == "markdown"
    lines = reproduction_markdown(items) if markdown else reproduction_text(items, width)
    request.write(lambda: document(items), (f"{line}\n" for line in lines))
