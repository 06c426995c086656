#!/usr/bin/env python3
"""schema.py DIR [COMMAND] < document: does what --json printed follow DIR/COMMAND.schema.json? Exactly one document,
and the schemas are themselves valid. Without COMMAND, the document's own."""
import json
import pathlib
import sys
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
import jsonschema  # noqa: E402


def unique(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"a key stands twice: {sorted(keys)}")
    return dict(pairs)


def main():
    folder = pathlib.Path(sys.argv[1])
    schemas = {path.name.split(".")[0]: json.loads(path.read_text()) for path in folder.glob("*.schema.json")}
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    text = sys.stdin.read()
    document = json.loads(text, object_pairs_hook=unique)
    name = sys.argv[2] if len(sys.argv) > 2 else document["command"] or "unknown"
    store = {schema["$id"]: schema for schema in schemas.values()}
    resolver = jsonschema.RefResolver.from_schema(schemas[name], store=store)
    errors = list(jsonschema.Draft202012Validator(schemas[name], resolver=resolver).iter_errors(document))
    for error in errors:
        print("/".join(map(str, error.absolute_path)) or "document", error.message[:300], sep=": ")
    sys.exit(1 if errors else 0)


main()
