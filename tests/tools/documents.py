#!/usr/bin/env python3
"""What an independent validator says about documents. usage: documents.py SCHEMA_DIR FILE...

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


def main():
    folder = pathlib.Path(sys.argv[1])
    validators = {}
    for name in ("project", "target", "host"):
        schema = json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft7Validator.check_schema(schema)
        validators[name] = jsonschema.Draft7Validator(schema)
    for argument in sys.argv[2:]:
        kind, _, path = argument.rpartition("=")
        kind = kind or pathlib.Path(path).name.split("-")[0]
        document = json.loads(strip_comments(pathlib.Path(path).read_text(encoding="utf-8")))
        error = next(validators[kind].iter_errors(document), None)
        print("refuse" if error else "accept", path)
        if error:
            print("#", error.message[:150].replace("\n", " "))


main()
