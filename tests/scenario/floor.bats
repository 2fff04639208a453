#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What must hold on any machine with Linux 6.12's Landlock and with seccomp, root or not, in a
# container or not. The other scenarios skip when a plan is refused; these do not, so that a
# planner which refuses everything is found out.
load common

# Landlock scopes signals from ABI 6; below that hiding processes takes a pid namespace.
needs_floor() {
	local abi
	abi=$("$python" -c 'import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))')
	[ "$abi" -ge 6 ] || skip "Landlock has ABI $abi here, the floor is 6"
	[ -r /proc/sys/kernel/seccomp/actions_avail ] || skip "no seccomp filters in this kernel"
}

@test "the common spec is admitted" {
	needs_floor
	run -0 "$BVISOR" plan --system -- cat /etc/passwd
	[[ $output == *admitted* && $output != *missing:* ]]
}

@test "a spec with a writable directory, an environment and a descriptor is admitted" {
	needs_floor
	exec 7</dev/null
	run -0 "$BVISOR" plan --system --rw "$BATS_TEST_TMPDIR" --env A=1 --fd 7 -- cat
}

@test "a static program runs without any grant" {
	needs_floor
	if ldd "$BVISOR" 2>&1 | grep -q '=>'; then
		skip "this build of the command is dynamic (static=false or a sanitizer)"
	fi
	run -0 "$BVISOR" run -- "$BVISOR" version
	[[ $output == "bvisor "* ]]
}

@test "the inert backend refuses, every requirement by name, and runs nothing" {
	cd "$BATS_TEST_TMPDIR"
	run -125 "$BVISOR" run --backend inert --rw . -- touch ran
	[[ $output == *"bvisor: refused: filesystem ("*"): "* ]]
	[[ $output == *"bvisor: refused: network-deny-all ("* ]]
	[[ $output == *"bvisor: refused: launch-workload"* ]]
	[ ! -e ran ]
	run -125 "$BVISOR" plan --backend inert -- true
	[[ $output == *refused* && $output == *missing:* ]]
}
