"""Groups from the command line: as typed, or from the file that ``@FILE`` names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from polyconstraints.errors import InputError, UsageError

if TYPE_CHECKING:
    from polyconstraints.spec.groups import GroupChoice

__all__ = ["read_group_option"]


def read_group_option(
    text: str, degree: int, actions: Mapping[int, str] | None = None
) -> GroupChoice:
    """Return the group that ``--group`` describes, acting on levels as ``--action`` says.

    Parameters
    ----------
    text : str
        As :func:`~polyconstraints.spec.groups.read_group` reads it, or ``@FILE`` with a JSON
        file: a list of generators, or an object with ``group`` (text) or ``generators``, and
        ``name`` and ``actions`` if need be.
    degree : int
        The number of input components.
    actions : mapping from int to str, optional
        They take precedence over those of a file.

    Raises
    ------
    InputError, UsageError
        If the file or the group can't be read; the message names the place.
    """
    from polyconstraints.spec.groups import read_group

    text = text.strip()
    if not text.startswith("@"):
        return read_group(text, degree, actions)
    source = text[1:]
    if not source:
        raise UsageError("expected the name of a file after @, got nothing", "group")
    described, name, from_file = _file(source)
    return read_group(described, degree, {**from_file, **(actions or {})}, name, source)


def _file(source: str) -> tuple[str | list[Any], str, dict[int, str | list[Any]]]:
    """Return what a group file holds: the group, its name, and the actions on levels."""
    from polyconstraints.io.files import load_json
    from polyconstraints.spec.groups import PRESETS

    document = load_json(source)
    if isinstance(document, list):
        return document, "", {}
    if not isinstance(document, dict):
        raise InputError(
            f"expected a list of generators or an object, got {type(document).__name__}",
            source=source,
        )
    described = document.get("generators", document.get("group"))
    kind = list if "generators" in document else str
    if not isinstance(described, kind):
        key = "generators" if kind is list else "group"
        wanted = "a list of generators" if kind is list else "the name of a group"
        raise InputError(f"expected {wanted}, got {_kind(described)}", key, source)
    name = document.get("name", "")
    if not isinstance(name, str) or name in PRESETS:
        raise InputError("expected a name that is no preset's", "name", source)
    actions = document.get("actions", {})
    if not isinstance(actions, dict):
        raise InputError(f"expected an object, got {_kind(actions)}", "actions", source)
    found: dict[int, str | list[Any]] = {}
    for level, value in actions.items():
        if not level.isdecimal() or len(level) > 6:
            raise InputError("expected levels from 1 as keys", f"actions.{level}", source)
        if not isinstance(value, str | list):
            raise InputError(
                f"expected a text or a list, got {_kind(value)}", f"actions.{level}", source
            )
        found[int(level)] = value
    return described, name, found


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__
