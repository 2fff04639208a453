#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Inside the virtual machine, once as root and once as the user: what the kernel gives, as JSON
# between two marks, and then each program named in /t/programs, or without the probe in the file
# named by the argument. One line tells how each went, and the lines before it what failed. The
# status is 1 if one of them failed.
export ORACLE_LAUNCHER=/t/bvisor-launcher ORACLE_GUEST=/t/oracle-guest ORACLE_PROGRAMS=/t
export ORACLE_MODULE=/t/guest.wasm ORACLE_WORKER=/t/bvisor-wasm
export CMOCKA_MESSAGE_OUTPUT=TAP TMPDIR=/tmp
export BVISOR=/t/built/cli/bvisor WASM_WORKER=/t/built/guest/bvisor-wasm SOURCE_ROOT=/t/source
# Emulated, fork and page faults are ten times slower.
export ORACLE_TIME_SCALE=10

seconds() {
	cut -d. -f1 /proc/uptime
}

status=0
out=$(mktemp)
probe() {
	echo 'LAB probe'
	# Outputs need a directory to be kept in.
	staging=$(mktemp -d)
	/t/bvisor probe --launcher /t/bvisor-launcher --staging "$staging" --json || status=1
	echo
	echo 'LAB probed'
}
[ $# -gt 0 ] || probe
while read -r program limit; do
	begun=$(seconds)
	case $program in
	*.bats) timeout "$limit" bats --tap "/t/scenario/$program" >"$out" 2>&1 ;;
	*) timeout "$limit" "/t/$program" >"$out" 2>&1 ;;
	esac
	code=$?
	[ "$code" = 0 ] || [ "$code" = 77 ] || {
		grep '^not ok' "$out"
		grep -v '^ok' "$out" | cut -c 1-300 | tail -n 60
		echo "LAB FAIL $program status $code"
		status=1
	}
	grep -iE '# SKIP|^SKIP: ' "$out" | cut -c 1-200
	skipped=$(grep -ic '# SKIP' "$out")
	failed=$(grep '^not ok' "$out" | grep -vic '# SKIP')
	echo "LAB program $program status=$code ok=$(grep '^ok' "$out" | grep -vic '# SKIP')" \
		"failed=$failed skipped=$skipped seconds=$(($(seconds) - begun))"
done <"${1:-/t/programs}"
exit $status
