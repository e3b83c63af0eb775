"""The rooms of the package: imports follow the flow of data, and none run in a circle.

Imports inside functions count like the others; those for type checkers alone don't.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import networkx as nx

import polyconstraints

PACKAGE = "polyconstraints"
ROOT = Path(polyconstraints.__file__).parent

#: In the order in which data flows: a module imports from its own room and from earlier ones.
#: The package itself stands where its version can be read by all; what it shows is loaded by name.
ROOMS = (
    "display",
    PACKAGE,
    "errors",
    "memory",
    "schemas",
    "io",
    "spec",
    "algebra",
    "evaluation",
    "expansion",
    "equalities",
    "classes",
    "tying",
    "variety",
    "derivation",
    "verification",
    "backends",
    "training",
    "reproduction",
    "jobs",
    "render",
    "cli",
    "__main__",
)

#: Circles of today, to be taken away one by one.
CIRCLES: tuple[set[str], ...] = ()

#: Imports inside functions, outside the command line and packages that load their names when
#: they are first used: for what is heavy or optional.
MOST_INSIDE = 20


class Import(NamedTuple):
    """A module of the package that another one imports."""

    importer: str
    imported: str
    inside: bool


def name_of(path: Path) -> str:
    parts = (PACKAGE, *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


@cache
def modules() -> dict[str, ast.Module]:
    return {name_of(path): ast.parse(path.read_text("utf-8")) for path in ROOT.rglob("*.py")}


@cache
def imports() -> tuple[Import, ...]:
    return tuple(
        Import(importer, imported, inside)
        for importer, tree in modules().items()
        for imported, inside in imported_by(tree, False)
        if imported != importer
    )


def imported_by(node: ast.AST, inside: bool) -> Iterator[tuple[str, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        if isinstance(child, ast.ImportFrom):
            assert not child.level, "expected absolute imports"
            names = {home(f"{child.module}.{alias.name}") for alias in child.names}
        elif isinstance(child, ast.Import):
            names = {home(alias.name) for alias in child.names}
        else:
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from imported_by(child, inside or function)
            continue
        yield from ((name, inside) for name in names if name)


def home(name: str) -> str:
    """Return the module of the package that a dotted name is or is in; empty for a stranger's."""
    if not name.startswith(f"{PACKAGE}."):
        return name if name == PACKAGE else ""
    return name if name in modules() else name.rpartition(".")[0]


def loads_lazily(module: str) -> bool:
    """Return whether a module is a package that loads its names when they are first used."""
    body = modules()[module].body
    return any(isinstance(one, ast.FunctionDef) and one.name == "__getattr__" for one in body)


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def short(module: str) -> str:
    return module.removeprefix(f"{PACKAGE}.")


def test_every_module_is_in_a_room() -> None:
    assert {room(module) for module in modules()} <= set(ROOMS)


def test_no_import_points_up() -> None:
    found = [
        (short(one.importer), short(one.imported))
        for one in imports()
        if ROOMS.index(room(one.imported)) > ROOMS.index(room(one.importer))
    ]
    assert found == []


def test_no_circle_of_imports() -> None:
    graph = nx.DiGraph((short(one.importer), short(one.imported)) for one in imports())
    found = [circle for circle in nx.strongly_connected_components(graph) if len(circle) > 1]
    assert [circle for circle in found if not any(circle <= known for known in CIRCLES)] == []


def test_few_imports_inside_functions() -> None:
    found = [
        one
        for one in imports()
        if one.inside and room(one.importer) != "cli" and not loads_lazily(one.importer)
    ]
    assert len(found) <= MOST_INSIDE, found


def test_core_knows_no_command_line() -> None:
    used = {
        module
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if "click" in (alias.name, getattr(node, "module", ""))
    }
    assert {room(module) for module in used} <= {"cli"}
