#!/bin/bash
# Any request of a rollback fails, once, in every way.
. "$(dirname "$0")/firebase-faults.sh"
faults 6 rollback:{500,503,429,403,404,400,401,reset_before,reset_after,close_after,truncate,garbage,huge,expire_token} \
	rollback:{stall,stall_after,drip}
