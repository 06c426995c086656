#!/bin/bash
# A request of a deploy without a record of what is there fails: every second one.
. "$(dirname "$0")/firebase-faults.sh"
faults 4 fresh:{403,reset_after}:1/2 fresh:{503,kill_after}:2/2 fresh:stall_after:1/4
