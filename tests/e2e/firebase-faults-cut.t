#!/bin/bash
# From any request of a deploy or rollback on, the service is gone.
. "$(dirname "$0")/firebase-faults.sh"
faults 12 {deploy,rollback}:{cut,down}:{1,2,3}/3
