#!/bin/bash
# kill -9 at any request of a deploy or rollback, before or after it took effect.
. "$(dirname "$0")/firebase-faults.sh"
faults 4 deploy:{kill,kill_after}:{1,2}/2 rollback:{kill,kill_after}
