#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a run leaves in its outputs, and what is decided on it.

load common

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -m 700 staging
}

# What is kept is closed against changes, and who is not root would not get rid of it.
teardown() {
	chmod -R u+w "$BATS_TEST_TMPDIR/staging"
}

# runs [OPTION...]: the program leaves a file and a directory with another.
runs() {
	admits --system --staging staging --out out= -- /bin/sh
	# shellcheck disable=SC2016
	"$BVISOR" run --system --staging staging --out out= --spawn descendants "$@" -- \
		/bin/sh -c 'cd "$BVISOR_OUT" && echo one >a && mkdir d && echo two >d/b'
}

empty() {
	[ -z "$(ls -A "$1")" ]
}

@test "a list is what sha256sum checks" {
	runs --report r.json
	"$BVISOR" verify r.json
	"$BVISOR" artifacts commit --staging staging r.json to
	"$BVISOR" artifacts list r.json >sums
	[ "$(wc -l <sums)" -eq 2 ]
	(cd to && sha256sum -c ../sums)
	empty staging
}

@test "a difference is seen before and none after" {
	runs --report r.json
	mkdir to && echo else >to/a
	run "$BVISOR" artifacts diff r.json to
	[ "$status" -eq 1 ]
	[ "$output" = $'changed a\ncreated d/b' ]
	run "$BVISOR" artifacts commit --staging staging r.json to
	[ "$status" -eq 125 ]
	[ "$(cat to/a)" = else ] && [ ! -e to/d ]
	"$BVISOR" artifacts commit --staging staging --overwrite r.json to
	run "$BVISOR" artifacts diff r.json to
	[ "$status" -eq 0 ]
	[ "$output" = $'same    a\nsame    d/b' ]
}

@test "what is said of outputs that are not there is refused" {
	for option in "--commit to" "--discard" "--record r.json" "--overwrite"; do
		# shellcheck disable=SC2086
		run "$BVISOR" run $option -- /bin/true
		[ "$status" -eq 125 ]
		[[ "$output" == *"${option%% *}"*"--"[oc]*" "[PD]* ]]
	done
	[ ! -e to ]
}

@test "a record that cannot be written is not called a report" {
	run runs --commit to --record /dev/full
	[ "$status" -eq 125 ]
	[[ "$output" == *"--record"* && "$output" != *"--report:"* ]]
}

@test "a run commits what it left, and records how" {
	runs --commit to --commit-kind atomic --record record.json
	[ "$(cat to/a to/d/b)" = $'one\ntwo' ]
	grep -q '"achieved":"atomic".*"complete":true' record.json
	empty staging
}

@test "a run that fails commits nothing" {
	admits --system --staging staging --out out= -- /bin/sh
	# shellcheck disable=SC2016
	run "$BVISOR" run --system --staging staging --out out= --commit to --report r.json -- \
		/bin/sh -c 'echo one >"$BVISOR_OUT/a"; exit 3'
	[ "$status" -eq 3 ]
	[[ $output == *"did not succeed"* ]]
	[ ! -e to ]
	"$BVISOR" artifacts discard --staging staging r.json
	empty staging
}

@test "what is dropped is gone" {
	runs --discard --report r.json
	empty staging
	run "$BVISOR" artifacts commit --staging staging r.json to
	[ "$status" -eq 125 ]
}

@test "another report takes nothing out" {
	runs --report r.json
	sed 's/"path":"a"/"path":"b"/' r.json >other.json
	run "$BVISOR" artifacts commit --staging staging other.json to
	[ "$status" -eq 125 ]
	[[ $output == *"no sound report"* ]]
	"$BVISOR" artifacts discard --staging staging r.json
}

@test "the usual place is made, and is the user's own" {
	[ "$(id -u)" -ne 0 ] || skip "root's usual place is the system's"
	export XDG_STATE_HOME=$PWD/state
	admits --system --out out= -- /bin/sh
	# shellcheck disable=SC2016
	"$BVISOR" run --system --out out= --discard -- /bin/sh -c 'echo one >"$BVISOR_OUT/a"'
	[ "$(stat -c %a state/bvisor)" = 700 ]
	empty state/bvisor
}

@test "what makes no sense is refused" {
	local words
	for words in "" list "list a b" "commit r.json" "take r.json"; do
		# shellcheck disable=SC2086
		run "$BVISOR" artifacts $words
		[ "$status" -eq 125 ]
	done
}

@test "what would not be heeded is refused" {
	local words
	runs --report r.json
	for words in "list --record x r.json" "diff --overwrite r.json ." \
		"list --staging . r.json" "discard --staging staging --record x r.json"; do
		# shellcheck disable=SC2086
		run "$BVISOR" artifacts $words
		[ "$status" -eq 125 ]
		[[ "$output" == *"has no use for --"* ]]
	done
	"$BVISOR" artifacts discard --staging staging r.json
}

# The attempt is in BVISOR_OUT, the id of an artifact can be computed from what is in the report: a
# workload can name another file by it, as commits once did their own.
@test "nobody can name an artifact so that it takes another's place" {
	mkdir d
	cat >attack <<-'END'
		cd "$BVISOR_OUT"
		echo mine >x
		attempt=$(basename "$(dirname "$BVISOR_OUT")")
		set -- $(sha256sum x)
		set -- $(printf '%s\n' 'bvisor artifact 1' "$attempt" out "$1" 5 x | sha256sum)
		echo other >".bvisor-$(echo "$1" | cut -c 1-32)"
	END
	run -0 "$BVISOR" run --system --ro attack --out out= --staging staging --report r.json \
		--spawn descendants -- /bin/sh "$PWD/attack"
	id=$("$python" -c 'import json; print(*[a["id"][:32] for a in
		json.load(open("r.json"))["artifacts"] if a["path"] == "x"])')
	grep -q "\"path\":\".bvisor-$id\"" r.json
	run -0 "$BVISOR" artifacts commit r.json d --staging staging --overwrite
	[ "$(cat d/x) $(cat "d/.bvisor-$id")" = 'mine other' ]
}

@test "a run whose report is not kept says that nobody can take out what it left" {
	run -0 "$BVISOR" run --system --out o= --staging staging -- \
		/bin/sh -c 'echo >"$BVISOR_OUT/x"'
	[[ $output == *'--report FILE'* ]]
}
