#!/usr/bin/env bash
# Runs every fuzz target of a directory for some seconds. usage: fuzz.sh DIR SECONDS
# New inputs stay in build/; only tests/fuzz/corpus is committed. A crash leaves its input in DIR and ends with 1.
set -euo pipefail

dir=$1 seconds=$2 failed=0 passed=0
for program in "$dir"/fuzz_*; do
	[[ -x $program && ! $program == *.* ]] || continue
	name=${program##*/fuzz_}
	mkdir -p "$dir/new/$name"
	corpus=()
	[[ -d tests/fuzz/corpus/$name ]] && corpus=("tests/fuzz/corpus/$name")
	dict=()
	[[ -f tests/fuzz/$name.dict ]] && dict=("-dict=tests/fuzz/$name.dict")
	echo "== $name, $seconds s" >&2
	if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -verbosity=0 \
		-print_final_stats=1 -artifact_prefix="$dir/crash-$name-" "${dict[@]}" "$dir/new/$name" "${corpus[@]}"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
