# shellcheck shell=bash
# The Firebase cases of bench/run.sh: slipway and the official client against the stand-in (tests/fake/README.md), which answers as
# late as the service does: 300 ms after a token, a read or a change was asked for, 700 ms after an upload.
#
#   first   from the start of the program to its first words, http and TLS
#   sites   50 sites: one changed file, nothing changed, rollback; the official client on the same sites
#   fleet   500 and 1,000 sites: time, connections, memory
#   cold    50 sites, a large front end with a config.js of each one's own, nothing known anywhere
server=${tools%/bench}/tests/fake/firebase-server
model='{"token":300,"read":300,"control":300,"upload":700}'
depth=2.5 # token + live + create + populate + upload + finalize + release: what a deploy takes that waits for nothing else
url='' server_pid=''

stand_in() { # ARG...
	local line=''
	mkfifo "$work/ready"
	"$server" --service-account "$work/sa.json" --allow-owner --die-with-parent "$@" >"$work/ready" 2>"$work/server.err" &
	server_pid=$!
	read -r -t 30 line <"$work/ready" || true
	rm "$work/ready"
	[ -n "$line" ] || { cat "$work/server.err" >&2; exit 1; }
	url=${line#ready }
	export FIREBASE_HOSTING_API_URL=$url FIREBASE_TOKEN_URL=$url GOOGLE_APPLICATION_CREDENTIALS=$work/sa.json
}
stand_down() {
	kill "$server_pid"
	wait "$server_pid" 2>/dev/null || true
	server_pid=''
}
fake() { curl -sS --fail --noproxy '*' ${2+--data-binary "$2"} "$url/_fake/$1"; }
answers_after() { fake latency "$1" >/dev/null; }
count_anew() { fake reset_counters '{}' >/dev/null; }
counter() { fake counters | grep -o "\"$1\":[0-9]*" | cut -d: -f2; }

# holds LABEL MEASURED BUDGET UNIT [NOTE]: a figure that is not a time
holds() {
	awk -v l="$1" -v m="$2" -v b="$3" -v u="$4" -v n="${5:-}" 'BEGIN { printf "  %-46s %8s %s%s%s\n", l, m, u,
		b == "-" ? "" : (m + 0 <= b + 0 ? "   within " b : "   OVER " b), n == "" ? "" : "  " n }'
}
# want WHAT GOT WANTED: not a matter of speed. What was timed must have happened.
want() { [ "$2" = "$3" ] || { say "bench: $1: $2, not $3" >&2; exit 1; }; }

sites_project() { # DIR COUNT [RENDER]: targets s1 ... sCOUNT, a site each, of the build in $work/dist
	mkdir -p "$1/manifests"
	printf '{ "kind": "firebase", "project": "demo"%s }\n' "${3:+, \"render\": [\"$3\"]}" >"$1/manifests/sites.json"
	{
		printf '{ "slipway": 1, "name": "bench", "builds": { "kiosk": { "dir": "%s" } }, "targets": {\n' "$work/dist"
		seq "$2" | sed 's/.*/"s&": { "vars": { "CATALOG_ID": & } },/; $s/,$//'
		printf '} }\n'
	} >"$1/slipway.json"
}
kiosk() { # the kiosk of the demo, whose config.js is taken as it is, in $work/dist
	cp -r "$repo/tests/data/kiosk/dist" "$work/dist"
	printf 'window.CATALOG = 12;\n' >"$work/dist/config.js"
}
change() { printf '// %s\n' "$1" >>"$(find "$work/dist/assets/js" -name '*.js' | sort | head -1)"; }

# ---- the official client ----

firebase_tools() { # in $official; without npm false, and that is said
	local dir
	dir=$("$repo/tests/tools/npm.sh" install firebase-tools@15.34.2 2>"$work/npm.err") ||
		{ say "  the official client is left out: $(cat "$work/npm.err")"; return 1; }
	official=$dir/node_modules/.bin/firebase
}
official_project() { # DIR COUNT PUBLIC: the same sites in a firebase.json; %s in PUBLIC is the number of the site
	mkdir -p "$1"
	# shellcheck disable=SC2059  # PUBLIC is a format
	{
		printf '{ "hosting": [\n'
		for n in $(seq "$2"); do
			printf '{ "site": "s%s", "public": "%s", "ignore": ["**/.*"] }%s\n' "$n" "$(printf "$3" "$n")" "$([ "$n" = "$2" ] || echo ,)"
		done
		printf '] }\n'
	} >"$1/firebase.json"
}
official_deploy() { # DIR
	cd "$1" || exit
	unset GOOGLE_APPLICATION_CREDENTIALS HTTPS_PROXY https_proxy HTTP_PROXY http_proxy
	for name in API RESOURCEMANAGER SERVICE_USAGE AUTH AUTHPROXY IDENTITY; do export "FIREBASE_${name}_URL=$FIREBASE_HOSTING_API_URL"; done
	export CI=1 NO_UPDATE_NOTIFIER=1 FIREBASE_TOKEN=x FIREBASE_CLI_DISABLE_UPDATE_CHECK=1
	exec "$official" deploy --only hosting --project demo --non-interactive
}
export -f official_deploy

