#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Budgets over a tree of processes, on a kernel whose cgroup v2 has the memory and pids controllers
# and hands them to the caller: each is exhausted once, and the report must name it.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
system='--rox /bin --rox /lib --rox /lib64'

bounded() {
	rm -f "$work/report"
	# shellcheck disable=SC2086 # words
	/t/bvisor run --launcher /t/bvisor-launcher $system --rw /dev/null --spawn descendants \
		--host-processes "$processes" --report "$work/report" "$@" >"$work/out" 2>&1
}
has() { # WHAT PATTERN...
	what=$1
	shift
	for pattern in "$@"; do
		grep -qE "$pattern" "$work/report" "$work/out" 2>/dev/null && continue
		echo "not ok - $what: no $pattern"
		head -c 2000 "$work/out"
		failed=1
		return
	done
	echo "ok - $what"
}

# What the probe found by doing is what this kernel has.
/t/bvisor probe --launcher /t/bvisor-launcher --json >"$work/probe" 2>"$work/out"
for controller in memory pids; do
	state=absent
	grep -qw "$controller" /sys/fs/cgroup/cgroup.controllers && state=present
	if grep -qE "\"name\":\"cgroup.$controller\",\"state\":\"$state\"" "$work/probe"; then
		echo "ok - the $controller controller is found $state"
	else
		echo "not ok - the $controller controller is not found $state"
		failed=1
	fi
done
grep -q '"name":"cgroup.cpu","state":"present"' "$work/probe" || {
	echo 'not ok - the account of processor time is not found'
	failed=1
}

found() {
	grep -q "\"name\":\"$1\",\"state\":\"present\"" "$work/probe"
}
planned() {
	# shellcheck disable=SC2086 # words
	/t/bvisor plan --launcher /t/bvisor-launcher $system --spawn descendants \
		--host-processes "$1" --memory 64M,enforced --procs 20,enforced -- /bin/sh \
		>"$work/out" 2>&1
}
# Hiding processes takes another mechanism than the leaf where Landlock does not scope signals.
processes=hidden
planned hidden || processes=ambient
if ! planned $processes; then
	why=$(grep -m1 missing: "$work/out")
	if found cgroup.memory && found cgroup.pids &&
		{ found landlock.canary || found view.canary; }; then
		echo "not ok - refused on a machine that has what it takes: $why"
		exit 1
	fi
	echo "ok - tree budgets # SKIP the machine cannot: $why"
	exit $failed
fi

# shellcheck disable=SC2016 # for the shell inside
hog='a=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; while :; do a=$a$a; done'
bounded --memory 24M,enforced -- /bin/sh -c "$hog"
has 'memory over the tree ends the run, and the report says so' '"kind":"out-of-memory"' \
	'"source":"cgroup memory.peak"' 'cgroup-memory.max'
bounded --memory 24M,enforced -- /bin/sh -c "($hog) & ($hog) & wait"
has 'two hogs share one limit' '"kind":"out-of-memory"'
bounded --memory 64M,enforced -- /bin/sh -c 'echo fine'
has 'a limit that is not reached ends nothing' '"outcome":"completed"' '^fine$'
bounded --procs 5,enforced --wall 20s -- /bin/sh -c \
	'for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done; wait'
has 'a task past the limit is refused' '[Cc]an(.t|not) fork' '"source":"cgroup pids.peak"'
bounded --cpu 300ms,enforced -- /bin/sh -c 'while :; do :; done & while :; do :; done'
has 'processor time of two processes ends the run' '"dimension":"cpu","kind":"budget"' \
	'"source":"cgroup cpu.stat"'

# A stand-in for systemd, which hands the caller a group: the limits are held inside it.
read -r own </proc/self/cgroup
own=/sys/fs/cgroup${own#0::}
scope=${own%/*}/fake-scope
mkdir "$work/bin"
cat >"$work/bin/systemd-run" <<'FAKE'
#!/bin/sh
while [ "$1" != -- ]; do shift; done
shift
mkdir "$FAKE_SCOPE" && echo 0 >"$FAKE_SCOPE/cgroup.procs" && exec "$@"
FAKE
chmod 755 "$work/bin/systemd-run"
FAKE_SCOPE=$scope PATH=$work/bin:$PATH bounded --scope --memory 24M,enforced --procs 20,enforced \
	-- /bin/sh -c "$hog"
has 'in a scope that systemd made the limits hold' '"kind":"out-of-memory"' \
	'"name":"cgroup","value":"[^"]*/fake-scope/bvisor-' 'cgroup-memory.max'
rmdir "$scope/supervisor" "$scope"
[ -z "$(find /sys/fs/cgroup -name 'bvisor-*')" ] || {
	echo 'not ok - a leaf is left'
	failed=1
}
exit $failed
