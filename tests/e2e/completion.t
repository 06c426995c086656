#!/bin/bash
# Completion scripts are printed, parse, and offer commands and targets.
. "$(dirname "$0")/shop.sh"
shop
for shell in bash zsh fish; do
	run "$SLIPWAY" completion "$shell"
	exits 0 "completion $shell"
	like "$out" "slipway" "is about slipway"
	if command -v "$shell" >/dev/null; then
		case $shell in
		bash | zsh) ok "$shell" -n "$tmp/out" -- "$shell parses it" ;;
		fish) ok fish --no-execute "$tmp/out" -- "$shell parses it" ;;
		esac
	fi
done
run "$SLIPWAY" completion csh
exits 2 "an unknown shell"
"$SLIPWAY" completion bash >"$tmp/slipway.bash"
offers() { # WORDS...: what bash offers for the last word
	bash -c '
		cd "$1" || exit; shift
		. "$1"; shift
		PATH=$(dirname "$1"):$PATH; shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
		f=$(complete -p slipway | sed "s/.*-F \([^ ]*\).*/\1/")
		"$f" slipway "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
		printf "%s\n" "${COMPREPLY[@]}" | sed "s/ *$//" | sort | tr "\n" " "' - "$p" "$tmp/slipway.bash" "$SLIPWAY" "$@"
}
like "$(offers slipway ro)" '^rollback $' "bash: a command"
like "$(offers slipway deploy --rep)" '--repair' "bash: an option of the command"
like "$(offers slipway deploy al)" 'alpha' "bash: a target"
