# shellcheck shell=bash disable=SC2034,SC2154
# The project that most system tests deploy. Source it instead of lib.sh (it sources that).
#
#   shop [TARGET...]     writes the project $p (targets alpha beta gamma by default; kind dir, roots $srv/TARGET, a rendered
#                        config.js) and the builds $tmp/builds/{a,b,c}; the project's own dist/ is build a.
#                        SHOP_DURABILITY (default none) goes into the host manifest.
#   sw ARGS...           run "$SLIPWAY" -C "$p" ARGS... ; with SHOP_FORGET=1, .slipway is removed before (hosts hold what is needed)
#   json EXPR            a Python expression over d, the JSON document that the last run printed; true, false, null as JSON has them
#   rows EXPR            the same over each row t of d["targets"], joined by blanks
#   want BUILD TARGET    the directory that TARGET must serve for BUILD, made by cp and sed alone
#   serves TARGET BUILD  succeeds when what TARGET serves is exactly that (names, kinds, bytes)
#   all_serve BUILD [NAME]  one check over every target
#   live TARGET          the id of its live release
#   host_state           every file, link and time below $srv, for "nothing was written"
#   id_of BUILD          remembers: ids[BUILD]=$(live alpha) after a deploy
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

p=$tmp/shop srv=$tmp/srv
shop_targets=()
shop_python=$(command -v /usr/bin/python3 || command -v python3 || true)
export SLIPWAY_USER=ana@desk
declare -A ids=()

shop_build() {
	local dir=$1 js=$2 title=$3
	mkdir -p "$dir/css" "$dir/img/icons" "$dir/fonts"
	printf '<!doctype html><title>%s</title><script src="/app.%s.js"></script>\n' "$title" "$js" >"$dir/index.html"
	printf 'console.log("%s")\n' "$js" >"$dir/app.$js.js"
	printf 'window.CONFIG = { id: {{CATALOG_ID}}, url: "{{URL}}", other: "{{ not ours }}" }\n' >"$dir/config.js"
	printf 'body { color: #123 }\n' >"$dir/css/site.css"
	head -c 70000 /dev/zero | tr '\0' "${js:0:1}" >"$dir/img/photo.jpg"
	printf '<svg id="a"/>\n' >"$dir/img/icons/a.svg"
	printf '<svg id="b"/>\n' >"$dir/img/icons/b b.svg"
	: >"$dir/empty.txt"
	printf 'font' >"$dir/fonts/körper.woff2"
}

shop() {
	[ -x "$SLIPWAY" ] || { fail "there is no program at $SLIPWAY: run make"; exit 1; }
	shop_targets=("$@")
	[ $# -gt 0 ] || shop_targets=(alpha beta gamma)
	mkdir -p "$p/targets" "$p/manifests" "$srv" "$tmp/builds"
	shop_build "$tmp/builds/a" aaa111 A
	shop_build "$tmp/builds/b" bbb222 B
	printf '<svg id="new"/>\n' >"$tmp/builds/b/img/icons/new.svg"
	rm -r "$tmp/builds/b/fonts"
	cp -a "$tmp/builds/b" "$tmp/builds/c"
	printf '<!doctype html><title>C</title>\n' >"$tmp/builds/c/index.html"
	cp -a "$tmp/builds/a" "$p/dist"
	cat >"$p/slipway.json" <<-'END'
	{
	  // a shop with one kiosk a client
	  "slipway": 1, "name": "shop",
	  "builds": { "app": { "dir": "dist" } },
	  "defaults": { "build": "app", "host": "local", "render": ["config.js"], "vars": { "URL": "https://api.example/v1" } }
	}
	END
	# shellcheck disable=SC2016
	printf '{ "kind": "dir", "root": "%s/${target}", "durability": "%s" }\n' "$srv" "${SHOP_DURABILITY:-none}" \
		>"$p/manifests/local.json"
	local t n=0
	for t in "${shop_targets[@]}"; do
		n=$((n + 1))
		printf '{ "tags": ["n%d", "%s"], "vars": { "CATALOG_ID": %d } }\n' "$n" "$([ $((n % 2)) = 1 ] && echo odd || echo even)" \
			"$n" >"$p/targets/$t.json"
	done
}

# Ids have a resolution of one second, and a run's id is at least one later than the newest on its places: no waiting is needed.
sw() {
	[ -z "${SHOP_FORGET:-}" ] || rm -rf "$p/.slipway"
	run "$SLIPWAY" -C "$p" "$@"
}

shop_json() {
	"$shop_python" -SEc '
import json, sys
def show(v):
    return v if isinstance(v, str) else json.dumps(v)
text = open(sys.argv[1]).read()
try:
    d = json.loads(text)
except ValueError as e:
    print("not one JSON document:", e, text[:300]); sys.exit(0)
try:
    if sys.argv[2] == "rows":
        print(" ".join(show(eval(sys.argv[3], {"t": t, "d": d})) for t in d["targets"]))
    else:
        print(show(eval(sys.argv[3], {"d": d, "T": {t["place"]: t for t in d.get("targets", [])}})))
except Exception as e:
    print(type(e).__name__, e, text[:600])
' "$tmp/out" "$1" "$2"
}
json() { shop_json doc "$1"; }
rows() { shop_json rows "$1"; }

want() {
	local dir=$tmp/want/$1/$2 n=0 t
	for t in "${shop_targets[@]}"; do
		n=$((n + 1))
		[ "$t" != "$2" ] || break
	done
	if [ ! -d "$dir" ]; then
		mkdir -p "$tmp/want/$1"
		cp -a "$tmp/builds/$1" "$dir"
		sed -i -e "s/{{CATALOG_ID}}/$n/" -e 's,{{URL}},https://api.example/v1,' "$dir/config.js"
	fi
	echo "$dir"
}

serves() {
	local dir=$srv/$1/current
	[ -L "$dir" ] || { echo "$dir is no link"; return 1; }
	diff -r --no-dereference "$(want "$2" "$1")" "$dir/"
}

all_serve() {
	local t said
	for t in "${shop_targets[@]}"; do
		if ! said=$(serves "$t" "$1" 2>&1); then
			fail "${2:-every target serves $1}" "$t: $said"
			return
		fi
	done
	pass "${2:-every target serves $1}"
}

live() { basename "$(readlink "$srv/$1/current" 2>/dev/null)" 2>/dev/null; }
id_of() { ids[$1]=$(live alpha); }
host_state() { find "$srv" -printf '%p %y %i %n %s %m %U:%G %T@ %C@ %l\n' | sort; }
# Puts a build in the project's dist/, as a front-end build would: the directory is made anew.
build_is() { rm -rf "$p/dist" && cp -a "$tmp/builds/$1" "$p/dist"; }
