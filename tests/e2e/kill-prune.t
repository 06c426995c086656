#!/bin/bash
# kill -9 before every state-changing call of prune: what is live and its parent stay whole, the rest goes.
. "$(dirname "$0")/sweep.sh"
shop alpha beta
for b in a c b c b; do
	build_is "$b"
	sw deploy
	parent=${newest:-}
	newest=$(live alpha)
done
all_serve b
sweep_base
sweep_keep=$parent,$newest
sweep kill "alpha=b beta=b" "alpha=b beta=b" prune --keep 1
