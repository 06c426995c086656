#!/usr/bin/env python3
"""What an independent validator says about documents. usage: documents.py SCHEMA_DIR FILE... | --keys

--keys prints "SHAPE KEY" for every key that the schemas know; SHAPE is project, environment, defaults, target, entry or
host-KIND.

A file's name begins with the schema's: target-x.json is judged by target.schema.json. Other names need SCHEMA=FILE.
Prints "accept FILE" or "refuse FILE" (and why, as a comment), a line each.
Ends with 3 when jsonschema is not installed."""
import json
import pathlib
import re
import sys

try:
    import jsonschema
except ImportError:
    sys.exit(3)


def strip_comments(text):
    """Comments become blanks; strings stay."""
    def blank(m):
        return m.group(0) if m.group(0)[0] == '"' else re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', blank, text, flags=re.S)


def print_keys(schemas):
    project, target, host = (schemas[n] for n in ("project", "target", "host"))
    shapes = {
        "project": project, "environment": project["properties"]["environments"]["additionalProperties"],
        "defaults": project["properties"]["defaults"], "target": target["definitions"]["target"],
        "entry": target["definitions"]["entry"],
    }
    for kind in ("dir", "firebase", "s3", "ssh"):
        shapes[f"host-{kind}"] = host["definitions"][f"host_{kind}"]
    for name, shape in shapes.items():
        for key in shape["properties"]:
            print(name, key)


def main():
    folder = pathlib.Path(sys.argv[1])
    validators, schemas = {}, {}
    for name in ("project", "target", "host"):
        schema = json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft7Validator.check_schema(schema)
        validators[name], schemas[name] = jsonschema.Draft7Validator(schema), schema
    if sys.argv[2:] == ["--keys"]:
        print_keys(schemas)
        return
    for argument in sys.argv[2:]:
        kind, _, path = argument.rpartition("=")
        kind = kind or pathlib.Path(path).name.split("-")[0]
        document = json.loads(strip_comments(pathlib.Path(path).read_text(encoding="utf-8")))
        error = next(validators[kind].iter_errors(document), None)
        print("refuse" if error else "accept", path)
        if error:
            print("#", error.message[:150].replace("\n", " "))


main()
