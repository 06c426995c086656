#!/bin/bash
# Any request of a deploy hangs, or is answered one byte a second.
. "$(dirname "$0")/firebase-faults.sh"
faults 9 deploy:{stall,stall_after,drip}:{1,2,3}/3
