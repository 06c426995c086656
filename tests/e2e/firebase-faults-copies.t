#!/bin/bash
# Any request of a deploy that copies one site's contents to the others fails.
. "$(dirname "$0")/firebase-faults.sh"
faults 4 copies:{503,403,reset_after,garbage,kill_after}
faults 4 copies:stall:{1,2,3,4}/4
