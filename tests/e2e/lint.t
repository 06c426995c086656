#!/usr/bin/env bash
# The rules of lint.py can fail: a small tree breaks each of them once, and a clean one breaks none.
. "$(dirname "$0")/lib.sh"
need python3 ctags

lint=$lib_repo/tests/tools/lint.py
mkdir -p clean/src/base clean/src/net clean/tests

clean() {
	rm -rf broken && cp -r clean broken
}
put() { # FILE TEXT
	mkdir -p "$(dirname "broken/src/$1")"
	printf '%b' "$2" >"broken/src/$1"
}
finds() { # RULE PATTERN NAME
	run python3 "$lint" broken
	like "$out" "$1: .*$2" "$3"
	clean
}

printf '#ifndef SLIPWAY_BASE_A_H\n#define SLIPWAY_BASE_A_H\n\n/* Adds. */\nint a_add(int x);\n\n#endif\n' >clean/src/base/a.h
printf '#include "base/a.h"\n\n#include <stdio.h>\n\nint a_add(int x)\n{\n\treturn x + 1;\n}\n' >clean/src/base/a.c
clean
run python3 "$lint" broken
exits 0 "a clean tree passes"
is "$out" "" "and nothing is said"

put base/b.c 'int b;'
finds text "no newline" "a missing newline at the end"
put base/b.c 'int b; \n'
finds text "end of the line" "white space at the end"
put base/b.c "/* $(printf '%0120d' 0) */\n"
finds text "126 columns" "a long line"
mkdir -p broken/tests && printf '#!/bin/sh\n' >broken/tests/b.t
finds text "executable" "a test that cannot run"
put base/b.c 'void b(void)\n{\n    return;\n}\n'
finds text "spaces" "indentation with spaces"
put base/b.c '#include "net/c.h"\n'
put net/c.h '#ifndef SLIPWAY_NET_C_H\n#define SLIPWAY_NET_C_H\n#endif\n'
finds layers "base may not include net" "an include that points upward"
put cmd/b.c '#include "host/dir/d.h"\n'
put host/dir/d.h '#ifndef SLIPWAY_HOST_DIR_D_H\n#define SLIPWAY_HOST_DIR_D_H\n#endif\n'
finds layers "host/host.h only" "a command that reaches into a host"
put host/s3/b.c '#include "host/dir/d.h"\n'
put host/dir/d.h '#ifndef SLIPWAY_HOST_DIR_D_H\n#define SLIPWAY_HOST_DIR_D_H\n#endif\n'
finds layers "may not include another" "a host that reaches into another"
put base/b.c '#include "a.h"\n'
finds layers "not a path" "an include without its room"
put base/a.c '#include <stdio.h>\n\n#include "base/a.h"\n'
finds own-header "base/a.h" "the own header not first"
put net/b.c '#include <sqlite3.h>\n'
finds third-party "base/db.c only" "a library outside its file"
put net/b.c '#include <glib/glib.h>\n'
finds third-party "not in the table" "an unknown library"
put dist/b.c '#include <xxhash.h>\n'
put dist/c.c '#include <xxhash.h>\n'
finds third-party "stands in 2 files" "a library in two files"
put base/c.h '#ifndef C_H\n#define C_H\n#endif\n'
finds guard SLIPWAY_BASE_C_H "a wrong guard"
put base/c.h '#ifndef SLIPWAY_BASE_C_H\n#define SLIPWAY_BASE_C_H\n\nint c_get(void);\n\n#endif\n'
finds header-comment c_get "a function without a contract"
put base/b.c 'void b(char *s)\n{\n\tstrcpy(s, "x");\n}\n'
finds banned strcpy "a banned function"
put base/b.c 'void b(void)\n{\n\texit(1);\n}\n'
finds banned "main.c only" "exit outside main.c"
put base/b.c 'void b(void)\n{\n\tgoto end;\nend:\n\treturn;\n}\n'
finds goto "is out" "another label than out"
put base/b.c 'typedef struct b b;\n'
finds typedef "write struct" "a typedef of a struct"
put base/b.c "/* TO""DO: later */\n"
finds marker "TO""DO" "an open end"
put base/b.c "$(printf '\\n%.0s' {1..501})"
finds file-length "501 lines" "a long file"
put base/b.c "void b(void)\n{\n$(printf '\\t;\\n%.0s' {1..79})}\n"
finds function-length "b has 82 lines" "a long function"

put base/b.c 'void b(void)\n{\n\tputs("strcpy(a) // TO do");\n\t/* strcat(x) is banned */\n}\n'
run python3 "$lint" broken
exits 0 "names in strings and comments are not calls"
