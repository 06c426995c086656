#!/bin/bash
# Fifty sites and trouble that passes: now and then an error, a lost connection, a limit of requests, a token that ends in mid-run. All
# are live, each was released once, exit 0. (The official client, measured: one 503 in fifty requests leaves 0 live, one in ten
# releases 47.)
. "$(dirname "$0")/firebase-faults.sh"
fleets 6 some-{503,503-release,429,resets} limited {expires,one-401}-{list,create,populate,upload,finalize,release} expires-thrice
