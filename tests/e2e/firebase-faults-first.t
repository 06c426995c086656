#!/bin/bash
# A request of the first deploy to three sites fails: every third one, each way taking others.
. "$(dirname "$0")/firebase-faults.sh"
faults 4 first:503:1/3 first:reset_after:2/3 first:kill_after:3/3 first:stall:1/6
