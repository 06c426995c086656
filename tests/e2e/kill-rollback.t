#!/bin/bash
# kill -9 before every state-changing call of rollback, in its forms. C is live; B and A are kept.
. "$(dirname "$0")/sweep.sh"
SHOP_DURABILITY=switch
shop alpha beta
for b in a b c; do
	build_is "$b"
	sw deploy
	id_of "$b"
done
all_serve c
sweep_base
sweep kill "alpha=b,c beta=b,c" "alpha=b beta=b" rollback -m "white screen"
sweep kill "alpha=b,c beta=b,c" "alpha=b beta=b" rollback --undo "${ids[c]}"
sweep kill "alpha=a,c beta=a,c" "alpha=a beta=a" rollback --to "${ids[a]}"
