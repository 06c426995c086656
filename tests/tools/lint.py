#!/usr/bin/env python3
"""The rules of this code base that no compiler knows. usage: lint.py [ROOT]

Prints path:line: rule: what, one a line, and ends with 1 when there is one. Rules: text, layers, own-header,
third-party, guard, header-comment, banned, goto, typedef, marker, file-length, function-length.
"""
import pathlib
import re
import subprocess
import sys

TAB, COLUMNS, SHELL_COLUMNS, FILE_LINES, FUNCTION_LINES = 4, 120, 140, 500, 80

# room: what it may include (itself is always allowed)
LAYERS = {
    "base": set(),
    "release": {"base"},
    "target": {"base"},
    "net": {"base"},
    "dist": {"base", "release"},
    "host": {"base", "net", "release", "target"},
    "deploy": {"base", "release", "target", "net", "dist", "host"},
    "cmd": {"base", "release", "target", "net", "dist", "host", "deploy"},
    "main.c": {"base", "release", "target", "net", "dist", "host", "deploy", "cmd"},
}
# third-party header: where it may stand (a prefix of the path below src/), in one file of each place only
THIRD_PARTY = {
    "cjson/cJSON.h": "base/json.c",
    "openssl/evp.h": ("base/digest.c", "host/firebase/jwt.c"),
    "openssl/hmac.h": "base/digest.c",
    "sqlite3.h": "base/db.c",
    "utf8proc.h": "base/utf8.c",
    "xxhash.h": "dist/",
    "libdeflate.h": "dist/gzip.c",
    "zlib.h": "dist/gzip.c",
    "curl/curl.h": "net/",
    "openssl/err.h": "host/firebase/jwt.c",
    "openssl/pem.h": "host/firebase/jwt.c",
    "expat.h": "host/s3/listing.c",
}
SYSTEM = re.compile(r"^(sys|linux|netinet|arpa|net)/[a-z0-9_]+\.h$|^[a-z0-9_]+\.h$")
BANNED = {
    "sprintf": "snprintf or strbuf_addf", "vsprintf": "vsnprintf", "strcpy": "memcpy or strbuf", "strcat": "strbuf",
    "strncpy": "snprintf", "strncat": "strbuf", "strtok": "strcspn", "gets": "file_read", "gmtime": "gmtime_r",
    "localtime": "localtime_r", "ctime": "clock_format", "asctime": "clock_format", "atoi": "strtol", "atol": "strtol",
    "atof": "strtod", "mktemp": "mkdtemp", "tmpnam": "mkdtemp", "tempnam": "mkdtemp", "tmpfile": "file_replace",
    "alloca": "xmalloc", "system": "posix_spawn", "popen": "posix_spawn", "rand": "getrandom", "srand": "getrandom",
    "strerror": "fail_errno or strerror_r", "usleep": "the loop", "longjmp": "a return value", "strdup": "xstrdup",
    "strndup": "xstrndup", "asprintf": "arena_printf or strbuf_addf",
}
ONLY_SRC = {"strdup", "strndup", "asprintf", "usleep", "rand", "srand", "strerror", "tmpfile"}
ONLY_IN = {
    "malloc": ("base/mem.c",), "calloc": ("base/mem.c",), "realloc": ("base/mem.c",),
    "exit": ("main.c",),
    "getenv": ("target/secret_read.c", "target/environment.c", "deploy/context.c", "host/firebase/credential.c",
               "host/firebase/environment.c",
               "cmd/",
               "main.c"),
    "secure_getenv": ("target/secret_read.c", "target/environment.c", "cmd/", "main.c"),
}


class Lint:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.count = 0

    def say(self, path, line, rule, what):
        print(f"{path.relative_to(self.root)}:{line}: {rule}: {what}")
        self.count += 1

    def files(self, folders, patterns):
        for folder in folders:
            for pattern in patterns:
                yield from sorted((self.root / folder).rglob(pattern))


def places(header):
    allowed = THIRD_PARTY[header]
    return allowed if isinstance(allowed, tuple) else (allowed,)


def bare(text):
    """The text with comments and the insides of literals blanked, lines kept."""
    def blank(m):
        s = m.group(0)
        if s[0] in "\"'":
            return s[0] + " " * (len(s) - 2) + s[0]
        return re.sub(r"[^\n]", " ", s)
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'", blank, text, flags=re.S)


def check_text(lint, path, text):
    if text and not text.endswith("\n"):
        lint.say(path, text.count("\n") + 1, "text", "no newline at the end")
    before = ""
    limit = COLUMNS if path.suffix in (".c", ".h", ".py") else SHELL_COLUMNS
    for n, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip():
            lint.say(path, n, "text", "white space at the end of the line")
        width = len(line.expandtabs(TAB))
        if width > limit:
            lint.say(path, n, "text", f"{width} columns (at most {limit}, a tab counts {TAB})")
        # spaces may align what goes on from the line before
        if path.suffix in (".c", ".h") and re.match(r" {2,}[^\s*]", line) and re.search(r"[;{}]\s*$", before):
            lint.say(path, n, "text", "indented with spaces")
        before = line


