"""The page of names: as its script writes it, and every name on it is one."""

from __future__ import annotations

import importlib.util
import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import polyconstraints as pc

PATH = Path(__file__).resolve().parents[2] / "docs" / "names.py"
SPEC = importlib.util.spec_from_file_location("names_page", PATH)
assert SPEC is not None
assert SPEC.loader is not None
names: Any = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(names)

#: What has the methods that stand on the page.
HOLDERS = (
    pc.Derivation,
    pc.Expansion,
    pc.Polynomial,
    pc.TyingMap,
    pc.Strata,
    pc.Neurovariety,
    type(pc.plot(n=2)),
    type(pc.train(n=2, steps=1)),
)


def test_the_page_is_what_the_script_writes() -> None:
    assert names.PAGE.read_text("utf-8") == names.page(), "run python docs/names.py"


@pytest.mark.parametrize("command", names.RESULTS)
def test_attributes_hold_what_documents_say(command: str) -> None:
    result = names.RESULTS[command][1]()
    rows = list(names.result_rows(command, result))
    assert sum(bool(name) for _, name, _, _ in rows) > len(rows) / 2
    for _, name, path, value in rows:
        if not name or isinstance(value, dict):
            continue
        held = names.follow(result, name)
        if hasattr(held, "to_json"):
            held = held.to_json()
        elif isinstance(value, str):
            held = str(held)
        if value and isinstance(value, list) and isinstance(value[0], dict):
            continue
        plain = json.loads(json.dumps(held, default=lambda one: getattr(one, "tolist", list)()))
        assert plain == value, (name, path)


def test_names_of_options_are_names() -> None:
    said = " ".join([*names.COMMON.values(), *names.INSTEAD.values()])
    for dotted in re.findall(r"`(polyconstraints[\w.]*)\.(\w+)", said):
        try:
            assert hasattr(import_module(dotted[0]), dotted[1]), dotted
        except ModuleNotFoundError:
            pytest.fail(f"there is no module {dotted[0]}")
    for method in re.findall(r"`\.(\w+)", said):
        instances = [
            holder for holder in HOLDERS if method in getattr(holder, "__dataclass_fields__", {})
        ]
        assert instances or any(hasattr(holder, method) for holder in HOLDERS), method
    for public in re.findall(r"pc\.(\w+)", said):
        assert public in pc.__all__


def test_every_option_stands_on_the_page() -> None:
    page = names.page()
    for name, command in names.commands():
        for parameter in command.params:
            if parameter.name not in ("help", "version") and parameter.opts[0].startswith("-"):
                assert f"`{parameter.opts[0]}`" in page, (name, parameter.opts)
