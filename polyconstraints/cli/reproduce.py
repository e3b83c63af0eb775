"""``polyconstraints reproduce``: what the paper prints, beside what is computed."""

from __future__ import annotations

from typing import Any

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import Request, common_options

__all__ = ["reproduce"]


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints reproduce",
        "polyconstraints reproduce --only 22 --only 48",
        "polyconstraints reproduce --format json -o paper.json",
    ],
)
@click.option(
    "--only",
    multiple=True,
    metavar="ITEM",
    help="Only this item, as 22 or 26-27; may be given several times.",
)
@common_options(formats=("text", "markdown", "json"))
def reproduce(request: Request, only: tuple[str, ...]) -> None:
    """Compare every number, equation and listing of the paper with ours.

    The paper is YKY, "Permutation-invariant neural networks" (2019), from which this program
    comes. Each item is computed anew, and its verdict follows from the comparison: the same;
    corrected, where the paper is wrong; or incomplete, where what it prints is right but not
    all.
    """
    from polyconstraints.cli.console import progress
    from polyconstraints.cli.output import open_text, write_json
    from polyconstraints.render.verdicts import reproduction_markdown, reproduction_text
    from polyconstraints.reproduction import Item, document
    from polyconstraints.reproduction import reproduce as reproduce_items

    def counted() -> Any:
        with progress("comparing", quiet=request.quiet) as advance:
            item: Item
            for item in reproduce_items(only):
                advance()
                yield item

    if request.output_format == "json":
        write_json(document(counted()), request.output_file)
        return
    markdown = request.output_format == "markdown"
    lines = (reproduction_markdown if markdown else reproduction_text)(list(counted()))
    with open_text(request.output_file) as handle:
        handle.writelines(f"{line}\n" for line in lines)
