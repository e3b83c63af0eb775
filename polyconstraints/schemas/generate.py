"""The JSON Schemas of the documents, from their declarations.

``make schemas`` writes them anew. They are shipped so that other programs can read them, and a
test holds them to the declarations.
"""

import inspect
import json
import re
from pathlib import Path
from typing import Any

import msgspec

from polyconstraints.schemas import maps, results, variety
from polyconstraints.schemas.types import Document

#: The declaration of each document.
DOCUMENTS: dict[str, Any] = {
    "derivation": results.Derivation,
    "dimension": variety.Dimension,
    "discovery": maps.Discovery,
    "estimate": results.Estimate,
    "expansion": results.Expansion,
    "groups": results.Groups,
    "law": results.Law,
    "layerwise": variety.Layerwise,
    "plot": variety.Plot,
    "reproduction": results.Reproduction,
    "search": variety.Search,
    "strata": variety.Strata,
    "table": results.Table,
    "training": maps.Training,
    "tying-map": maps.TyingMap,
    "verification": maps.Verification,
    "weight-check": maps.WeightCheck,
}

#: The versions of the documents that have had more than one.
_VERSIONS = {"tying-map": 2, "verification": 2}

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: What comes before the meaning of a field in a docstring.
_FIELD = re.compile(r"^([a-z_]+): (?=[A-Z])", re.MULTILINE)


def _nested(leaf: int, name: str) -> dict[str, Any]:
    items = {"type": "array", "minItems": 1, "items": {"$ref": f"#/$defs/{name}"}}
    return {"anyOf": [{"type": "integer", "minimum": leaf}, items]}


#: Lists of lists of any depth, which no type says.
_NESTED = {"classes": _nested(-1, "classes"), "address": _nested(0, "address")}


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a document."""
    declared = DOCUMENTS[name]
    (schema,), parts = msgspec.json.schema_components([declared], ref_template="#/$defs/{name}")
    kinds = {kind.__name__: kind for kind in _kinds(Document)}
    found: dict[str, Any] = {key: _told(part, kinds[key]) for key, part in parts.items()}
    if schema.keys() == {"$ref"}:
        schema = found.pop(schema["$ref"].rpartition("/")[2])
    text = json.dumps([schema, found])
    found.update((key, part) for key, part in _NESTED.items() if f"#/$defs/{key}" in text)
    document = {
        "$schema": _DIALECT,
        "$id": f"urn:polyconstraints:schema:{name}:{_VERSIONS.get(name, 1)}",
        **schema,
        "title": name.replace("-", " ").capitalize(),
    }
    if found:
        document["$defs"] = found
    plain: dict[str, Any] = _plain(document)
    return plain


def _told(part: dict[str, Any], kind: type[Document]) -> dict[str, Any]:
    """Return the schema of a structure with what its docstring says of it and of its fields."""
    properties = {name: dict(schema) for name, schema in part["properties"].items()}
    for one in reversed(kind.__mro__[: kind.__mro__.index(Document)]):
        summary, *meanings = re.split(_FIELD, inspect.cleandoc(one.__doc__ or ""))
        for name, meaning in zip(meanings[::2], meanings[1::2], strict=True):
            properties[name]["description"] = " ".join(meaning.split())
    return {**part, "properties": properties, "description": summary.strip(), **kind.EXTRA}


def _kinds(kind: type[Document]) -> list[type[Any]]:
    return [one for sub in kind.__subclasses__() for one in (sub, *_kinds(sub))]


def _plain(part: Any) -> Any:
    """Return a schema in one form: what has no order sorted, one constant as a constant."""
    if isinstance(part, list):
        return [_plain(item) for item in part]
    if not isinstance(part, dict):
        return part
    found = {key: _plain(item) for key, item in part.items()}
    if isinstance(found.get("enum"), list) and len(found["enum"]) == 1:
        found["const"] = found.pop("enum")[0]
    if isinstance(found.get("anyOf"), list):
        found["anyOf"] = sorted(found["anyOf"], key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(found.get("required"), list):
        found["required"] = sorted(found["required"])
    return found


if __name__ == "__main__":
    folder = Path(__file__).parent
    for name in DOCUMENTS:
        text = json.dumps(json_schema(name), sort_keys=True, ensure_ascii=False)
        (folder / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
