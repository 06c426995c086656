#!/bin/bash
# Any request of a deploy without a record of what is there fails.
. "$(dirname "$0")/firebase-faults.sh"
faults 4 fresh:{503,403,reset_after,garbage,kill_after}
faults 4 fresh:{stall,stall_after}:{1,2}/2
