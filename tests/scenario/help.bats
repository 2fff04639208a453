#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Finding one's way: help, hints after mistakes, completions.
load common

@test "help names every verb, and every verb has its help" {
	local all
	all=$("$BVISOR" help)
	for verb in run plan probe verify spec wasm completion help version; do
		[[ $all == *"$verb"* ]]
		run -0 "$BVISOR" help "$verb"
		[[ $output == "Usage: bvisor "* ]]
		local said=$output
		run -0 "$BVISOR" "$verb" --help
		[ "$output" = "$said" ]
	done
}

@test "help goes to standard output, and -h is --help" {
	run -0 --separate-stderr "$BVISOR" run -h
	[[ $output == *"--system"* && -z $stderr ]]
}

@test "no verb, an unknown verb and an unknown option are 125 with a hint" {
	run -125 "$BVISOR"
	[[ $output == "bvisor: "*"bvisor help"* ]]
	run -125 "$BVISOR" rum -- true
	[[ $output == *"did you mean run?"* ]]
	run -125 "$BVISOR" run --memry 1M -- true
	[[ $output == *"did you mean --memory?"* ]]
	run -125 "$BVISOR" run --id 00 -- true
	[[ $output == *"not an option of run"* ]]
}

@test "hints go to standard error and leave standard output empty" {
	run -125 --separate-stderr "$BVISOR" run --bogus -- true
	[[ -z $output && $stderr == "bvisor: "* ]]
}

@test "an option given twice, without its value, or with a value it cannot have, is 125" {
	run -125 "$BVISOR" run --net deny --net ambient -- true
	[[ $output == *"--net: is given twice"* ]]
	run -125 "$BVISOR" run --memory
	[[ $output == *"--memory: wants SIZE"* ]]
	run -125 "$BVISOR" run --memory -- true
	[[ $output == *"--memory: wants SIZE"* ]]
	run -125 "$BVISOR" run --net=maybe -- true
	[[ $output == *"deny|ambient"* ]]
	run -125 "$BVISOR" run --system=yes -- true
	[[ $output == *"--system: takes no value"* ]]
}

@test "limits that are junk, signed, or overflow are 125 and say what to type" {
	for limit in 12Q -1 1.5G 17179869184G "1 K" ""; do
		run -125 "$BVISOR" run --memory "$limit" -- true
		[[ $output == *"is not a limit: bytes, or a number with K, M, G or T"* ]]
	done
	run -125 "$BVISOR" run --memory 1M,sure -- true
	[[ $output == *"enforced, mediated, none"* ]]
}

@test "a program before -- is pointed behind it" {
	run -125 "$BVISOR" run --system ls
	[[ $output == *"go after --"* ]]
}

@test "a granted path that does not exist is 125 and named" {
	run -125 "$BVISOR" run --ro "$BATS_TEST_TMPDIR/nothing" -- true
	[[ $output == *"--ro: $BATS_TEST_TMPDIR/nothing: No such file or directory"* ]]
}

@test "text from outside cannot drive the terminal" {
	run -125 "$BVISOR" run --ro $'/x\033]0;title\007' -- true
	[[ $output == *"/x?]0;title?"* ]]
}

@test "version is one line" {
	run -0 "$BVISOR" version
	[[ $output =~ ^bvisor\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	run -0 "$BVISOR" --version
}

@test "bash completes verbs, options and their words" {
	cat >"$BATS_TEST_TMPDIR/ask" <<-'END'
		source <("$BVISOR" completion bash)
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_bvisor
		printf '%s\n' "${COMPREPLY[@]}"
	END
	run -0 bash "$BATS_TEST_TMPDIR/ask" bvisor pr
	[ "$output" = probe ]
	run -0 bash "$BATS_TEST_TMPDIR/ask" bvisor run --host
	[ "$output" = --host-processes ]
	run -0 bash "$BATS_TEST_TMPDIR/ask" bvisor run --spawn ""
	[ "$output" = $'deny\nthreads\ndescendants' ]
	run -0 bash "$BATS_TEST_TMPDIR/ask" bvisor verify --i
	[ "$output" = --id ]
}

@test "zsh reads its completion" {
	needs_program zsh
	"$BVISOR" completion zsh >"$BATS_TEST_TMPDIR/_bvisor"
	run -0 zsh -n "$BATS_TEST_TMPDIR/_bvisor"
}

@test "fish reads its completion" {
	needs_program fish
	"$BVISOR" completion fish >"$BATS_TEST_TMPDIR/bvisor.fish"
	run -0 fish --no-execute "$BATS_TEST_TMPDIR/bvisor.fish"
}

@test "a full disk under the output is an error, not silence" {
	[ -c /dev/full ] || skip "no /dev/full on this machine"
	run -125 bash -c '"$BVISOR" help run >/dev/full'
	[[ $output == *"No space left on device"* ]]
}
