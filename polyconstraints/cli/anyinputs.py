"""``-n any``: networks whose number of inputs is left open, from the command line."""

from __future__ import annotations

from typing import Any

from polyconstraints.cli.request import Request
from polyconstraints.errors import UsageError

__all__ = ["write_law"]


def write_law(options: Any) -> None:
    """Write what ``derive -n any`` finds.

    Raises
    ------
    UsageError
        If the options ask for what there is for one number of inputs only.
    """
    from polyconstraints.cli.output import open_text, write_json

    for key, option in (("equalities", "--list"), ("dry_run", "--dry-run"), ("check", "--check")):
        if options.get(key):
            raise UsageError("expected a number of inputs with it, got any", option)
    if options["output_format"] == "latex":
        raise UsageError("expected text or json with -n any, got latex", "--format")
    network = Request.of(options).any_network()
    if options["output_format"] == "json":
        write_json(network.to_json(), options["output_file"])
        return
    from polyconstraints.render.law_text import law_text

    with open_text(options["output_file"]) as handle:
        handle.writelines(law_text(network))
