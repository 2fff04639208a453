#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Reports: written whole, checked by anyone.
load common

setup() {
	cd "$BATS_TEST_TMPDIR"
	admits --system -- true
}

@test "a report is written, and its id is its SHA-256" {
	run -0 "$BVISOR" run --system --report report -- echo hello
	run -0 "$BVISOR" verify report
	[ "$output" = "report: sound, id $(sha256sum <report | cut -d' ' -f1)" ]
	run -0 "$BVISOR" verify --id "$(sha256sum <report | cut -d' ' -f1)" report
	run -0 "$BVISOR" verify --id "sha256:$(sha256sum <report | cut -d' ' -f1)" report
}

@test "a changed report is not sound, and verify says how it differs" {
	"$BVISOR" run --system --report report -- true
	id=$(sha256sum <report | cut -d' ' -f1)
	sed 's/{/{ /' report >spaced
	run -1 "$BVISOR" verify spaced
	[[ $output == "spaced: not canonical: "*space* ]]
	head -c 200 report >part
	run -1 "$BVISOR" verify part
	[[ $output == "part: not JSON"* ]]
	"$BVISOR" run --system --report other -- false || true
	run -1 "$BVISOR" verify --id "$id" other
	[[ $output == *"its id is $(sha256sum <other | cut -d' ' -f1)" ]]
}

@test "each of several reports is checked, and one bad one is enough for 1" {
	"$BVISOR" run --system --report a -- true
	echo '{}' >b
	run -1 "$BVISOR" verify a b
	[[ $output == "a: sound"*"b: not "* ]]
	run -125 "$BVISOR" verify nothing
	run -125 "$BVISOR" verify
	run -125 "$BVISOR" verify --id 00 a
}

@test "the report of a failed program, a signal and a timeout is written too" {
	for script in 'exit 3' 'kill -9 $$' 'exec sleep 60'; do
		rm -f report
		run "$BVISOR" run --system --wall 500ms --report report -- sh -c "$script"
		[ "$status" -ne 0 ]
		run -0 "$BVISOR" verify report
	done
}

@test "report - is standard output, after the program's own" {
	"$BVISOR" run --system --stdout null --report - -- echo hello >report
	run -0 "$BVISOR" verify report
	"$BVISOR" run --system --report - -- echo hello >both
	[ "$(head -n 1 both)" = hello ]
	tail -n +2 both >report
	run -0 "$BVISOR" verify report
}

@test "a report that cannot be written stops the run before it begins" {
	mkdir open
	run -125 "$BVISOR" run --system --rw open --report /nonexistent/report -- touch open/ran
	[[ $output == *"--report: /nonexistent/report cannot be written"* ]]
	[ ! -e open/ran ]
}

@test "a report replaces a file, follows a link, and leaves nothing beside it" {
	mkdir place
	echo old >place/report
	ln -s place/report link
	"$BVISOR" run --system --report link -- true
	[ -L link ]
	run -0 "$BVISOR" verify place/report
	[ "$(ls -A place)" = report ]
}

@test "a device given for the report is written to, not replaced" {
	"$BVISOR" run --system --report /dev/null -- true
	[ -c /dev/null ]
}

@test "nothing that was refused leaves a report" {
	run -125 "$BVISOR" run --backend inert --report report -- true
	[ ! -e report ]
	[ -z "$(ls -A)" ]
}
