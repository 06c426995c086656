# shellcheck shell=bash disable=SC2034,SC2154
# Shared by the error sweeps: one target moves from A to B, one is deployed for the first time; then a rollback.
error_sweep() {
	SHOP_DURABILITY=switch
	shop alpha beta
	sw deploy alpha
	exits 0 "A is live on one of two"
	build_is b
	sweep_base
	sweep "$1" "alpha=a,b beta=none,b" "alpha=b beta=b" deploy
	rm -rf "$p" "$srv"
	cp -a "$tmp/base/." "$tmp/"
	sw deploy
	build_is a
	sw deploy
	all_serve a "A is live everywhere, as a new release"
	sweep_base
	sweep "$1" "alpha=a,b beta=a,b" "alpha=b beta=b" rollback
}
