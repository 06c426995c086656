#!/bin/bash
# Each state-changing call of deploy, and of rollback, fails once with EACCES.
. "$(dirname "$0")/sweep.sh"
. "$lib_repo/tests/e2e/error-sweep.sh"
error_sweep EACCES