# ---- cases ----

first_of() { # LABEL BUDGET ARG...: bench/first.c
	local figures
	figures=$("$tools/first" -n 11 "${@:3}")
	holds "$1" "${figures#* }" "$2" ms "(connected at ${figures% *} ms)"
}
first() {
	local dest=$work/first
	kiosk
	sites_project "$dest" 50
	stand_in --sites s:1@demo
	stand_down
	sed -i 's|"token_uri": *"[^"]*"|"token_uri":"https://oauth2.googleapis.com/token"|' "$work/sa.json"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/key.pem" -out "$work/ca.pem" \
		-days 1 -subj /CN=localhost 2>/dev/null
	say "from the start of the program to its first words on the wire (the token request), 50 Firebase sites, medians of 11"
	"$SLIPWAY" -C "$dest" check -q >/dev/null
	first_of "http: the first request" 15 "$SLIPWAY" -C "$dest" deploy -q -y
	first_of "https: the first TLS byte, the system's CAs" 45 -t "$SLIPWAY" -C "$dest" deploy -q -y
	SLIPWAY_CA_FILE=$work/ca.pem first_of "https: the first TLS byte, a CA file" 45 -t "$SLIPWAY" -C "$dest" deploy -q -y
	# shellcheck disable=SC2016  # the variable is curl's, below first
	have curl && first_of "curl -d x: http" - sh -c 'exec curl -d x "$FIREBASE_HOSTING_API_URL"' &&
		first_of "curl -d x: https, the system's CAs" - -t sh -c 'exec curl -d x "$FIREBASE_HOSTING_API_URL"'
	rm -rf "$dest" "$work/dist"
}

sites_once() { # RUN: on the 50 sites of $work/p
	change "change $1"
	count_anew
	measure sites-change "$SLIPWAY" -C "$work/p" deploy -q -y
	want "releases of a deploy" "$(counter release)" 50
	want "uploads of one change to 50 sites" "$(counter upload)" 50
	rm -rf "$work/p/.slipway"
	change "change $1, no record"
	measure sites-forgot "$SLIPWAY" -C "$work/p" deploy -q -y
	count_anew
	measure sites-same "$SLIPWAY" -C "$work/p" deploy -q -y
	want "releases where nothing changed" "$(counter release)" 0
	same_requests=$(counter requests)
}
sites_official() {
	firebase_tools || return 0
	export official
	official_project "$work/official" 50 dist
	ln -s "$work/dist" "$work/official/dist"
	answers_after '{"token":0,"read":0,"control":0,"upload":0}'
	measure official-warm bash -c "official_deploy '$work/official'"
	change "the official client's"
	answers_after "$model"
	count_anew
	measure official bash -c "official_deploy '$work/official'"
	want "releases of the official client" "$(counter release)" 50
	row "firebase-tools deploy (once)" "$(time_of official)" "$depth" - "$(counter requests) requests"
}
sites_back() {
	local r
	for r in $(seq "$RUNS"); do
		count_anew
		measure sites-back "$SLIPWAY" -C "$work/p" rollback -q -y
		want "releases of a rollback" "$(counter release)" 50
	done
	only "rollback of 50" "$(time_of sites-back)"
	holds "rollback: requests a site" "$(each "$(counter requests)")" 2 "" "$(counter upload_bytes) bytes of content"
}
each() { awk -v n="$1" 'BEGIN { print (n - 1) / 50 }'; } # the token is for all
sites() {
	local r same_requests official
	kiosk
	sites_project "$work/p" 50
	stand_in --sites s:50@demo
	say "50 Firebase sites, 1 changed file of $(find "$work/dist" -type f | wc -l); D = $depth s is the API's own depth"
	measure sites-new "$SLIPWAY" -C "$work/p" deploy -q -y
	answers_after "$model"
	for r in $(seq "$RUNS"); do sites_once "$r"; done
	row "slipway deploy" "$(time_of sites-change)" "$depth" 1.15
	row "slipway deploy, no local state (a new machine)" "$(time_of sites-forgot)" "$depth" 1.15
	only "nothing changed" "$(time_of sites-same)"
	holds "nothing changed: requests a site" "$(each "$same_requests")" 1 ""
	holds "nothing changed: CPU of the whole program" "$(awk -v s="$(cpu_of sites-same)" 'BEGIN { print s * 1000 }')" 100 ms
	sites_back
	sites_official
	stand_down
	rm -rf "$work/dist" "$work/p" "$work/official"
}

