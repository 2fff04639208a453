#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bvisor inside a real container: Debian's podman and crun with their own defaults, over a root that
# holds this machine's /usr and nothing else. No image is fetched.
load ../scenario/common

setup() {
	cd /
	[ "$(id -u)" = 0 ] || skip "a container is made for root only here"
	needs_program podman
	needs_program crun
	[ -L /bin ] || skip "/bin is a directory of its own here, not part of /usr"
	if ldd "$BVISOR" 2>&1 | grep -q '=>'; then
		skip "this build of the command is dynamic (static=false or a sanitizer)"
	fi
	root=$BATS_FILE_TMPDIR/root
	mkdir -p "$root"/{usr,etc,proc,sys,dev,tmp,run,opt}
	for link in bin sbin lib lib64; do
		[ ! -L "/$link" ] || ln -sfn "usr/$link" "$root/$link"
	done
	printf 'root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n' >"$root/etc/passwd"
	echo 'root:secret:1::::::' >"$root/etc/shadow"
	cp "$BVISOR" "$LAUNCHER" "$root/opt/"
	inside true || skip "podman runs nothing here: $output"
}

# inside OPTION... PROGRAM...: in a container with the engine's defaults and these options. crun has
# no use for a machine whose cgroup v2 lies beside v1, so it is shown v2 alone.
inside() {
	local options=()
	while [[ $1 == -* ]]; do
		options+=("$1")
		shift
	done
	# The inner shell expands its own words.
	# shellcheck disable=SC2016
	run timeout 60 unshare --mount sh -c '
		[ ! -d /sys/fs/cgroup/unified ] || {
			umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup
		} || exit 1
		exec "$@"' sh \
		podman --root "$BATS_FILE_TMPDIR/storage" --runroot "$BATS_FILE_TMPDIR/run" \
		--tmpdir "$BATS_FILE_TMPDIR/tmp" --storage-driver vfs --cgroup-manager cgroupfs \
		--events-backend none run --rm --network none --cgroups disabled --log-driver none \
		--ulimit nofile=1024:1024 --ulimit nproc=4096:4096 --volume /usr:/usr:ro \
		"${options[@]}" --rootfs "$root" "$@"
	echo "podman ${options[*]}: $status: $output"
	[ "$status" = 0 ]
}

# tree OPTION...: what the planner says of a tree of processes there, on one line.
tree() {
	inside "$@" sh -c '/opt/bvisor probe --launcher /opt/bvisor-launcher |
		grep -A 6 spawn-allow-desc | tr -s "[:space:]" " "'
}

boundary=(/opt/bvisor run --launcher /opt/bvisor-launcher --system)

@test "the engine's defaults are on: a filter, few capabilities, a read-only cgroup" {
	inside grep -E '^(CapBnd|Seccomp):' /proc/self/status
	[[ ${output//[[:space:]]/ } == "CapBnd: 00000000800405fb Seccomp: 2" ]]
	refute inside sh -c ': >/sys/fs/cgroup/cgroup.procs'
}

@test "in a container of podman's defaults what is not granted does not open, root or not" {
	for options in --privileged=false --user=1000:1000 --cap-drop=all \
		--security-opt=no-new-privileges; do
		refute inside "$options" "${boundary[@]}" -- /usr/bin/python3 -c \
			'print(open("/etc/shadow").read())'
		[[ $output == *"Permission denied: '/etc/shadow'"* && $output != *secret* ]]
	done
	inside cat /etc/shadow
	[[ $output == *secret* ]]
}

@test "in a container a tree of processes is held by a pid namespace, for root and for a user" {
	for options in --privileged=false --user=1000:1000; do
		tree "$options"
		[[ $output == *enforced*"pid namespace"* ]]
		inside "$options" "${boundary[@]}" --spawn descendants -- sh -c 'echo hello | cat'
		[ "$output" = hello ]
	done
	refute inside "${boundary[@]}" --spawn descendants --wall 300ms -- sh -c 'sleep 4245 & wait'
	[[ $output == *"wall budget of 300 ms used up"* ]]
	refute alive "sleep 4245"
}

@test "root without capabilities gets no namespace, and the remedy named, another user, does" {
	tree --cap-drop=all
	[[ $output == *mediated*subreaper*"another user than root"* ]]
	tree --cap-drop=all --user=1000:1000
	[[ $output == *enforced*"pid namespace"* ]]
	tree --cap-drop=all --cap-add=SETFCAP
	[[ $output == *enforced*"pid namespace"* ]]
	inside --cap-drop=all "${boundary[@]}" --spawn descendants -- sh -c 'echo hello | cat'
	[ "$output" = hello ]
}

@test "with a profile that keeps namespaces away, as Docker's does, a tree is still run, mediated" {
	cat >"$BATS_TEST_TMPDIR/profile.json" <<-'END'
		{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		 {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
		 {"names": ["clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
		  "args": [{"index": 0, "value": 268435456, "valueTwo": 268435456,
		            "op": "SCMP_CMP_MASKED_EQ"}]},
		 {"names": ["unshare", "setns", "mount", "pidfd_getfd", "keyctl"],
		  "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}
	END
	tree "--security-opt=seccomp=$BATS_TEST_TMPDIR/profile.json"
	[[ $output == *mediated*subreaper*"a profile that allows clone, unshare and setns"* ]]
	inside "--security-opt=seccomp=$BATS_TEST_TMPDIR/profile.json" "${boundary[@]}" \
		--spawn descendants -- sh -c 'echo hello | cat'
	[ "$output" = hello ]
}
