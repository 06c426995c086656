# shellcheck shell=bash disable=SC2034,SC2154
# Shared by the shards of kill-deploy: see there.
SHOP_DURABILITY=switch
shop alpha beta gamma
sw deploy alpha beta
exits 0 "A is live on two of three"
build_is b
sweep_base
sweep kill "alpha=a,b beta=a,b gamma=none,b" "alpha=b beta=b gamma=b" deploy
