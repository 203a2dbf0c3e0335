"""What the vendor checks of a strict schema before it lets a model see it."""

from typing import Any

from local.sandbox.openai.refusals import Refused

KEYWORDS = {
    "$defs",
    "$ref",
    "additionalProperties",
    "anyOf",
    "const",
    "description",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maximum",
    "minItems",
    "minimum",
    "multipleOf",
    "pattern",
    "properties",
    "required",
    "title",
    "type",
}


def check_schema(schema: dict[str, Any], what: str, param: str) -> None:
    """`what`: "function 'x'" or "response_format 'x'". Raises Refused in the vendor's words."""
    if schema.get("type") != "object":
        raise _invalid(
            what,
            param,
            (),
            f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{schema.get('type')}\"'",
        )
    _check(schema, what, param, ())


def _check(schema: Any, what: str, param: str, path: tuple[str, ...]) -> None:
    if not isinstance(schema, dict):
        raise _invalid(what, param, path, "schema must be an object")
    unknown = sorted(set(schema) - KEYWORDS)
    if unknown:
        raise _invalid(what, param, path, f"'{unknown[0]}' is not permitted")
    if not set(schema) & {"type", "anyOf", "$ref", "enum", "const"}:
        raise _invalid(what, param, path, "schema must have a 'type' key")
    if schema.get("type") == "object":
        _check_object(schema, what, param, path)
    if schema.get("type") == "array" and "items" not in schema:
        raise _invalid(what, param, path, "array schema missing items")
    for name, child in _children(schema):
        _check(child, what, param, (*path, *name))


def _check_object(schema: dict[str, Any], what: str, param: str, path: tuple[str, ...]) -> None:
    if schema.get("additionalProperties") is not False:
        raise _invalid(what, param, path, "'additionalProperties' is required to be supplied and to be false")
    left_out = sorted(set(schema.get("properties", {})) - set(schema.get("required", [])))
    if left_out:
        raise _invalid(
            what,
            param,
            path,
            "'required' is required to be supplied and to be an array including every key in properties. "
            f"Missing '{left_out[0]}'",
        )


def _children(schema: dict[str, Any]) -> list[tuple[tuple[str, ...], Any]]:
    found: list[tuple[tuple[str, ...], Any]] = []
    for group in ("properties", "$defs"):
        found += [((group, name), child) for name, child in schema.get(group, {}).items()]
    if "items" in schema:
        found.append((("items",), schema["items"]))
    found += [(("anyOf", str(at)), child) for at, child in enumerate(schema.get("anyOf", []))]
    return found


def _invalid(what: str, param: str, path: tuple[str, ...], problem: str) -> Refused:
    code = "invalid_function_parameters" if what.startswith("function") else "invalid_json_schema"
    return Refused(400, f"Invalid schema for {what}: In context={path!r}, {problem}.", code=code, param=param)
