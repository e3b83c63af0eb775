"""Writes docs/names.md: every option and every result under its names in shell, Python and JSON.

``python docs/names.py`` writes the page anew; ``tests/docs/test_names.py`` holds it to what there
is. An option's keyword is looked for in the signature of the command's function, and a result's
attribute in the result itself, whose value has to be the document's.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np

import polyconstraints as pc
from polyconstraints.cli.main import COMMANDS, build_cli
from polyconstraints.cli.request import DESCRIBING
from polyconstraints.spec.problem import Words

PAGE = Path(__file__).parent / "names.md"

_HEAD = """# Names in shell, Python and JSON

What a shell can do Python can, under the same names. This page is written by `docs/names.py`, which
looks each name up where it is used. `pc` is `polyconstraints`.

## What is asked

Every command and every function that takes a network knows these.

"""

#: The function of each command; some results have methods instead.
FUNCTIONS: Mapping[str, str] = {
    "expand": "expand",
    "derive": "derive",
    "table": "table",
    "verify": "verify",
    "discover": "discover",
    "strata": "strata",
    "dimension": "dimension",
    "train": "train",
    "plot": "plot",
    "report": "report",
}

#: Where documents say what was asked.
ASKED: Mapping[str, str] = {
    "inputs": "network.inputs",
    "depth": "network.depth",
    "layer": "network.layer",
    "activation": "network.activation",
    "indices": "network.indices",
    "bias": "network.bias",
    "widths": "network.widths (of all levels)",
    "channels": "network.channels (of all levels)",
    "symmetry": "symmetry.kind",
    "scope": "symmetry.scope",
    "compare": "symmetry.compare",
    "permutations": "symmetry.permutations (how many)",
    "group": "symmetry.group, symmetry.generators",
    "actions": "symmetry.actions",
}

#: Options of every command.
COMMON: Mapping[str, str] = {
    "memory_limit": "`memory_limit=`, in bytes",
    "output_format": "`.to_json()`, `.to_latex()`, `.to_sympy()`, `.to_program()`",
    "output_file": "`.save(path)` of maps, pictures and reports",
    "quiet": "",
    "ascii": "",
    "fold": "",
    "jobs": "",
    "resume": "",
    "dask": "",
    "dry_run": "`polyconstraints.jobs.estimate.estimate_expansion`",
}

#: What options do that are no keyword of the command's function.
INSTEAD: Mapping[tuple[str, str], str] = {
    ("expand", "grouped"): "",
    ("expand", "style"): '`.to_latex(style="paper")`',
    ("expand", "count"): "`.monomial_count`, `.term_count()`",
    ("expand", "outputs"): '`pc.expand(…)["y2"]`, `.to_latex(outputs=[2])`',
    ("expand", "monomials"): "`.coefficient_polynomial(1, exponents)`",
    ("expand", "assignments"): "`.polynomial(1).substitute(values)`",
    ("derive", "equalities"): "`.equalities()`",
    ("derive", "classes"): "`.tying_map()`",
    ("derive", "style"): '`.to_latex(style="paper")`',
    ("derive", "check"): "`.with_check()`",
    ("export", "rule"): "`pc.TyingRule.of(pc.law(…))`",
    **{
        (command, parameter): "`polyconstraints.variety.strata.gauge.numbered_stratum_map`"
        for command in ("export", "train", "verify")
        for parameter in ("stratum", "gauge_fixed")
    },
    ("verify", "map_file"): "`pc.verify(pc.TyingMap.load(file))`",
    ("verify", "weights_file"): "`weights=`",
    ("discover", "weights_file"): "`weights=`",
    ("train", "map_file"): "`pc.train(pc.TyingMap.load(file))`",
    ("train", "plot"): "`.losses`",
    ("train", "save"): "`.theta`",
    ("train", "targets"): "`polyconstraints.training.TARGETS`",
    ("plot", "source"): "`pc.plot(pc.TyingMap.load(file))`",
    ("plot", "scale"): "`.save(path, scale=)`",
    ("plot", "title"): "`.save(path, titled=)`",
    ("report", "source"): "`pc.report(pc.TyingMap.load(file))`",
    ("dimension", "architectures"): "`widths=`",
    ("dimension", "activations"): "`activation=`",
    ("dimension", "threshold"): "`.with_threshold()`",
    ("dimension", "fibre"): "`polyconstraints.variety.neurovariety.generic_fibre`",
    ("strata", "hidden"): "`.variety.measure(hidden)`, `.variety.parse(texts)`",
    ("strata", "gauge"): "`polyconstraints.variety.strata.gauge.fix_gauge`",
    ("strata", "decompose"): "`polyconstraints.variety.strata.exact.examine`",
    ("strata", "steps"): "`polyconstraints.variety.strata.exact.examine`",
    ("strata", "search"): "`polyconstraints.variety.search.search`",
    ("strata", "points"): "`points=` of `search`",
    ("strata", "check"): "`polyconstraints.variety.certificate.read_certificates`",
    ("strata", "time_limit"): "`time_limit=` of `search`, `examine`",
    ("verify", "layerwise"): "`polyconstraints.variety.layerwise.layerwise`",
    ("verify", "time_limit"): "`time_limit=` of `layerwise`",
    ("dimension", "time_limit"): "`time_limit=` of `generic_fibre`",
    ("groups", "names"): '`pc.Symmetry("S3xS2").group`',
    ("groups", "points"): '`pc.PermutationGroup.preset("S", n)`',
    ("reproduce", "only"): "`polyconstraints.reproduction.reproduce(only)`",
}


def _map() -> pc.TyingMap:
    return pc.derive(n=3, layer="linear").tying_map()


_WEIGHTS = [2 * np.eye(3) + 1]

#: An example of every result.
RESULTS: Mapping[str, tuple[str, Callable[[], Any]]] = {
    "derive": ("pc.derive(…)", lambda: pc.derive(n=3, depth=2, bias=True).with_check()),
    "derive -n any": ("pc.law(…)", lambda: pc.law()),
    "table": ("pc.table(…)", lambda: pc.table(n=[2, 3])),
    "export": ("pc.derive(…).tying_map()", _map),
    "verify": ("pc.verify(map)", lambda: pc.verify(_map())),
    "verify --weights": ("pc.verify(map, weights=…)", lambda: pc.verify(_map(), weights=_WEIGHTS)),
    "discover": ("pc.discover(network, weights)", lambda: pc.discover(_map().network, _WEIGHTS)),
    "strata": ("pc.strata(…)", lambda: pc.strata(n=2, depth=2)),
    "dimension": ("pc.dimension(widths, activation)", lambda: pc.dimension((3, 3, 1), "z^2")),
    "train": ("pc.train(…)", lambda: pc.train(n=2, steps=2)),
}

#: Attributes that are called something else than in the document.
ATTRIBUTES: Mapping[tuple[str, str], str] = {
    ("derive", "check[].predicted"): "orbit_counts[0].predicted",
    ("derive", "check[].counted"): "orbit_counts[0].counted",
    ("derive", "equalities.total"): "counts.total",
    ("derive", "equalities.distinct"): "counts.distinct",
    ("derive", "equalities.simple"): "counts.simple",
    ("derive", "equalities.linear"): "counts.linear",
    ("derive", "equalities.polynomial"): "counts.polynomial",
    ("derive", "weights.total"): "total_weights",
    ("derive", "weights.distinct"): "distinct_weights",
    ("derive", "layers[].layer"): "layers[0].layer.index",
    ("derive", "layers[].total"): "layers[0].layer.weights",
    ("derive -n any", "layers[].layer"): "",
    ("derive -n any", "layers[].total"): "layer_laws[0].total",
    ("derive -n any", "layers[].distinct"): "layer_laws[0].distinct",
    ("derive -n any", "layers[].dimension"): "layer_laws[0].dimension",
    ("derive -n any", "weights.total"): "total",
    ("derive -n any", "weights.distinct"): "distinct",
    ("derive -n any", "letters.n"): "sorts[0].size",
    ("table", "rows[].inputs"): "rows[0].network.inputs",
    ("table", "rows[].weights"): "rows[0].network.weights",
    ("export", "counts.weights"): "network.weights",
    ("export", "layers[].name"): "",
    ("export", "layers[].shape"): "layers[0].layer.shape",
    ("export", "layers[].axes"): "layers[0].layer.axes",
    ("strata", "weights"): "variety.network.weights",
    ("train", "parameters"): "",
    ("train", "curve"): "curve()",
    ("train", "loss.first"): "losses[0]",
    ("train", "loss.last"): "losses[-1]",
    ("train", "loss.target_variance"): "variance",
}

#: What the text of a command calls a result, where it has another name.
SAID: Mapping[tuple[str, str], str] = {
    ("derive", "equalities.total"): "equalities",
    ("derive", "weights.total"): "weights",
    ("derive", "function_dimension"): "functions",
    ("derive -n any", "function_dimension"): "functions",
    ("strata", "strata[].weight_dimension"): "weights",
    ("strata", "strata[].tangent_dimension"): "tangent",
    ("strata", "strata[].function_dimension"): "functions",
    ("strata", "strata[].parameters"): "distinct",
    ("strata", "strata[].certainty"): "component",
}


def follow(result: Any, path: str) -> Any:
    """Return what a path leads to: attributes, items as ``[0]``, methods as ``curve()``."""
    for part in path.replace("[", ".[").split("."):
        if part:
            item = part.startswith("[")
            result = result[int(part.strip("[]"))] if item else getattr(result, part.strip("()"))
            result = result() if part.endswith("()") else result
    return result


def leaves(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the fields of a document that hold no others; of a list of objects the first's."""
    if isinstance(document, dict) and not path.endswith((".hidden", ".attained")):
        for key, value in document.items():
            yield from leaves(value, f"{path}.{key}".lstrip("."))
    elif isinstance(document, list) and document and isinstance(document[0], dict):
        if {"from", "to", "value"} <= set(document[0]) or path.endswith(("hidden", "attained")):
            yield path, document
        else:
            yield from leaves(document[0], f"{path}[]")
    else:
        yield path, document


