#!/bin/bash
# SIGINT at any request of a deploy or rollback that hangs: exit 8 within 12 s, and what is live is told.
. "$(dirname "$0")/firebase-faults.sh"
faults 10 deploy:{int,int_after}:{1,2,3,4}/4 rollback:{int,int_after}
