"""What a command works on: a network that options describe, or a file given instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from polyconstraints.cli.options import NetworkOptions
from polyconstraints.errors import UsageError

if TYPE_CHECKING:
    from polyconstraints.spec.network import NetworkSpec
    from polyconstraints.spec.symmetry import Symmetry

__all__ = ["file_or_problem"]


def file_or_problem(
    context: click.Context, source: str | None, options: dict[str, Any]
) -> tuple[NetworkSpec, Symmetry] | None:
    """Return the network and symmetry that the options describe; None if a file was given.

    Parameters
    ----------
    context : click.Context
        Of the running command, which knows what was typed.
    source : str or None
        The file.
    options : dict
        The keywords of the command, those of NetworkOptions among them.

    Raises
    ------
    UsageError
        If there is neither a file nor ``-n``, or both a file and an option that describes a
        network: the file says what the network is.
    """
    if source is None and options["inputs"] is None:
        raise UsageError("expected a number of inputs or a file, got neither", "-n/--inputs")
    if source is not None:
        for name in NetworkOptions.__annotations__:
            if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
                raise UsageError(
                    "expected no description of a network beside a file", _typed(context, name)
                )
        return None
    from polyconstraints.cli.options import build_problem

    return build_problem(options["inputs"], cast("NetworkOptions", options))


def _typed(context: click.Context, name: str) -> str:
    """Return an option as it is typed."""
    for parameter in context.command.params:
        if parameter.name == name:
            return "/".join(parameter.opts)
    return name
