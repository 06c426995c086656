#!/usr/bin/env bash
# Packages from npm for comparisons, fetched once into build/npm. Prints the directory. Nothing that a package brings is run.
#   npm.sh install NAME@VERSION...  with what they need: each NAME is below the directory's node_modules
#   npm.sh unpack NAME@VERSION      its files alone, as they are published
# Without npm, or when npm cannot be reached: a line on stderr, exit 1.
set -euo pipefail

how=${1:-} what=${*:2}
case $how in install | unpack) ;; *) echo "usage: npm.sh install|unpack NAME@VERSION..." >&2; exit 2 ;; esac
keep=$(cd "$(dirname "$0")/../.." && pwd)/build/npm
dest=$keep/$how-${what//[\/ ]/-}
if [ -d "$dest" ]; then
	echo "$dest"
	exit 0
fi
command -v npm >/dev/null 2>&1 || { echo "npm is not installed" >&2; exit 1; }

mkdir -p "$keep"
new=$(mktemp -d "$keep/.new.XXXXXX")
trap 'rm -rf "$new"' EXIT
mkdir "$new/files"
export npm_config_cache=$new/cache npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
fetch() {
	if [ "$how" = install ]; then
		printf '{ "private": true }\n' >"$new/files/package.json"
		npm install --prefix "$new/files" --loglevel=error --ignore-scripts --omit=optional "$@"
	else
		npm pack --loglevel=error --pack-destination "$new" "$1" && tar -C "$new/files" --strip-components=1 -xzf "$new"/*.tgz
	fi
}
if ! fetch "${@:2}" >"$new/log" 2>&1; then
	echo "npm cannot $how $what: $(grep . "$new/log" | tail -1)" >&2
	exit 1
fi
mv -T "$new/files" "$dest" 2>/dev/null || [ -d "$dest" ] # another run may have been faster
echo "$dest"
