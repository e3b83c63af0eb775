"""The group of all commands, which imports one only when it is used, and messages of click's."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

from polyconstraints import __version__

CONTEXT_SETTINGS: Mapping[str, Any] = {
    "help_option_names": ["-h", "--help"],
    "max_content_width": 100,
    "show_default": True,
}


with_version = click.version_option(__version__, message="%(prog)s %(version)s", show_default=False)


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only when it is used."""

    def __init__(self, name: str, entries: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(
            name,
            invoke_without_command=True,
            subcommand_metavar="COMMAND [ARGS]...",
            callback=_show_help_without_command,
            context_settings=dict(CONTEXT_SETTINGS),
            **kwargs,
        )
        self.entries = dict(entries)
        with_version(self)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in their own order."""
        return [*self.entries, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command `cmd_name`, or return None if there is none of that name."""
        if cmd_name not in self.entries:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"polyconstraints.cli.{self.entries[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that `args` starts with; for a misspelt one, name the nearest."""
        name = args[0]
        known = self.list_commands(ctx)
        if name not in known and not name.startswith("-"):
            import difflib

            nearest = difflib.get_close_matches(name, known, n=1)
            hint = f"the nearest is {nearest[0]!r}" if nearest else "none is spelt like it"
            ctx.fail(f"there is no command {name!r}, {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, importing none of them."""
        rows = [(name, summary) for name, (_, summary) in self.entries.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
        formatter.write_paragraph()
        formatter.write_text(f"'{ctx.command_path} COMMAND --help' starts with examples to copy.")


@click.pass_context
def _show_help_without_command(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def usage_message(error: click.ClickException) -> str:
    """Return one line for a click error, starting with the option at fault.

    Examples
    --------
    >>> option = click.Option(["-n", "--inputs"])
    >>> usage_message(click.BadParameter("expected an integer ≥ 1, got '0'", param=option))
    "-n/--inputs: expected an integer ≥ 1, got '0'"
    """
    if isinstance(error, click.BadParameter) and error.param is not None:
        missing = isinstance(error, click.MissingParameter)
        message = "expected a value, got none" if missing else error.message
        return f"{_parameter_name(error.param)}: {message}"
    text = error.format_message()
    context = getattr(error, "ctx", None)
    return f"{text.rstrip('.')}; see '{context.command_path} --help'" if context else text


def _parameter_name(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Option):
        return "/".join([*parameter.opts, *parameter.secondary_opts])
    return parameter.human_readable_name