fleet_of() { # COUNT LATENCY BUDGET-SECONDS: seconds, connections and memory of one changed file
	local n=$1 r label=fleet-$1
	sites_project "$work/p" "$n" config.js
	stand_in --sites "s:$n@demo"
	measure "$label-new" "$SLIPWAY" -C "$work/p" deploy -q -y
	answers_after "$2"
	count_anew
	for r in $(seq "$RUNS"); do
		change "change $r of $n"
		measure "$label" "$SLIPWAY" -C "$work/p" deploy -q -y
	done
	want "releases of $RUNS deploys" "$(counter release)" $((n * RUNS))
	if [ -n "$3" ]; then
		row "$n sites, 1 change" "$(time_of "$label")" "$depth" "$3"
	else
		only "$n sites, 1 change" "$(time_of "$label")"
	fi
	holds "$n sites: connections" "$(counter max_connections)" 256 ""
	holds "$n sites: peak memory" "$(($(peak_of "$label") / 1024))" 200 MiB
	stand_down
	rm -rf "$work/p"
}
fleet() {
	kiosk
	printf 'window.CATALOG = {{CATALOG_ID}};\n' >"$work/dist/config.js"
	say "many Firebase sites, a config.js of each one's own, 1 changed file; the model (1,000 sites: 60 ms a call, 140 ms an upload)"
	say "  (later runs begin as wide as the one before ended; the first one's width starts at 64)"
	fleet_of 500 "$model" 2
	fleet_of 1000 '{"token":60,"read":60,"control":60,"upload":140}' ''
	rm -rf "$work/dist"
}

cold_front_end() { # cesium as it is published, with a page and a config.js
	local package
	package=$("$repo/tests/tools/npm.sh" unpack cesium@1.140.0 2>"$work/npm.err") || { say "  skipped: $(cat "$work/npm.err")"; return 1; }
	cp -r "$package" "$work/dist"
	printf '<!doctype html><title>kiosk</title><script src="config.js"></script>\n' >"$work/dist/index.html"
	printf 'window.CATALOG = {{CATALOG_ID}};\n' >"$work/dist/config.js"
}
cold_once() { # RUN
	stand_in --sites s:50@demo --latency token=60,read=60,control=60,upload=60
	rm -rf "$work/p/.slipway"
	if [ "$1" = traced ]; then
		strace -f -qq -e trace=rename,renameat,renameat2 -s 200 -o "$work/renames" "$SLIPWAY" -C "$work/p" deploy -q -y >/dev/null
	else
		measure cold "$SLIPWAY" -C "$work/p" deploy -q -y
	fi
	want "what s50 serves as config.js" "$(fake site/s50 | tr ',{}' '\n' | grep -c "\"/config.js\":\"$config_50\"")" 1
	cold_uploads=$(counter uploads) cold_bytes=$(counter upload_bytes)
	stand_down
}
spooled() { grep -oE '"[^"]+", [0-9]+, "[0-9a-f]/[0-9a-f]{60,}"' "$work/renames" | cut -d'"' -f2 | sort -u | wc -l; }
cold_official() { # SITES: each has a directory of its own, as the client wants it; the files are the same ones
	local n
	official_project "$work/official" "$1" site-%s
	for n in $(seq "$1"); do
		cp -al "$work/dist" "$work/official/site-$n"
		rm "$work/official/site-$n/config.js"
		printf 'window.CATALOG = %s;\n' "$n" >"$work/official/site-$n/config.js"
	done
	stand_in --sites s:50@demo --latency token=60,read=60,control=60,upload=60
	measure "cold-official-$1" bash -c "official_deploy '$work/official'"
	want "releases of the official client" "$(counter release)" "$1"
	stand_down
	rm -rf "$work/official"
}
cold() {
	local r official cold_uploads cold_bytes config_50 contents
	cold_front_end || return 0
	config_50=$(printf 'window.CATALOG = 50;\n' | sha256sum | cut -d' ' -f1)
	sites_project "$work/p" 50 config.js
	say "50 Firebase sites x cesium, $(find "$work/dist" -type f | wc -l) files, $(du -sm "$work/dist" | cut -f1) MB," \
		"a config.js of each one's own, nothing known, 60 ms a call"
	for r in $(seq "$RUNS"); do cold_once "$r"; done
	holds "slipway deploy" "$(time_of cold)" 6 s "$cold_uploads uploads, $((cold_bytes / 1000000)) MB"
	contents=$((50 + $(find "$work/dist" -path '*/.*' -prune -o -type f ! -path "$work/dist/config.js" -print0 |
		xargs -0 sha256sum | cut -d' ' -f1 | sort -u | wc -l)))
	if have strace; then
		cold_once traced
		holds "compressed, of $contents distinct contents" "$(spooled)" "$contents" ""
	fi
	if firebase_tools; then
		export official
		cold_official 2
		cold_official 8
		awk -v a="$(time_of cold-official-2)" -v b="$(time_of cold-official-8)" 'BEGIN {
			printf "  %-46s %8.3f s   2 sites %.1f s, 8 sites %.1f s, scaled to 50 (it takes one site after another)\n",
			"firebase-tools deploy", a + (b - a) / 6 * 48, a, b }'
	fi
	rm -rf "$work/dist" "$work/p"
}
