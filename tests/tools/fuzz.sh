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
	log=$dir/$name.log
	if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -verbosity=0 \
		-print_final_stats=1 -artifact_prefix="$dir/crash-$name-" "${dict[@]}" "$dir/new/$name" "${corpus[@]}" >"$log" 2>&1; then
		passed=$((passed + 1))
		echo "ok   $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s"
	else
		tail -40 "$log"
		echo "FAIL $name: the input is under $dir/crash-$name-*"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
