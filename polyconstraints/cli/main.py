"""The entry point, the table of commands, and how every ending becomes an exit status.

This module imports nothing outside the standard library until it runs, so that even an
interrupt during start-up ends as quietly as one later.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn, TextIO

if TYPE_CHECKING:
    import click

    from polyconstraints.errors import PolyconstraintsError

PROGRAM = "polyconstraints"
"""The name of the program in messages."""

DEBUG_VARIABLE = "POLYCONSTRAINTS_DEBUG"
"""Environment variable that, set to anything but 0, shows the traceback of an error."""

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130  # what a shell reports for a process that SIGINT ended

_DESCRIPTION = "Exact symmetry constraints on polynomial neural networks."


# Each with its module and what is said of it without importing that, in the order in which a
# newcomer would use them.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "expand": ("expand", "Print the expanded network, or count its terms."),
    "derive": ("derive", "Derive the constraints and count what they leave."),
    "table": ("derive", "Derive over a range of n: a table."),
    "export": ("derive", "Write the tying map of a network's weights."),
    "verify": ("verify", "Check that a tying map has the symmetry it claims."),
    "discover": ("verify", "Find the symmetries of trained weights."),
    "strata": ("strata", "List families of networks symmetric as a whole."),
    "dimension": ("dimension", "Say how large the set of functions of an architecture is."),
    "train": ("train", "Train a tied network on a symmetric function."),
    "plot": ("plot", "Draw a tying map."),
    "report": ("plot", "Write one self-contained HTML page about a network."),
    "groups": ("groups", "List how groups are written, or say what some are."),
    "reproduce": ("groups", "Compare ours with every number of the paper."),
}


def main() -> NoReturn:
    """Run the command line with the process's arguments and end the process."""
    # Whatever Python is started from here, no module of the current folder is imported there.
    os.environ["PYTHONSAFEPATH"] = "1"
    sys.exit(run())


def build_cli() -> click.Group:
    """Return the group of all commands, none of them imported yet."""
    from polyconstraints.cli.commands import LazyGroup

    return LazyGroup(PROGRAM, COMMANDS, help=_DESCRIPTION)


def run(args: Sequence[str] | None = None, cli: click.Group | None = None) -> int:
    """Run the command line and return its exit status.

    Nothing but the end of the interpreter passes through: every failure becomes one line on
    standard error and a status: 0 done; 1 failed; 2 wrong usage or unreadable input; 3 not
    symmetric; 4 refused as too large; 130 interrupted.
    """
    hook = sys.unraisablehook
    try:
        sys.unraisablehook = _pass_interrupts_on
        _tolerate_any_text()
        try:
            status = _invoke(args, cli)
        finally:
            # Here, where a closed pipe or a full disk can still be reported.
            _flush()
    except BrokenPipeError:
        _abandon_output()
        return 0
    except KeyboardInterrupt:
        return _interrupted()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
            _abandon_output()
            return _fail(error, f"cannot write: {error.strerror}", EXIT_FAILED)
        return _internal_error(error)
    except MemoryError as error:
        return _fail(error, "out of memory: a smaller --inputs or --depth needs less", EXIT_FAILED)
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback reaches a user
        return _known_error(error)
    finally:
        sys.unraisablehook = hook
    return status


def _pass_interrupts_on(unraisable: sys.UnraisableHookArgs) -> None:
    """Interrupt the program again if Python dropped an interrupt.

    It does so, with a traceback, when the interrupt falls into a destructor.
    """
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        import _thread
        import signal

        # From a thread, since an interrupt that falls into this function is dropped as well.
        _thread.start_new_thread(os.kill, (os.getpid(), signal.SIGINT))
    else:
        sys.__unraisablehook__(unraisable)


def _invoke(args: Sequence[str] | None, cli: click.Group | None) -> int:
    import click

    group = build_cli() if cli is None else cli
    if f"_{PROGRAM.upper()}_COMPLETE" in os.environ:
        # Shell completion: click answers the shell and exits by itself.
        group.main(prog_name=PROGRAM)
    # Not `group.main`: it has its own idea of what an interrupt and a closed pipe mean.
    arguments = list(sys.argv[1:] if args is None else args)
    try:
        with group.make_context(PROGRAM, arguments) as context:
            group.invoke(context)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.Abort:
        return _interrupted()
    return 0


def _known_error(error: Exception) -> int:
    """Report an error that somebody raised on purpose, or an internal one."""
    import click

    from polyconstraints.cli.commands import usage_message
    from polyconstraints.errors import PolyconstraintsError

    if isinstance(error, PolyconstraintsError):
        return _fail(error, _worded(error), error.exit_status)
    if isinstance(error, click.ClickException):
        return _fail(error, usage_message(error), error.exit_code)
    return _internal_error(error)


def _worded(error: PolyconstraintsError) -> str:
    """Return an error's message with the options of the command line for the core's fields."""
    from polyconstraints.errors import InputError, TooLargeError, UsageError

    if isinstance(error, UsageError) and error.field:
        return f"{_option(error.field)}: {error.message}"
    if isinstance(error, InputError) and error.source in ("group", "actions"):
        # Text that an option holds, not a file.
        return ": ".join(filter(None, (_option(error.source), error.place, error.message)))
    if isinstance(error, TooLargeError) and error.allow:
        field, value = error.allow
        return f"{error.message}: {_option(field)} {value} would allow it"
    return str(error)


def _option(field: str) -> str:
    """Return how the command line spells a field that the core names in an error."""
    # Commands name their own arguments as they are typed: ``--style``, ``MAP``.
    if not field.isidentifier() or field.isupper():
        return field
    return {"actions": "--action"}.get(field, "--" + field.replace("_", "-"))


def _internal_error(error: Exception) -> int:
    message = (
        f"internal error: {type(error).__name__}: {error}, please report; "
        f"run with {DEBUG_VARIABLE}=1 for the traceback"
    )
    return _fail(error, message, EXIT_FAILED)


def _fail(error: BaseException, message: str, status: int) -> int:
    """Say what went wrong in one line, after the traceback where one is asked for."""
    try:
        if os.environ.get(DEBUG_VARIABLE, "0") not in ("", "0"):
            import traceback

            traceback.print_exception(error)
        line = " ".join(message.split())
        sys.stderr.write(f"{PROGRAM}: error: {line}\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        # Standard error is closed: the status has to say it alone.
        _discard(sys.stderr)
    return status


def _interrupted() -> int:
    _abandon_output()
    return EXIT_INTERRUPTED


def _tolerate_any_text() -> None:
    """Let standard output show what its encoding lacks, such as ≥, as an escape."""
    # In the locale C Python lets lone surrogates pass, and still fails for ≥.
    lenient = ("strict", "surrogateescape")
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors in lenient:
        sys.stdout.reconfigure(errors="backslashreplace")


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _abandon_output() -> None:
    """Make sure that the flush at the end of the interpreter finds nothing to complain about."""
    try:
        _flush()
    except (OSError, ValueError):
        _discard(sys.stdout)


def _discard(stream: TextIO | None) -> None:
    """Send whatever `stream` still holds to nowhere."""
    if stream is None:
        return
    try:
        descriptor = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
    except (OSError, ValueError):
        return
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
