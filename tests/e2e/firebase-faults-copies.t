#!/bin/bash
# A request of a deploy that copies one site's contents to the others fails: every third one, each way taking others.
. "$(dirname "$0")/firebase-faults.sh"
faults 4 copies:403:1/3 copies:reset_after:2/3 copies:kill_after:3/3 copies:stall:2/6
