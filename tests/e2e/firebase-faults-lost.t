#!/bin/bash
# Any request of a deploy gets no answer or half of one, whether or not it took effect.
. "$(dirname "$0")/firebase-faults.sh"
faults 4 deploy:reset_before deploy:reset_after deploy:close_after deploy:truncate
