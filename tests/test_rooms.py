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


class FirstImport:
    """What happens when a module is the first of the package that a process imports.

    Bodies are followed statement by statement as Python runs them, packages before what is in
    them: a real process for each module would take a minute in all.
    """

    def __init__(self, module: str) -> None:
        #: The names that each module has so far.
        self.names: dict[str, set[str]] = {}
        #: Names that are imported before they are there.
        self.missing: list[tuple[str, str]] = []
        self.load(module)

    def load(self, module: str) -> None:
        package = module.rpartition(".")[0]
        if package:
            self.load(package)
        if module not in self.names:
            self.names[module] = set()
            for statement in modules()[module].body:
                self.run(module, statement)
            self.names.setdefault(package, set()).add(module.rpartition(".")[2])

    def run(self, module: str, node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            self.names[module].add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            self.names[module].add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if isinstance(node, ast.Import):
                    self.find(alias.name)
                elif home(node.module or ""):
                    self.find(node.module or "", alias.name)
                self.names[module].add(alias.asname or alias.name)
        else:
            checked = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
            for child in node.orelse if checked else ast.iter_child_nodes(node):
                self.run(module, child)

    def find(self, module: str, name: str = "") -> None:
        if home(module):
            self.load(home(module))
            inside = f"{module}.{name}"
            if inside in modules():
                self.load(inside)
            elif name and name not in self.names[module]:
                if loads_lazily(module):
                    self.find(shown_homes(module)[name], name)
                else:
                    self.missing.append((module, name))


@cache
def shown_homes(module: str) -> dict[str, str]:
    """Return where a package that loads its names lazily says to type checkers that they are."""
    nodes = (node for node in ast.walk(modules()[module]) if isinstance(node, ast.ImportFrom))
    return {alias.name: node.module or "" for node in nodes for alias in node.names}


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


def test_every_module_can_be_the_first_one() -> None:
    """Also a package's own names may not be there yet when what it imports asks for them."""
    found = {short(module): FirstImport(module).missing for module in modules()}
    assert {module: missing for module, missing in found.items() if missing} == {}


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
