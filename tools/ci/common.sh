# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the stages of .ci/run share. A step is a command that passes (0), is skipped (77, with a
# line "# skip: REASON") or fails; its output goes to a log, and the log's end to the terminal if
# it failed. A suite is one run of the tests, whose cases count one by one.
#
# Uses: OUT, where logs and results go. SOURCE, a copy of the tree that any user may read.

# An id of no account, so that nothing on the machine belongs to it. Not 65534, which is what
# ids without a mapping look like in a user namespace.
STRANGER=54321

say() {
	printf '%s %s\n' "$(date +%T)" "$*"
}

result() { # pass|fail|skip NAME [REASON]
	printf '%s\t%s\t%s\n' "$1" "$2" "${3:-}" >>"$OUT/steps.tsv"
	say "$1: $2${3:+ ($3)}"
}

step() { # NAME COMMAND...
	local name=$1 log status=0
	shift
	log=$OUT/${name//[^a-zA-Z0-9-]/-}.log
	say "run: $name"
	"$@" >"$log" 2>&1 || status=$?
	case $status in
	0) result pass "$name" ;;
	77) result skip "$name" "$(sed -n 's/^# skip: //p' "$log" | tail -n 1)" ;;
	*)
		result fail "$name" "status $status, see $log"
		tail -n 40 "$log"
		;;
	esac
	return "$status"
}

# The tests of a build, as somebody: suite LABEL BUILD PREFIX-COMMAND... -- TEST-ARGUMENTS...
suite() {
	local label=$1 build=$2 log prefix=()
	shift 2
	while [ "$1" != -- ]; do
		prefix+=("$1")
		shift
	done
	shift
	say "run: tests, $label"
	log=$OUT/${label//[^a-zA-Z0-9-]/-}
	"${prefix[@]}" meson test -C "$build" --no-rebuild --print-errorlogs \
		--logbase "$(basename "$log")" "$@" >"$log.log" 2>&1 ||
		say "tests, $label: status $?"
	sed -n '/^Summary of Failures/,$p' "$log.log" | head -n 60
	if cp "$build/meson-logs/$(basename "$log").json" "$log.json" 2>/dev/null; then
		printf '%s=%s\n' "$label" "$log.json" >>"$OUT/suites"
	else
		result fail "tests, $label" "no test log was written"
		tail -n 40 "$log.log"
	fi
}

# COMMAND... as a user without any privilege, with a home of its own.
stranger() {
	env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin LANG=C.UTF-8 CI=true \
		HOME="$OUT/home" TMPDIR="$OUT/home" \
		setpriv --reuid="$STRANGER" --regid="$STRANGER" --clear-groups \
		--inh-caps=-all --ambient-caps=-all -- "$@"
}

# The same where no user namespace can be made. Without the right to set the machine's limit
# (containers rarely have it), in a user namespace whose own limit is zero.
stranger_without_userns() {
	# The inner shell expands its own arguments.
	# shellcheck disable=SC2016
	stranger unshare --user --map-user="$STRANGER" --map-group="$STRANGER" --keep-caps sh -c \
		'echo 0 >/proc/sys/user/max_user_namespaces &&
		exec setpriv --inh-caps=-all --ambient-caps=-all -- "$@"' sh "$@"
}
