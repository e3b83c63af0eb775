"""``polyconstraints groups``: how groups are written, and what one is."""

from __future__ import annotations

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import Integer, Request, common_options

__all__ = ["groups"]

#: Bytes a point: its images under a few generators, its orbit, and its name.
_BYTES_A_POINT = 250


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints groups",
        "polyconstraints groups -n 5 S C D",
        "polyconstraints groups 'S3xS2' 'pairs(S4)' 'grid(4,4,D4)'",
    ],
)
@click.argument("names", nargs=-1, metavar="[GROUP]...")
@click.option(
    "-n",
    "--inputs",
    "points",
    type=Integer(1),
    metavar="N",
    help="Number of points for S, A, C, D, trivial.",
)
@common_options()
def groups(request: Request, names: tuple[str, ...], points: int | None) -> None:
    """List how groups are written, or say what some GROUPs are.

    Each is shown with its number of points, its order, its orbits of points and its
    generators, as --group and --action number them.
    """
    from polyconstraints.cli.group_file import read_group_option
    from polyconstraints.cli.output import write_json, write_text
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
            found.append((name.strip(), read_group_option(name, points).group))
        else:
            found += described_groups([name], points)
    found = found or described_groups()
    if request.output_format == "json":
        write_json(group_documents(found), request.output_file)
    else:
        text = groups_text(found) if names else syntax_text(found)
        write_text(text, request.output_file)
