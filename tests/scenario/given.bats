#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the program is given: environment, secrets, descriptors, streams.
load common

setup() {
	cd "$BATS_TEST_TMPDIR"
}

@test "the environment is exactly what was given" {
	admits --system -- env
	run -0 "$BVISOR" run --system -- env
	[ -z "$output" ]
	HERE=copied run -0 "$BVISOR" run --system --env A=1 --env HERE --env "B=x y=z" -- env
	[ "$(echo "$output" | sort)" = $'A=1\nB=x y=z\nHERE=copied' ]
}

@test "a descriptor arrives under its number, and no other does" {
	admits --system -- sh
	echo passed >file
	exec 7<file 8<file
	run -0 "$BVISOR" run --system --fd 7:9 -- sh -c 'exec cat <&9'
	[ "$output" = passed ]
	run -0 "$BVISOR" run --system --fd 7 -- sh -c 'exec cat <&7'
	[ "$output" = "" ] # the offset is shared: it was read to its end above
	run "$BVISOR" run --system --fd 7:9 -- sh -c 'exec cat <&7'
	[ "$status" -ne 0 ]
	run "$BVISOR" run --system --fd 7 -- sh -c 'exec cat <&8'
	[ "$status" -ne 0 ]
}

@test "a descriptor that is not open is 125 and named" {
	run -125 "$BVISOR" run --system --fd 77 -- true
	[[ $output == *"descriptor 77 is not open here"* ]]
	run -125 "$BVISOR" run --system --fd 7:1 -- true
	[[ $output == *"--stdout"* ]]
}

@test "standard input is the command's own, nothing, or a file" {
	admits --system -- cat
	run -0 bash -c 'echo piped | "$BVISOR" run --system -- cat'
	[ "$output" = piped ]
	run -0 bash -c 'echo piped | "$BVISOR" run --system --stdin null -- cat'
	[ -z "$output" ]
	echo filed >file
	run -0 bash -c 'echo piped | "$BVISOR" run --system --stdin file -- cat'
	[ "$output" = filed ]
}

@test "the two outputs stay apart" {
	admits --system -- sh
	run -0 --separate-stderr "$BVISOR" run --system -- sh -c 'echo out; echo err >&2'
	[[ $output == out && $stderr == err ]]
}

@test "output goes nowhere, or straight through, if asked" {
	admits --system -- sh
	run -0 "$BVISOR" run --system --stdout null --stderr null -- sh -c 'echo out; echo err >&2'
	[ -z "$output" ]
	run -0 "$BVISOR" run --system --stdout inherit -- sh -c 'echo out'
	[ "$output" = out ]
}

@test "output into a file" {
	admits --system --stdout out -- sh
	: >out
	run -0 "$BVISOR" run --system --stdout out -- sh -c 'echo kept'
	[ -z "$output" ]
	[ "$(cat out)" = kept ]
}

@test "output is shown whole though only a part is kept, and the report says so" {
	admits --system --capture-limit 1K -- sh
	[ -x "$python" ] || skip "no $python on this machine"
	run -0 "$BVISOR" run --system --capture-limit 1K --report report -- \
		"$python" -c 'print("x" * 4999)'
	[ "${#output}" -eq 4999 ]
	"$python" - <<-'END'
		import json
		streams = json.dumps(json.load(open("report")))
		assert '"truncated": true' in streams, streams
		assert "5000" in streams, streams
	END
}

@test "a secret reaches the program and nothing else" {
	admits --system --secret TOKEN=api -- sh
	local value=S3CR3T-$RANDOM$RANDOM$RANDOM
	(umask 077 && echo "api=$value" >secrets)
	mkdir open && echo "$value" >open/want
	"$BVISOR" run --system --ro open --secret TOKEN=api --secrets-from secrets --report report \
		-- sh -c 'read -r want <open/want
			[ "$TOKEN" = "$want" ] && echo match
			exec sleep 2' \
		>out &
	local pid=$!
	until_true grep -q match out
	refute grep -qF -- "$value" "/proc/$pid/cmdline"
	tr '\0' '\n' <"/proc/$pid/environ" >environ
	refute grep -qF -- "$value" environ
	wait "$pid"
	[ "$(cat out)" = match ]
	refute grep -qF -- "$value" report
	grep -qF -- '"api"' report
}

@test "a secrets file that others can read, or without the reference, runs nothing" {
	admits --system --secret TOKEN=api -- sh
	echo "api=x" >secrets
	chmod 644 secrets
	run -125 "$BVISOR" run --system --secret TOKEN=api --secrets-from secrets -- echo ran
	[[ $output == *"secrets: is open to others (mode 0644)"* && $output != *ran ]]
	chmod 600 secrets
	run -125 "$BVISOR" run --system --secret TOKEN=other --secrets-from secrets -- echo ran
	[[ $output == *"no line other=VALUE"* ]]
	run -125 "$BVISOR" run --system --secret TOKEN=api -- echo ran
	[[ $output == *"--secrets-from"* ]]
}
