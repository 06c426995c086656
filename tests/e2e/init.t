#!/bin/bash
# init writes a project that checks and deploys; it never overwrites.
. "$(dirname "$0")/shop.sh"
shop_build "$tmp/site/dist" aaa111 A
mkdir -p "$srv"
sed -i 's/{{[A-Z_]*}}/1/g' "$tmp/site/dist/config.js"
run "$SLIPWAY" -C "$tmp/site" init --kind dir --root "$srv/one" one
exits 0 "init from flags"
ok test -f "$tmp/site/slipway.json" -- "writes slipway.json"
run "$SLIPWAY" -C "$tmp/site" check
exits 0 "which checks"
run "$SLIPWAY" -C "$tmp/site" deploy
exits 0 "and deploys"
ok diff -r "$tmp/site/dist" "$srv/one/current/" -- "the build"
before=$(find "$tmp/site" -path '*/.slipway' -prune -o -type f -exec md5sum {} + | sort)
run "$SLIPWAY" -C "$tmp/site" init --kind dir --root "$srv/two" two
exits 2 "a second init refuses"
is "$(find "$tmp/site" -path '*/.slipway' -prune -o -type f -exec md5sum {} + | sort)" "$before" "and overwrites nothing"

mkdir "$tmp/fire"
cat >"$tmp/fire/firebase.json" <<'END'
{
  // a comment
  "hosting": [{
    "target": "kiosk", "public": "dist", "ignore": ["firebase.json", "**/.*"],
    "rewrites": [{ "source": "**", "destination": "/index.html" }],
    "headers": [{ "source": "**/*.js", "headers": [{ "key": "Cache-Control", "value": "max-age=60" }] }]
  }]
}
END
printf '{ "projects": { "default": "shop-1" }, "targets": { "shop-1": { "hosting": { "kiosk": ["shop-a", "shop-b"] } } } }\n' \
	>"$tmp/fire/.firebaserc"
mkdir "$tmp/fire/dist" && printf 'x' >"$tmp/fire/dist/index.html"
run "$SLIPWAY" -C "$tmp/fire" init
exits 0 "init from firebase.json"
run "$SLIPWAY" -C "$tmp/fire" check
exits 0 "gives a project that checks"
run grep -rh "shop-" "$tmp/fire" --include='*.json' --exclude=firebase.json
like "$out" "shop-a" "with its sites"
like "$out" "shop-1" "and its project"
run "$SLIPWAY" -C "$tmp/home" init
like "$rc" '^[02]$' "init in an empty directory says what it needs or writes a start"
