"""``-n any``: networks whose number of inputs is left open, from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from polyconstraints.errors import UsageError

if TYPE_CHECKING:
    from polyconstraints.classes.any_network import AnyNetwork

__all__ = ["any_network", "write_law"]


def any_network(options: Any) -> AnyNetwork:
    """Return the network that the options describe, for every number of inputs.

    Parameters
    ----------
    options : mapping
        The keywords of :class:`~polyconstraints.cli.options.NetworkOptions`.

    Raises
    ------
    UsageError
        If an option says something of one number of inputs, or there is no rule.
    """
    from polyconstraints.classes.any_network import AnyNetwork

    if options["widths"] is not None:
        raise UsageError("expected no widths for a rule: hidden levels have width n", "--widths")
    if options["scope"] == "network" and options["depth"] > 1:
        raise UsageError("expected layer for a rule, got network", "--scope")
    if options["group"].strip().startswith("@"):
        raise UsageError("expected the name of a group for a rule, got a file", "--group")
    if options["permutations"] is not None:
        raise UsageError("expected none for a rule, which holds for all of S_n", "--permutations")
    channels = options["channels"]
    return AnyNetwork(
        "".join(options["group"].split()),
        options["depth"],
        options["layer"],
        options["indices"],
        options["bias"],
        channels[0] if len(channels) == 1 else channels,
        options["symmetry"],
        cast('Literal["function", "tensor"]', options["compare"]),
        actions=dict(options["actions"]),
    )


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
    network = any_network(options)
    if options["output_format"] == "json":
        write_json(network.to_json(), options["output_file"])
        return
    from polyconstraints.render.law_text import law_text

    with open_text(options["output_file"]) as handle:
        handle.writelines(law_text(network))
