#!/bin/bash
# kill -9 before every state-changing call of deploy: two targets move from A to B, a third is deployed for the first time.
SWEEP_SHARD=2/2
. "$(dirname "$0")/sweep.sh"
. "$lib_repo/tests/e2e/kill-deploy.sh"
