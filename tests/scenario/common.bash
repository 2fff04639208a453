# SPDX-License-Identifier: MIT
#
# What the scenarios share. BVISOR is the built command. Each test works in $BATS_TEST_TMPDIR.
# A test that needs what this machine cannot enforce is skipped with the planner's own reason;
# floor.bats says what must never be a reason.
bats_require_minimum_version 1.5.0
: "${BVISOR:?the built command}"
export LC_ALL=C
unset COLUMNS NO_COLOR
# The system's own: another one's files are not among what --system grants.
export python=/usr/bin/python3

# admits ARGUMENT...: skips unless `bvisor plan` with these arguments is admitted.
admits() {
	local said
	if ! said=$("$BVISOR" plan "$@" 2>&1); then
		skip "not on this machine: $(echo "$said" | sed -n 's/^ *missing: //p; s/^bvisor: //p' |
			head -n 1)"
	fi
}

needs_program() {
	command -v "$1" >/dev/null || skip "no $1 on this machine"
}

# until_true COMMAND...: waits up to ten seconds for it to succeed.
until_true() {
	local i
	for ((i = 0; i < 200; i++)); do
		"$@" && return 0
		sleep 0.05
	done
	echo "waited in vain for: $*" >&2
	return 1
}

# Is there a process with exactly these arguments?
alive() {
	local p words
	for p in /proc/[0-9]*/cmdline; do
		mapfile -d '' -t words 2>/dev/null <"$p" || continue
		[ "${words[*]}" = "$1" ] && return 0
	done 2>/dev/null
	return 1
}

gone() {
	! alive "$1"
}

# A bare `!` does not fail a test: this does.
refute() {
	if "$@"; then
		echo "should not hold: $*" >&2
		return 1
	fi
}