def attribute(command: str, path: str, result: Any) -> str:
    """Return the attribute that holds a field of a document, if there is one."""
    if (command, path) in ATTRIBUTES:
        return ATTRIBUTES[command, path]
    name = path.replace("[]", "[0]")
    # Strata are a sequence, and what was asked of a training stands in its job.
    for candidate in (name, name.removeprefix("strata"), f"job.{name}", name.rpartition(".")[2]):
        try:
            follow(result, candidate)
        except (AttributeError, IndexError, TypeError):
            continue
        return candidate
    return ""


def result_rows(command: str, result: Any) -> Iterator[tuple[str, str, str, Any]]:
    """Yield the name, the attribute, the place in JSON and the value of each result."""
    for path, value in leaves(json.loads(json.dumps(result.to_json(), default=list))):
        if path.split(".")[0] not in ("schema", "network", "symmetry", "provenance"):
            said = SAID.get((command, path), path.rpartition(".")[2].replace("[]", ""))
            yield said, attribute(command, path, result), path, value


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its name."""
    group = build_cli()
    context = click.Context(group)
    for name in COMMANDS:
        command = group.get_command(context, name)
        if command is not None:
            yield name, command


def keyword(command: str, parameter: str) -> str:
    """Return how Python says what an option says."""
    function = getattr(pc, FUNCTIONS.get(command, ""), None)
    known = inspect.signature(function).parameters if function else {}
    return INSTEAD.get((command, parameter), f"`{parameter}=`" if parameter in known else "")


def _typed(parameter: click.Parameter) -> str:
    names = (*parameter.opts, *parameter.secondary_opts)
    typed = ", ".join(f"`{name}`" for name in names)
    if isinstance(parameter, click.Option):
        return typed
    # Since click 8.2 it takes a context.
    make: Callable[..., str] = parameter.make_metavar
    return f"`{make(*[None] * len(inspect.signature(make).parameters))}`"


def _table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + " --- |" * len(heads)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def page() -> str:
    """Return the page."""
    listed = dict(commands())
    derive = {parameter.name: parameter for parameter in listed["derive"].params}
    words = {*Words.__annotations__, "symmetry"}
    lines = _HEAD.splitlines()
    lines += _table(
        ("shell", "Python", "JSON"),
        (
            (
                _typed(derive[name]),
                " or ".join(f"`{word}=`" for word in ("n", name) if word in words)
                if name == "inputs"
                else f"`{name}=`",
                ", ".join(f"`{one}`" for one in ASKED[name].split(" (")[0].split(", "))
                + (f" ({ASKED[name].split(' (')[1]}" if " (" in ASKED[name] else ""),
            )
            for name in DESCRIBING
        ),
    )
    lines += ["", "## Options of every command", ""]
    options = {one.name: one for command in listed.values() for one in command.params}
    lines += _table(
        ("shell", "Python"),
        ((_typed(options[name]), python or "—") for name, python in COMMON.items()),
    )
    lines += ["", "## Options of single commands", ""]
    lines += _table(
        ("command", "shell", "Python"),
        (
            (f"`{name}`", _typed(one), keyword(name, one.name or "") or "—")
            for name, command in listed.items()
            for one in command.params
            if one.name not in {*DESCRIBING, *COMMON, "help", "version"}
        ),
    )
    lines += [
        "",
        "## Results",
        "",
        "The text of a command says them by the names of the first column.",
    ]
    for command, (python, example) in RESULTS.items():
        lines += ["", f"### `{command}`: `{python}`", ""]
        lines += _table(
            ("shell", "Python", "JSON"),
            (
                (
                    said,
                    f"`{'' if name.startswith('[') else '.'}{name}`" if name else "—",
                    f"`{path}`",
                )
                for said, name, path, _ in result_rows(command, example())
            ),
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
