#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# --scope: the command asks systemd for a delegated cgroup and runs again inside it. The systemd
# here is a stand-in in PATH that makes the group and says what it was asked.
load common

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir bin
	cat > bin/systemd-run <<-'FAKE'
		#!/bin/sh
		echo "$*" > "$FAKE_DIR/asked"
		while [ "$1" != -- ]; do shift; done
		shift
		if [ -n "${FAKE_GROUP:-}" ]; then
			mkdir "$FAKE_GROUP" && echo 0 > "$FAKE_GROUP/cgroup.procs" || exit 9
		fi
		exec "$@"
	FAKE
	chmod +x bin/systemd-run
	export FAKE_DIR=$PWD FAKE_GROUP=
}

teardown() {
	[ -z "${FAKE_GROUP:-}" ] || [ ! -d "$FAKE_GROUP" ] ||
		until_true rmdir "$FAKE_GROUP/supervisor" "$FAKE_GROUP"
}

# The caller's own group of cgroup v2, if it may make groups in it.
own_group() {
	local mount=/sys/fs/cgroup group
	[ -e "$mount/unified/cgroup.procs" ] && mount=$mount/unified
	group=$mount$(sed -n 's/^0:://p' /proc/self/cgroup)
	[ -e "$group/cgroup.procs" ] && [ -w "$group" ] && [ -w "$group/cgroup.procs" ] || return
	echo "${group%/}"
}

@test "--scope runs once more, in the group that systemd made" {
	admits --kill atomic --spawn descendants -- /bin/true
	group=$(own_group) || skip "no cgroup v2 in which this caller may make groups"
	export FAKE_GROUP=$group/fake-scope-$$
	PATH=$PWD/bin:$PATH run "$BVISOR" run --scope --system --spawn descendants --report report \
		-- /bin/echo here
	[ "$status" -eq 0 ]
	[ "$output" = here ]
	[[ "$(cat asked)" == *--scope*--property=Delegate=yes* ]]
	[[ "$(cat asked)" == *--\ *bvisor\ run\ --in-scope\ --scope\ * ]]
	if [ "$(id -u)" -eq 0 ]; then
		[[ "$(cat asked)" != *--user* ]]
	else
		[[ "$(cat asked)" == --user* ]]
	fi
	# What the kernel said of the workload's group, before it ran.
	grep -q "\"name\":\"cgroup\",\"value\":\"[^\"]*/fake-scope-$$/" report
}

@test "the arguments arrive as they were" {
	own_group >/dev/null || skip "no cgroup v2 in which this caller may make groups"
	PATH=$PWD/bin:$PATH run "$BVISOR" plan --scope --env 'A=b c' --print-spec -- \
		/bin/echo 'x  y' ''
	[[ "$output" == *'"x  y",""'* ]]
	[[ "$output" == *'"value":"b c"'* ]]
}

@test "a scope that is not the caller's to arrange is refused, and nothing runs" {
	(own_group) >/dev/null 2>&1 && skip "the caller may arrange its own group"
	run "$BVISOR" run --in-scope --system -- /bin/echo here
	[ "$status" -eq 125 ]
	[[ "$output" == *"not ours to arrange"* ]]
}

@test "without systemd-run --scope says so, and nothing runs" {
	PATH=$PWD/none run "$BVISOR" run --scope --system -- /bin/echo here
	[ "$status" -eq 125 ]
	[[ "$output" == *"systemd-run: No such file"* ]]
	[[ "$output" != *here ]]
}

@test "a refusal for want of a delegated cgroup names --scope where systemd could be asked" {
	! "$BVISOR" plan --system --spawn descendants --memory 64M,enforced -- /bin/true \
		>/dev/null 2>&1 ||
		skip "a tree's memory can be held here without asking"
	[ "$(id -u)" -ne 0 ] || [ -S /run/systemd/private ] || skip "root's systemd is not running"
	mkdir runtime
	"$python" -c 'import socket; socket.socket(socket.AF_UNIX).bind("runtime/bus")'
	XDG_RUNTIME_DIR=$PWD/runtime run "$BVISOR" run --system --spawn descendants \
		--memory 64M,enforced -- /bin/true
	[ "$status" -eq 125 ]
	[[ "$output" == *"bvisor run --scope"* ]]
	XDG_RUNTIME_DIR=$PWD/none run "$BVISOR" run --system --spawn descendants \
		--memory 64M,enforced -- /bin/true
	[[ "$output" != *"bvisor run --scope"* ]]
}
