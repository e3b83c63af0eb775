"""The JSON Schemas (draft 2020-12) of the documents that the commands write."""

from __future__ import annotations

from typing import Any

__all__ = ["load_schema", "schema_names"]


def schema_names() -> tuple[str, ...]:
    """Return the names of the documents that have a schema.

    Examples
    --------
    >>> "tying-map" in schema_names()
    True
    """
    from importlib.resources import files

    paths = (item.name for item in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in paths if name.endswith(".json")))


def load_schema(name: str) -> dict[str, Any]:
    """Return the schema of a document, such as ``derivation``.

    Raises
    ------
    UsageError
        If there is none of that name.

    Examples
    --------
    >>> load_schema("derivation")["properties"]["schema"]["const"]
    'polyconstraints/derivation/1'
    """
    import json
    from importlib.resources import files

    from polyconstraints.errors import UsageError

    if name not in (known := schema_names()):
        raise UsageError(f"expected one of {', '.join(known)}, got {name!r}")
    document: dict[str, Any] = json.loads(
        files(__name__).joinpath(f"{name}.json").read_text("utf-8")
    )
    return document
