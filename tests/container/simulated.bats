#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bvisor inside what Docker and Podman confine a container to by default; see confine.c. What is
# documented in docs/containers.md is typed here.
load ../scenario/common

setup() {
	cd /
	run "$CONFINE" true
	[ "$status" != 77 ] || skip "${output#\# skip: }"
	[ "$status" = 0 ]
}

# Each variant of an ordinary container: root, a user, without capabilities, no new privileges.
variants=('-p docker' '-p docker -u' '-p docker -c' '-p docker -u -c -n' '-p podman'
	'-p podman -u -c -n')

@test "the confinement bites: it is what the engines' documents say" {
	cat >"$BATS_TEST_TMPDIR/try.py" <<-'END'
		import ctypes, errno, os
		libc = ctypes.CDLL(None, use_errno=True)
		def call(name, *words):
		    ctypes.set_errno(0)
		    libc.syscall(*words)
		    print(name, errno.errorcode.get(ctypes.get_errno(), 0))
		call("unshare-user", 272, 0x10000000)
		call("clone-user", 56, 0x10000000 | 17, 0, 0, 0, 0)
		call("clone3", 435, 0, 0)
		call("mount", 165, 0, 0, 0, 0, 0)
		call("setns", 308, -1, 0)
		call("pivot_root", 155, 0, 0)
		call("pidfd_getfd", 438, -1, 0, 0)
		call("keyctl", 250, 0, -3, 0)
		call("bpf", 321, -1, 0, 0)
		call("perf", 298, 0, 0, 0, 0, 0)
		call("userfaultfd", 323, -1)
		call("io_uring", 425, 0, 0)
		call("landlock", 444, 0, 0, -1)
		call("newer", 460, 0, 0)
		print("proc", open("/proc/keys").read() == "")
		for path in "/proc/sys/kernel/domainname", "/sys/fs/cgroup/cgroup.procs":
		    try: open(path, "w"); print("written")
		    except OSError as e: print(errno.errorcode[e.errno])
	END
	[ "$(uname -m)" = x86_64 ] || skip "the numbers are x86-64's"
	run -0 "$CONFINE" -p docker "$python" "$BATS_TEST_TMPDIR/try.py"
	[ "${output//$'\n'/ }" = "unshare-user EPERM clone-user EPERM clone3 ENOSYS mount EPERM \
setns EPERM pivot_root EPERM pidfd_getfd EPERM keyctl EPERM bpf EPERM perf EPERM \
userfaultfd EPERM io_uring EPERM landlock EINVAL newer ENOSYS proc True EROFS EROFS" ]
	run -0 "$CONFINE" -p docker grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/self/status
	[ "${output//[[:space:]]/ }" = "CapBnd: 00000000a80425fb NoNewPrivs: 0 Seccomp: 2" ]
	run -0 "$CONFINE" -p docker -u -c -n grep -E '^(Uid|CapBnd|NoNewPrivs):' /proc/self/status
	[ "${output//[[:space:]]/ }" = \
		"Uid: 1000 1000 1000 1000 CapBnd: 0000000000000000 NoNewPrivs: 1" ]
}

in_each() { # CHECK ARGUMENT...: bvisor run with these arguments, in each variant; CHECK looks.
	local variant check=$1
	shift
	for variant in "${variants[@]}"; do
		# shellcheck disable=SC2086
		run "$CONFINE" $variant "$BVISOR" run "$@"
		echo "confine $variant: $status: $output"
		"$check"
	done
}

refused_by_the_boundary() {
	[[ $status == 1 && $output == *"Permission denied: '/etc/shadow'"* ]]
}

@test "the README's first run: a file that was not granted does not open, and the report is sound" {
	[ -x "$python" ] || skip "no $python on this machine"
	in_each refused_by_the_boundary --system -- "$python" -c 'print(open("/etc/shadow").read())'
	cd "$BATS_TEST_TMPDIR"
	run -1 "$CONFINE" -p docker "$BVISOR" run --system --report report.json -- \
		"$python" -c 'print(open("/etc/shadow").read())'
	run -0 "$BVISOR" verify report.json
	grep -q '"landlock-canary","value":"opening /proc: EACCES"' report.json
}

says_hello() {
	[[ $status == 0 && $output == hello ]]
}

