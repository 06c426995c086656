#!/bin/bash
# Any request of a deploy is answered with something else, without end, or with 401.
. "$(dirname "$0")/firebase-faults.sh"
faults 4 deploy:garbage deploy:huge deploy:401 deploy:expire_token
