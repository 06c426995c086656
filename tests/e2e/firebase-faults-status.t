#!/bin/bash
# Any request of a deploy is answered with an error, once.
. "$(dirname "$0")/firebase-faults.sh"
faults 4 deploy:500 deploy:503 deploy:429 deploy:403 deploy:404 deploy:400
