#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Programs inside the boundary: what they can and cannot reach, and how they end.
load common

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir open shut
	echo treasure >open/file
	echo kept >shut/file
}

@test "a granted file is read; one beside it is not" {
	admits --system --ro open -- cat
	run -0 "$BVISOR" run --system --ro open -- cat open/file
	[ "$output" = treasure ]
	run -1 --separate-stderr "$BVISOR" run --system --ro open -- cat shut/file
	[[ -z $output && $stderr == *"shut/file"* ]]
}

@test "without a grant nothing of the system opens: a dynamic program does not even start" {
	admits -- cat
	run -126 "$BVISOR" run -- cat open/file
	[[ $output == "bvisor: the program could not be executed: "*--system* ]]
	[[ $output != *treasure* ]]
}

@test "a write lands on disk where it is granted, and nowhere else" {
	admits --system --rw open -- sh
	run -0 "$BVISOR" run --system --rw open -- sh -c 'echo new >open/new'
	[ "$(cat open/new)" = new ]
	run "$BVISOR" run --system --rw open -- sh -c 'echo new >shut/new'
	[ "$status" -ne 0 ]
	[ ! -e shut/new ]
	run "$BVISOR" run --system --ro open -- sh -c 'echo new >open/file'
	[ "$status" -ne 0 ]
	[ "$(cat open/file)" = treasure ]
}

@test "execute is a right of its own" {
	admits --system --ro open -- sh
	cp /usr/bin/true open/prog
	run -126 "$BVISOR" run --system --ro open -- sh -c 'exec open/prog'
	run -0 "$BVISOR" run --system --rox open -- sh -c 'exec open/prog'
}

@test "the exit status is the program's own" {
	admits --system -- sh
	for status in 0 1 3 42 124 125 126 127 255; do
		run "-$status" --separate-stderr "$BVISOR" run --system -- sh -c "exit $status"
		[ -z "$stderr" ]
	done
}

@test "on success bvisor says nothing of its own" {
	admits --system -- true
	run -0 "$BVISOR" run --system -- true
	[ -z "$output" ]
}

@test "not found is 127, not executable 126, and neither runs anything" {
	run -127 "$BVISOR" run --system -- no-such-program-here
	[[ $output == "bvisor: no-such-program-here: no such program in PATH" ]]
	run -127 "$BVISOR" run --system -- ./no-such-program
	run -126 "$BVISOR" run --system -- open/file
	[[ $output == "bvisor: open/file: cannot be executed: Permission denied" ]]
	run -126 "$BVISOR" run --system -- ./open
	[[ $output == *"Is a directory"* ]]
}

@test "PATH does not lead to the current directory" {
	printf '#!/bin/sh\necho planted\n' >planted
	chmod +x planted
	PATH=":.:$PATH" run -127 "$BVISOR" run --system -- planted
}

@test "a signal of its own is 128 more, with one line that names it" {
	admits --system -- sh
	run -137 --separate-stderr "$BVISOR" run --system -- sh -c 'kill -9 $$'
	[[ $stderr == "bvisor: the workload was "* ]]
	run -143 --separate-stderr "$BVISOR" run --system -- sh -c 'kill -TERM $$'
	[[ $stderr == "bvisor: the workload was ended by signal 15 (SIGTERM, Terminated)" ]]
	run -134 "$BVISOR" run --system -- sh -c 'kill -ABRT $$'
}

@test "the wall budget ends a run: 124, in time, with the reason" {
	admits --system --wall 300ms -- sleep
	local begin=${EPOCHREALTIME/./}
	run -124 "$BVISOR" run --system --wall 300ms -- sleep 4243
	[ "$((${EPOCHREALTIME/./} - begin))" -lt 5000000 ]
	[[ $output == "bvisor: the workload was ended: wall budget of 300 ms used up"* ]]
	until_true gone "sleep 4243"
}

@test "the wall covers waiting for the other end of a stream, which is waited for" {
	admits --system --wall 300ms -- cat
	mkfifo in
	run -124 "$BVISOR" run --system --wall 300ms --stdin in --report report.json \
		--evidence terminal-outcome,resource-usage -- cat
	grep -q '"detail":"nothing ran: ' report.json
	refute grep -q evidence-missing report.json
	[[ $output == "bvisor: the workload was ended: wall budget of 300 ms used up"* ]]
	(sleep 0.2; echo late >in) 3>&- &
	run -0 "$BVISOR" run --system --wall 20s --stdin in -- cat
	[ "$output" = late ]
	# Of one second most is gone before there is a program to run, and is not given again.
	mkfifo gate
	(sleep 0.9; echo late >gate) 3>&- &
	run -124 "$BVISOR" run --system --wall 1s --report report.json --stdin gate -- sleep 5
	took=$(grep -o 'seen after [0-9]* us' report.json | tr -dc 0-9)
	[ "$took" -lt 900000 ]
}

@test "the CPU budget ends a run: 124, with the reason" {
	admits --system --cpu 1s -- sh
	run -124 "$BVISOR" run --system --cpu 1s --wall 60s -- sh -c 'while :; do :; done'
	[ "$output" = "bvisor: the workload was ended: cpu budget of 1 s used up" ]
}

@test "new processes are refused unless they are asked for" {
	admits --system -- sh
	run "$BVISOR" run --system -- sh -c 'ls /usr; echo after'
	[[ $output != *share* ]]
	admits --system --spawn descendants -- sh
	run -0 "$BVISOR" run --system --spawn descendants -- sh -c 'ls /usr; echo after'
	[[ $output == *share*after* ]]
}

@test "a shell and python work inside" {
	[ -x "$python" ] || skip "no $python on this machine"
	admits --system --ro open -- "$python"
	run -0 --separate-stderr "$BVISOR" run --system --ro open -- "$python" -c \
		'import json, hashlib; print(open("open/file").read().strip().upper())'
	[ "$output" = TREASURE ]
	[ -z "$stderr" ]
}

@test "a script with an interpreter line runs by its own name" {
	admits --system --rox open -- sh
	printf '#!/bin/sh\necho "script: $1"\n' >open/script
	chmod +x open/script
	run -0 "$BVISOR" run --system --rox open -- open/script argument
	[ "$output" = "script: argument" ]
}

@test "no connection leaves the boundary" {
	[ -x "$python" ] || skip "no $python on this machine"
	admits --system -- "$python"
	"$python" - <<-'END' &
		import socket
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		s.listen()
		open("port", "w").write(str(s.getsockname()[1]))
		s.settimeout(10)
		try:
		    s.accept()
		    open("connected", "w").close()
		except OSError:
		    pass
	END
	local server=$!
	until_true [ -s port ]
	run "$BVISOR" run --system -- "$python" -c \
		"import socket; socket.create_connection(('127.0.0.1', $(cat port)), 2)"
	[ "$status" -ne 0 ]
	[ ! -e connected ]
	# The listener was fine: from outside the same connection is made.
	"$python" -c "import socket; socket.create_connection(('127.0.0.1', $(cat port)), 2)"
	wait "$server"
	[ -e connected ]
}

@test "the working directory is the current one, and grants nothing" {
	admits --system -- pwd
	run -0 "$BVISOR" run --system --ro open --cwd open -- sh -c 'pwd; exec cat file'
	[[ $output == *"/open"*treasure* ]]
	run "$BVISOR" run --system --cwd shut -- cat file
	[ "$status" -ne 0 ]
	[[ $output != *kept* ]]
}
