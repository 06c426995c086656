#!/bin/bash
# A lock whose holder is gone.
. "$(dirname "$0")/shop.sh"
fault=$SLIPWAY_BUILD/tests/tools/faultline
[ -x "$fault" ] || skip_or_fail "faultline is not built: make test builds it"
shop
sw deploy
build_is b
run "$fault" -m .partial "$SLIPWAY" -C "$p" deploy
exits 137 "a run was killed in the middle"
ok test -e "$srv/alpha/.slipway/lock" -- "its lock is still there"
sw unlock
exits 2 "unlock needs a target"
# Same machine, process gone: nobody can hold it.
sw unlock alpha
exits 0 "a dead process's lock is freed without --force"
not_ok test -e "$srv/alpha/.slipway/lock" -- "it is gone"
like "$out$err" "ana@desk" "the holder is shown"
sw unlock alpha
exits 0 "freeing a free lock is no error"
sw deploy
exits 0 "and a deploy finds the dead locks of the others no obstacle"
all_serve b

# Another machine's lock that is still leased.
printf '{"by":"bob@far","host":"far","pid":1,"command":"deploy","since":"%s","expires":"%s","token":"0123456789abcdef"}\n' \
	"$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(date -u -d '+10 minutes' +%Y-%m-%dT%H:%M:%SZ)" >"$srv/alpha/.slipway/lock"
build_is c
sw deploy
exits 5 "another machine's lock holds"
like "$out$err" "bob@far" "and its holder is named"
sw unlock alpha
isnt "$rc" 0 "it is not freed without --force"
sw unlock alpha --force
exits 2 "--force asks, and here is nobody to ask"
ok test -e "$srv/alpha/.slipway/lock" -- "so it stays"
sw unlock alpha --force --yes --json
exits 0 "--force --yes frees it"
sw deploy
exits 0 "and the deploy goes on"
all_serve c
