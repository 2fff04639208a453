#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Hosts that are not as one would like them: what cannot be done is said, and nothing is left.

load common

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -m 700 staging
}

@test "a directory that is gone is no obstacle to a run elsewhere" {
	mkdir gone && cd gone && rmdir ../gone
	run "$BVISOR" run --system -- /bin/true
	[ "$status" -eq 125 ]
	[[ "$output" == *"give --cwd"* ]]
	"$BVISOR" run --system --cwd / -- /bin/true
}

@test "too few descriptors end a run with their error, or do not matter" {
	local count
	[ -z "$SANITIZED" ] || skip "the sanitizers need descriptors of their own"
	for count in 3 5 8 12 16 20 32; do
		run bash -c 'ulimit -S -n "$1"; shift; exec "$@"' - "$count" \
			"$BVISOR" run --system --out o= --staging staging --discard -- /bin/true
		# What a probe without descriptors says, it says less exactly.
		[ "$status" -eq 0 ] || [[ "$status" -eq 125 &&
			"$output" =~ oo\ many\ open\ files|did\ not\ bite|plan\ again ]]
		[ -z "$(ls staging)" ]
	done
}

@test "files that may not grow are an error, not a death by signal" {
	run bash -c 'ulimit -S -f 1; "$@"; exit $?' - "$BVISOR" run --system -- /bin/true
	[ "$status" -eq 0 ] || [[ "$status" -eq 125 && "$output" == *"File too large"* ]]
}

@test "a stack that is too small is said to be" {
	[ -z "$SANITIZED" ] || skip "the sanitizers' own frames are larger"
	run bash -c 'ulimit -S -s 32; exec "$@"' - "$BVISOR" run --system -- /bin/true
	[ "$status" -eq 125 ]
	[[ "$output" == *"ulimit -s"* ]]
}

@test "outputs can be written whatever the umask is" {
	admits --system --spawn descendants --out o= --staging staging -- /bin/sh
	(
		umask 0777
		# shellcheck disable=SC2016
		"$BVISOR" run --system --spawn descendants --out o= --staging staging --discard \
			-- /bin/sh -c 'umask 022; echo x >"$BVISOR_OUT/x"'
	)
	[ -z "$(ls staging)" ]
}

@test "standard streams that are closed are nobody else's" {
	local way
	for way in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
		rm -f r.json
		status=0
		eval '"$BVISOR" run --system --report r.json -- \
			/bin/sh -c "read x; echo out; echo err >&2; exit 5"' "$way" || status=$?
		[ "$status" -eq 5 ]
		"$BVISOR" verify r.json
	done
}

@test "what a supervisor that was killed had staged goes with the next run" {
	admits --system --spawn descendants --out o= --staging staging -- /bin/sh
	# shellcheck disable=SC2016
	"$BVISOR" run --system --spawn descendants --out o= --staging staging -- \
		/bin/sh -c 'echo x >"$BVISOR_OUT/x"; sleep 20' &
	until_true compgen -G 'staging/*/o/x'
	"$BVISOR" run --system --out o= --staging staging -- /bin/true
	compgen -G 'staging/*/o/x' # it is still at work
	kill -9 $!
	wait $! || true
	"$BVISOR" run --system --out o= --staging staging -- /bin/true
	[ -z "$(ls staging)" ]
}

@test "a mount of the host beneath the private directory is covered by it" {
	unshare -m true 2>/dev/null || skip "nothing can be mounted here"
	admits --view always --host-processes ambient --rox / --tmp=/tmp -- /bin/ls
	mkdir -p at/sub
	# shellcheck disable=SC2016
	run unshare -m sh -c 'mount -t tmpfs none at/sub && : >at/sub/seen &&
		"$0" run --host-processes ambient --rox / "--tmp=$PWD/at" -- /bin/ls "$PWD/at"' \
		"$BVISOR"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

# Landlock is tried on a path of the host's, by whom root's program then is.
@test "root's program is root where the host's root is not everybody's to search" {
	[ "$(id -u)" -eq 0 ] || skip "another user is himself always"
	[ -z "$SANITIZED" ] || skip "the sanitizers' libraries are not where they were"
	mkdir root
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs -o mode=700 none root' ||
		skip "nothing can be mounted here"
	admits --view always --system -- /bin/true
	# shellcheck disable=SC2016
	run unshare -m sh -ec 'mount --make-rprivate /; mount -t tmpfs -o mode=700 none root
		for d in usr etc dev proc sys; do
			mkdir "root/$d"; mount --rbind "/$d" "root/$d"
		done
		for l in bin lib lib64 sbin; do ln -s "usr/$l" "root/$l"; done
		mkdir root/old; cd root; pivot_root . old; cd /
		"/old$0" run --view always --system --report /report.json -- /bin/true
		grep -c runs-as-root /report.json' "$BVISOR"
	[ "$status" -eq 0 ]
}