@test "scripts run: python, sh, threads, descendants" {
	[ -x "$python" ] || skip "no $python on this machine"
	in_each says_hello --system -- "$python" -c 'import json, hashlib; print("hello")'
	in_each says_hello --system -- sh -c 'echo hello'
	in_each says_hello --system --spawn threads -- "$python" -c \
		'import threading; threading.Thread(target=print, args=("hello",)).start()'
	in_each says_hello --system --spawn descendants -- sh -c 'echo hello | cat'
}

no_new_process() {
	[[ $status != 0 && $output != *share* ]]
}

@test "new processes are refused unless granted" {
	in_each no_new_process --system -- sh -c 'ls /usr; exit 3'
}

ended_by_wall() {
	[[ $status == 124 && $output == *"wall budget of 300 ms used up" ]]
}

ended_by_cpu() {
	[[ $status == 124 && $output == *"cpu budget of 200 ms used up" ]]
}

out_of_memory() {
	[[ $status != 0 && $output == *MemoryError* ]]
}

@test "budgets end runs: wall over a tree, processor time, memory" {
	in_each ended_by_wall --system --spawn descendants --wall 300ms -- sh -c 'sleep 4244 & wait'
	refute alive "sleep 4244"
	in_each ended_by_cpu --system --cpu 200ms --wall 60s -- sh -c 'while :; do :; done'
	[ -x "$python" ] || skip "no $python on this machine"
	in_each out_of_memory --system --memory 256M,enforced -- "$python" -c 'bytearray(1 << 30)'
}

# graded GRADE MECHANISM CONFINE-OPTION...: of a tree of processes.
graded() {
	local grade=$1 mechanism=$2
	shift 2
	run -0 "$CONFINE" "$@" "$BVISOR" probe
	[[ $output =~ $grade\ +spawn-allow-descendants[[:space:]]+$mechanism ]]
}

@test "under Docker's profile a tree is mediated, and the remedy named makes it enforced" {
	graded mediated subreaper -p docker
	[[ $(tr -s '[:space:]' ' ' <<<"$output") == \
		*"in a container, a profile that allows clone, unshare and setns"* ]]
	graded enforced 'pid namespace' -p docker -a clone -a unshare -a setns
	graded enforced 'pid namespace' -p docker -u -c -n -a clone -a unshare -a setns
	run -0 "$CONFINE" -p docker -a clone -a unshare -a setns \
		"$BVISOR" run --system --spawn descendants -- sh -c 'echo hello | cat'
	[ "$output" = hello ]
	graded enforced 'pid namespace' -p docker -a all
	graded enforced 'pid namespace' -p podman
}

@test "under Podman's profile the remedy named in docs/containers.md gives the private view" {
	run -0 "$CONFINE" -p podman "$BVISOR" probe
	[[ $output == *enforced*filesystem*"landlock abi"* && $output != *"private mount view +"* ]]
	for options in '' '-u -c -n'; do
		# shellcheck disable=SC2086
		run -0 "$CONFINE" -p podman -a sethostname $options "$BVISOR" probe
		[[ $output == *enforced*filesystem*"private mount view + "* ]]
	done
	run -0 "$CONFINE" -p podman -a sethostname "$BVISOR" run --system -- sh -c \
		'[ ! -e /etc/shadow ] && echo hello'
	[ "$output" = hello ]
}

@test "what a tree's memory cannot have is refused, and each remedy named is admitted" {
	run -125 "$CONFINE" -p docker "$BVISOR" run --system --spawn descendants \
		--memory 512M,enforced -- true
	[[ $output == *"refused: budget-memory"*"--spawn deny or threads"*"or accept mediated"* ]]
	run -0 "$CONFINE" -p docker "$BVISOR" run --system --memory 512M,enforced -- true
	run -0 "$CONFINE" -p docker "$BVISOR" run --system --spawn threads \
		--memory 512M,enforced -- true
	run -0 "$CONFINE" -p docker "$BVISOR" run --system --spawn descendants \
		--memory 512M,mediated -- true
}

@test "an engine older than Landlock is refused by name, and nothing runs" {
	cd "$BATS_TEST_TMPDIR"
	local old=(-d landlock_create_ruleset -d landlock_add_rule -d landlock_restrict_self)
	run -125 "$CONFINE" -p docker "${old[@]}" "$BVISOR" run --system --rw . -- sh -c ': >ran'
	[[ $output == *"refused: filesystem"*"a profile that allows landlock_*"* ]]
	[ ! -e ran ]
	run -0 "$CONFINE" -p docker "$BVISOR" run --system --rw . -- sh -c ': >ran'
	[ -e ran ]
}
