# shellcheck shell=bash
# The official Firebase client, for comparisons: . "$lib_repo/tests/e2e/official.sh" after lib.sh and firebase.sh.
#
#   official_install       from npm into build/npm, which takes minutes once; ends the script where that cannot be
#   official ARG...        runs it as `run` does, every service that it asks at $base, an origin; $tmp/tls.pem, where it
#                        exists, is a CA that it trusts
official_install() {
	run "$lib_repo/tests/tools/npm.sh" install firebase-tools@15.34.2
	[ "$rc" = 0 ] || skip_or_fail "$err"
	official_program=$out/node_modules/.bin/firebase
}

official() {
	local name args=()
	[ ! -f "$tmp/tls.pem" ] || args+=("NODE_EXTRA_CA_CERTS=$tmp/tls.pem")
	for name in TOKEN API HOSTING_API RESOURCEMANAGER SERVICE_USAGE AUTH AUTHPROXY IDENTITY FUNCTIONS FUNCTIONS_V2; do
		args+=("FIREBASE_${name}_URL=$base")
	done
	run env -u GOOGLE_APPLICATION_CREDENTIALS "${args[@]}" CI=1 NO_UPDATE_NOTIFIER=1 FIREBASE_TOKEN=refresh-me \
		timeout 300 "$official_program" --non-interactive "$@"
}