def check_includes(lint, path, text, users):
    inside = path.relative_to(lint.root / "src")
    room = inside.parts[0]
    includes = [(text.count("\n", 0, m.start()) + 1, m.group(1), m.group(2))
                for m in re.finditer(r"^#include\s+([<\"])([^>\"]+)[>\"]", text, re.M)]
    for n, kind, name in includes:
        if kind == "<":
            if name in THIRD_PARTY:
                users.setdefault(name, set()).add(str(inside))
                if not str(inside).startswith(places(name)):
                    lint.say(path, n, "third-party", f"<{name}> may stand in {' and '.join(places(name))} only")
            elif not SYSTEM.match(name):
                lint.say(path, n, "third-party", f"<{name}> is not in the table of lint.py")
            continue
        other = name.split("/")[0]
        if "/" not in name or not (lint.root / "src" / name).exists():
            lint.say(path, n, "layers", f"\"{name}\" is not a path below src/")
        elif other != room and other not in LAYERS.get(room, set()):
            lint.say(path, n, "layers", f"{room} may not include {other}")
        elif room in ("cmd", "main.c") and other == "host" and name != "host/host.h":
            lint.say(path, n, "layers", f"{room} may include host/host.h only")
        elif room == "host" and other == "host" and len(inside.parts) > 2 and name.count("/") > 1 \
                and name.split("/")[1] != inside.parts[1]:
            lint.say(path, n, "layers", "a kind of host may not include another")
    own = str(inside.with_suffix(".h"))
    if path.suffix == ".c" and (lint.root / "src" / own).exists() and (not includes or includes[0][2] != own):
        lint.say(path, 1, "own-header", f"the first #include must be \"{own}\"")


def check_header(lint, path, text):
    inside = path.relative_to(lint.root / "src")
    guard = "SLIPWAY_" + re.sub(r"[^A-Z0-9]", "_", str(inside).upper())
    if f"#ifndef {guard}\n#define {guard}\n" not in text or not text.rstrip().endswith("#endif"):
        lint.say(path, 1, "guard", f"#ifndef {guard}, #define {guard} ... #endif")
    n = 1
    for paragraph in text.split("\n\n"):
        code = bare(paragraph)
        proto = re.search(r"^(?!static|typedef|#|\s)[a-z][\w \t\*]*?[\s\*](\w+)\s*\([^;{}]*\)[^;{}]*;", code, re.M)
        if proto and "/*" not in paragraph:
            lint.say(path, n + code.count("\n", 0, proto.start()), "header-comment",
                     f"{proto.group(1)} and its neighbours have no comment")
        n += paragraph.count("\n") + 2


def check_calls(lint, path, text, in_src):
    code = bare(text)
    inside = str(path.relative_to(lint.root / "src")) if in_src else ""
    for m in re.finditer(r"(?<![\w.>])(\w+)\s*\(", code):
        name, n = m.group(1), code.count("\n", 0, m.start()) + 1
        if name in BANNED and (in_src or name not in ONLY_SRC):
            lint.say(path, n, "banned", f"{name}: use {BANNED[name]}")
        elif in_src and name in ONLY_IN and not inside.startswith(ONLY_IN[name]):
            lint.say(path, n, "banned", f"{name} may stand in {', '.join(ONLY_IN[name])} only")
    for m in re.finditer(r"\bgoto\s+(\w+)", code):
        if m.group(1) != "out":
            lint.say(path, code.count("\n", 0, m.start()) + 1, "goto", "the one label is out")
    for m in re.finditer(r"\btypedef\s+(struct|union|enum)\b", code):
        if "typedef struct cJSON json" not in text[m.start():m.start() + 40]:
            lint.say(path, code.count("\n", 0, m.start()) + 1, "typedef", "write struct, union or enum out")
    for m in re.finditer(r"\b(TODO|FIXME|XXX|HACK)\b", text):
        lint.say(path, text.count("\n", 0, m.start()) + 1, "marker", m.group(1))


def check_functions(lint, sources):
    if not sources:
        return
    command = ["ctags", "-x", "--language-force=C", "--kinds-C=f", "--_xformat=%n\t%e\t%N\t%F", *map(str, sources)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        begin, end, name, path = line.split("\t")
        length = int(end) - int(begin) + 1 if end.isdigit() else 0
        if length > FUNCTION_LINES:
            lint.say(pathlib.Path(path), begin, "function-length",
                     f"{name} has {length} lines (at most {FUNCTION_LINES})")


def main():
    lint = Lint(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve())
    users = {}
    code = list(lint.files(["src", "tests", "bench"], ["*.c", "*.h"]))
    scripts = list(lint.files(["tests", "bench", ".ci"], ["*.sh", "*.t", "*.py", "run"]))
    extra = [p for p in (lint.root / "Makefile", lint.root / ".clang-tidy") if p.exists()]
    for path in code + scripts + extra:
        if not path.is_file() or "data" in path.relative_to(lint.root).parts:
            continue
        text = path.read_text(encoding="utf-8")
        in_src = path.relative_to(lint.root).parts[0] == "src"
        check_text(lint, path, text)
        if path.suffix == ".t" and not path.stat().st_mode & 0o100:
            lint.say(path, 1, "text", "a test must be executable")
        if path.suffix not in (".c", ".h"):
            continue
        check_calls(lint, path, text, in_src)
        if in_src:
            check_includes(lint, path, text, users)
            if path.suffix == ".h":
                check_header(lint, path, text)
        if in_src and text.count("\n") > FILE_LINES:
            lint.say(path, FILE_LINES, "file-length", f"{text.count(chr(10))} lines (at most {FILE_LINES})")
    for name, files in sorted(users.items()):
        if len(files) > len(places(name)):
            print(f"src: third-party: <{name}> stands in {len(files)} files: {', '.join(sorted(files))}")
            lint.count += 1
    check_functions(lint, [p for p in code if p.suffix == ".c" and "src" in p.relative_to(lint.root).parts[:1]])
    return 1 if lint.count else 0


sys.exit(main())
