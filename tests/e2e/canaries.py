"""Searches files for secrets in every dress that a program might put them into.

usage: canaries.py VALUES PATH...
  VALUES  a JSON object: name -> secret
  PATH    files and directories, all the way down: as they are, inflated where they are gzip, and every row of every
          table where they are SQLite
Prints "NAME as FORM in WHERE" for each find and, last, "SEARCHED files forms". A form is the secret, or its first or
last sixteen characters, plain, JSON-, URL- or base64-escaped (at all three alignments), in hex or reversed."""
import base64
import gzip
import json
import os
import sqlite3
import sys
import urllib.parse
import zlib

PART = 16


def base64_forms(raw):
    """What stays the same of a base64 text, wherever the secret begins in what was encoded."""
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw)
        first = (shift * 8 + 5) // 6
        text = text[first:(shift + len(raw)) * 8 // 6]
        yield "base64+%d" % shift, text
        yield "base64url+%d" % shift, text.replace(b"+", b"-").replace(b"/", b"_")


def dresses(value):
    raw = value.encode()
    yield "plain", raw
    yield "JSON", json.dumps(value)[1:-1].encode()
    yield "JSON in UTF-8", json.dumps(value, ensure_ascii=False)[1:-1].encode()
    yield "JSON with \\/", json.dumps(value)[1:-1].replace("/", "\\/").encode()
    yield "JSON twice", json.dumps(json.dumps(value)[1:-1])[1:-1].encode()
    for safe in "", "/", "-._~":
        url = urllib.parse.quote(value, safe=safe)
        yield "URL", url.encode()
        yield "url", "".join(c if i == 0 or url[i - 1] != "%" and url[i - 2] != "%" else c.lower()
                             for i, c in enumerate(url)).encode()
    yield "form", urllib.parse.quote_plus(value).encode()
    yield "hex", raw.hex().encode()
    yield "HEX", raw.hex().upper().encode()
    yield "reversed", raw[::-1]
    yield from base64_forms(raw)


def forms(value):
    found = {}
    for what, text in ("", value), ("the begin of ", value[:PART]), ("the end of ", value[-PART:]):
        for form, dress in dresses(text):
            if len(dress) >= 12:
                found.setdefault(dress, what + form)
    return found


def rows(path):
    db = sqlite3.connect("file:%s?mode=ro" % urllib.parse.quote(path), uri=True)
    try:
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in db.execute('SELECT * FROM "%s"' % table):
                yield table, b"\0".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
    finally:
        db.close()


def contents(path):
    """(where, bytes) of a file, in every way it can be read."""
    with open(path, "rb") as f:
        data = f.read()
    yield path, data
    if data[:2] == b"\x1f\x8b":
        try:
            yield path + " (inflated)", gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            yield path + " (inflated)", zlib.decompressobj(31).decompress(data)
    if data[:15] == b"SQLite format 3":
        for table, row in rows(path):
            yield "%s, table %s" % (path, table), row


def files(paths):
    for path in paths:
        if os.path.isfile(path):
            yield path
        for where, dirs, names in os.walk(path):
            dirs.sort()
            for name in sorted(names):
                if os.path.isfile(os.path.join(where, name)):
                    yield os.path.join(where, name)


def main():
    with open(sys.argv[1]) as f:
        values = json.load(f)
    wanted = {name: forms(value) for name, value in values.items()}
    count = 0
    for path in files(sys.argv[2:]):
        count += 1
        for where, data in contents(path):
            for name, dressed in wanted.items():
                for dress, form in dressed.items():
                    if dress in data:
                        print("%s as %s in %s" % (name, form, where))
    print("SEARCHED", count, sum(len(dressed) for dressed in wanted.values()))


main()
