#!/bin/sh
# SPDX-License-Identifier: MIT
#
# --scope against a real systemd: the system's manager for root, the user's own for a user. What
# holds is read from the cgroup tree and from the manager, not only from the report.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
user=
[ "$(id -u)" = 0 ] || user=--user
# shellcheck disable=SC2016 # for the shell inside
hog='a=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; while :; do a=$a$a; done'

grants='--launcher /t/bvisor-launcher --rox /bin --rox /lib --rox /lib64 --rw /dev/null'
bvisor() { # VERB ARGUMENT...
	verb=$1
	shift
	# shellcheck disable=SC2086 # words
	/t/bvisor "$verb" $grants --spawn descendants "$@"
}
bounded() {
	rm -f "$work/report"
	bvisor run --scope --report "$work/report" "$@" >"$work/out" 2>&1
	got=$?
}
say() { # WHAT: by the status of the command before
	if [ "$?" = 0 ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		head -c 2000 "$work/out"
		failed=1
	fi
}
has() { # PATTERN...: each is in the report or in what was said
	for pattern in "$@"; do
		grep -qE "$pattern" "$work/report" "$work/out" 2>/dev/null || {
			echo "no $pattern"
			return 1
		}
	done
}
until_true() {
	for _ in $(seq 100); do
		"$@" && return
		sleep 0.2
	done
	return 1
}
scopes() { # by the manager itself; the login is one, too
	systemctl $user list-units --all --plain --no-legend --type=scope |
		grep -vE "^(session|init)"
}
none_left() {
	[ -z "$(scopes)" ] && [ -z "$(find /sys/fs/cgroup -name 'bvisor-*' -o -name supervisor)" ]
}

systemctl $user --version | sed -n '1s/^/# /p'
none_left
say 'nothing is there before'

if [ -n "$user" ]; then
	bvisor run --memory 24M,enforced -- /bin/true >"$work/out" 2>&1
	[ "$?" = 125 ] && has 'bvisor run --scope'
	say 'without a scope a tree is refused its memory limit, and --scope is named'
fi

bounded --memory 24M,enforced --procs 20,enforced -- /bin/sh -c "($hog) & ($hog) & wait"
has '"kind":"out-of-memory"' '"source":"cgroup memory.peak"' 'cgroup-memory.max' \
	'"name":"cgroup","value":"[^"]*\.scope/bvisor-'
say 'memory over the tree ends the run, in a scope of the manager'
bounded --procs 5,enforced --wall 60s -- /bin/sh -c \
	'for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done; wait'
has '[Cc]an(.t|not) fork' '"source":"cgroup pids.peak"'
say 'a task past the limit is refused'
bounded --cpu 2s,enforced -- /bin/sh -c 'while :; do :; done & while :; do :; done'
has '"dimension":"cpu","kind":"budget"' '"source":"cgroup cpu.stat"'
say 'processor time of two processes ends the run'
bounded --memory 24M,enforced -- /bin/sh -c 'exit 7'
[ "$got" = 7 ]
say 'the status is the program'"'"'s own'

# From outside, while it runs.
# shellcheck disable=SC2086 # words
/t/bvisor run $grants --spawn descendants --scope --memory 24M,enforced --procs 20,enforced \
	--cpu 50s,enforced --wall 120s -- /bin/sh -c 'echo up; sleep 100; :' >"$work/out" 2>&1 &
pid=$!
until_true grep -q up "$work/out"
leaf=$(find /sys/fs/cgroup -name 'bvisor-*' | head -n 1)
scope=$(basename "${leaf%/*}")
inside() { # the sleeping program is among the leaf's processes
	while read -r p; do
		tr '\0' ' ' <"/proc/$p/cmdline" | grep -q '^sleep 100' && return
	done <"$leaf/cgroup.procs"
	return 1
}
[ "$(cat "$leaf/memory.max") $(cat "$leaf/pids.max")" = '25165824 20' ] && inside
say 'the leaf has the limits and the processes'
grep -qw "$pid" "${leaf%/*}/supervisor/cgroup.procs"
say 'the command itself is beside it'
[ "$(systemctl $user show -p Delegate --value "$scope")" = yes ] && scopes | grep -q "^$scope "
say 'the manager knows the scope, and has handed it over'
kill -TERM "$pid"
wait "$pid"
[ "$?" = 143 ]
say 'a signal to the command ends the run'

until_true none_left
say 'nothing is left: no scope, no group'

XDG_RUNTIME_DIR=/nowhere DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere bvisor run --scope \
	--memory 24M,enforced -- /bin/echo ran >"$work/out" 2>&1
got=$?
if [ -n "$user" ]; then
	[ "$got" != 0 ] && ! grep -q '^ran$' "$work/out" && has 'Failed to connect'
	say 'where no manager answers nothing runs, and systemd-run says why'
fi
exit $failed
