#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Inside the virtual machine, once as root and once as the user: every oracle program that was
# packed, one after the other. The status is 1 if one of them failed.
[ -e /lib64 ] || ln -s /t/lib64 /lib64 2>/dev/null
[ -e /lib ] || ln -s /t/lib /lib 2>/dev/null
export LD_LIBRARY_PATH=/t/lib/x86_64-linux-gnu:/t/usr/lib/x86_64-linux-gnu:/t/lib
export ORACLE_LAUNCHER=/t/bvisor-launcher ORACLE_GUEST=/t/oracle-guest
export CMOCKA_MESSAGE_OUTPUT=TAP TMPDIR=/tmp
status=0
for program in /t/tree.sh /t/test_*; do
	echo "LAB program ${program##*/}"
	timeout 240 "$program" > /tmp/out 2>&1
	code=$?
	grep -E '^(not ok|.*# SKIP|ok - )' /tmp/out
	[ "$code" = 0 ] || [ "$code" = 77 ] || {
		echo "LAB FAIL ${program##*/} status $code"
		grep -v '^ok' /tmp/out | tail -n 40
		status=1
	}
done
exit $status
