"""JSON schemas in the strict subset that structured outputs and function tools accept.

The rules are OpenAI's (platform.openai.com/docs/guides/structured-outputs, "Supported schemas"); we keep to
what other compatible servers take too: references are written out, and only the keywords below are sent.
"""

from typing import Any, cast

from pydantic import BaseModel

Schema = dict[str, Any]

KEPT = ("type", "description", "enum", "minimum", "maximum", "minItems", "maxItems")
MAX_DEPTH = 10  # levels of nesting the vendor allows


def strict_schema(model: type[BaseModel]) -> Schema:
    """The model's schema: every field required, nothing additional, no defaults, no references.

    Raises ValueError for what a strict schema can't say: free dicts, tuples, `Any`, recursion.
    """
    whole = model.model_json_schema()
    return _strict(whole, cast(Schema, whole.get("$defs", {})), model.__name__, ())


def _strict(schema: Schema, defs: Schema, where: str, opened: tuple[str, ...]) -> Schema:
    if "$ref" in schema:
        return _written_out(schema, defs, where, opened)
    whole = schema.get("allOf")
    if isinstance(whole, list) and len(cast(list[Any], whole)) == 1:
        return _strict({**whole[0], **_without(schema, "allOf")}, defs, where, opened)
    variants = schema.get("anyOf") or schema.get("oneOf")
    kept = {key: schema[key] for key in KEPT if key in schema}
    if variants:
        return {**kept, "anyOf": [_strict(variant, defs, where, opened) for variant in variants]}
    if "const" in schema:
        kept["enum"] = [schema["const"]]
    return kept | _children(schema, defs, where, opened)


def _children(schema: Schema, defs: Schema, where: str, opened: tuple[str, ...]) -> Schema:
    kind = schema.get("type")
    if kind == "object":
        if "properties" not in schema and schema.get("additionalProperties") is not False:
            raise ValueError(f"{where}: a dict of free keys can't be strict; use a list of a model")
        properties = cast(Schema, schema.get("properties", {}))
        return {
            "properties": {
                name: _strict(child, defs, f"{where}.{name}", opened) for name, child in properties.items()
            },
            "required": list(properties),
            "additionalProperties": False,
        }
    if kind == "array":
        if "prefixItems" in schema or not schema.get("items"):
            raise ValueError(f"{where}: a tuple or a list of anything can't be strict")
        return {"items": _strict(schema["items"], defs, f"{where}[]", opened)}
    if kind is None and "enum" not in schema and "const" not in schema:
        raise ValueError(f"{where}: a field of any type can't be strict")
    return {}


def _written_out(schema: Schema, defs: Schema, where: str, opened: tuple[str, ...]) -> Schema:
    name = str(schema["$ref"]).rsplit("/", 1)[-1]
    if name in opened or len(opened) >= MAX_DEPTH:
        raise ValueError(f"{where}: {name} holds itself, or is nested too deep, and can't be strict")
    return _strict({**defs[name], **_without(schema, "$ref")}, defs, where, (*opened, name))


def _without(schema: Schema, key: str) -> Schema:
    return {name: value for name, value in schema.items() if name != key}
