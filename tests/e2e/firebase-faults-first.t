#!/bin/bash
# Any request of the first deploy to three sites fails.
. "$(dirname "$0")/firebase-faults.sh"
faults 4 first:{503,403,reset_after,garbage}
faults 6 first:{kill_after,stall}:{1,2,3}/3
