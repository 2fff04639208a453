#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What this machine can enforce, and what a plan says.
load common

@test "probe has a row for every kind, budget and claim" {
	run -0 "$BVISOR" probe
	local source=${SOURCE_ROOT:?the source tree}/include/bvisor
	local name count=0
	while read -r name; do
		grep -qw -- "$name" <<<"$output"
		count=$((count + 1))
	done < <(sed -n 's/^BV_\(KIND\|DIMENSION\|EVIDENCE\)([A-Z_]*, [0-9]*, "\([^"]*\)".*/\2/p' \
		"$source"/kinds.def "$source"/dimensions.def "$source"/evidence.def)
	[ "$count" -eq 44 ]
}

@test "probe --json is canonical JSON" {
	"$BVISOR" probe --json >"$BATS_TEST_TMPDIR/probe"
	"$python" - "$BATS_TEST_TMPDIR/probe" <<-'END'
		import json, sys
		text = open(sys.argv[1], encoding="utf-8").read()
		value = json.loads(text)
		again = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
		assert text == again
	END
}

@test "plan runs nothing" {
	run "$BVISOR" plan --system --rw "$BATS_TEST_TMPDIR" -- touch "$BATS_TEST_TMPDIR/ran"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
}

@test "plan shows what --system grants, without write to anything but devices" {
	run "$BVISOR" plan --system -- true
	[[ $output == *"r-x"*"/usr"* ]]
	refute grep -E '^ *rw.* /[^d]' <<<"$output"
}

@test "plan --json says admitted as the exit status does" {
	for backend in linux inert; do
		status=0
		"$BVISOR" plan --backend "$backend" --json --system -- true \
			>"$BATS_TEST_TMPDIR/plan" || status=$?
		[ "$status" -eq 0 ] || [ "$status" -eq 125 ]
		"$python" -m json.tool "$BATS_TEST_TMPDIR/plan" >/dev/null
	done
}

@test "evidence nobody can witness refuses, by the claim's name" {
	run -125 "$BVISOR" plan --backend inert --evidence denied-attempts -- true
	[[ $output == *"unseen"*"denied-attempts"* ]]
	run -125 "$BVISOR" plan --evidence gossip -- true
	[[ $output == *"gossip is not a claim"* ]]
}

@test "plans are the same twice" {
	"$BVISOR" plan --json --system -- true >"$BATS_TEST_TMPDIR/a" || true
	"$BVISOR" plan --json --system -- true >"$BATS_TEST_TMPDIR/b" || true
	cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
}

@test "colour is for terminals only" {
	run "$BVISOR" plan --system -- true
	[[ $output != *$'\033'* ]]
}
