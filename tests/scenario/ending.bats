#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Runs that somebody ends, output as it comes, and what is left afterwards: nothing.
load common

setup() {
	cd "$BATS_TEST_TMPDIR"
	admits --system -- sleep
}

cancelled_by() {
	local signal=$1 expected=$2 mark=424$2 status=0

	"$BVISOR" run --system --wall 60s --report "report-$signal" -- \
		sh -c "echo up; exec sleep $mark" >out 2>err &
	local pid=$!
	until_true grep -q up out
	kill "-$signal" "$pid"
	wait "$pid" || status=$?
	[ "$status" -eq "$expected" ]
	[ "$(cat err)" = "bvisor: the run was cancelled by SIG$signal" ]
	until_true gone "sleep $mark"
	run -0 "$BVISOR" verify "report-$signal"
	grep -q '"cancelled"' "report-$signal"
}

@test "SIGTERM cancels the run: 143, a report, no survivor" {
	cancelled_by TERM 143
}

@test "SIGHUP cancels the run: 129, a report, no survivor" {
	cancelled_by HUP 129
}

@test "SIGHUP under nohup does not" {
	needs_program nohup
	nohup "$BVISOR" run --system --wall 60s -- sh -c 'echo up; exec sleep 1' >out 2>err &
	local pid=$!
	until_true grep -q up out
	kill -HUP "$pid"
	wait "$pid"
	refute grep -q cancelled err
}

@test "killing the command kills the run" {
	"$BVISOR" run --system --wall 60s -- sh -c 'echo up; exec sleep 42490' >out &
	local pid=$!
	until_true grep -q up out
	kill -KILL "$pid"
	wait "$pid" || true
	until_true gone "sleep 42490"
}

@test "output is forwarded as it comes" {
	mkfifo answer
	"$BVISOR" run --system --wall 60s -- sh -c 'echo first; read -r x; echo "second $x"' \
		<>answer >out &
	local pid=$!
	until_true grep -q first out
	refute grep -q second out
	echo go >answer
	wait "$pid"
	[ "$(tail -n 1 out)" = "second go" ]
}

@test "a reader who leaves ends the run, as a broken pipe would" {
	local begin=${EPOCHREALTIME/./}
	run -0 bash -c '"$BVISOR" run --system --wall 60s -- sh -c "while :; do echo y; done" |
		head -n 1'
	[ "$output" = y ]
	[ "$((${EPOCHREALTIME/./} - begin))" -lt 20000000 ]
}

@test "descendants do not outlive the run, even detached" {
	admits --system --spawn descendants -- sh
	needs_program setsid
	run -0 "$BVISOR" run --system --spawn descendants -- \
		sh -c '(setsid sleep 42491 </dev/null >/dev/null 2>&1 &) ; sleep 0.2; exit 0'
	until_true gone "sleep 42491"
}

@test "closed standard streams do not confuse the command" {
	run -0 bash -c '"$BVISOR" run --system --report report -- true <&- >&- 2>&-'
	run -0 "$BVISOR" verify report
}

@test "SIGCHLD ignored by the caller does not lose the exit status" {
	run -3 bash -c 'trap "" CHLD; exec "$BVISOR" run --system -- sh -c "exit 3"'
}

@test "the program gets ordinary signals: none blocked, none ignored" {
	run -0 bash -c 'trap "" PIPE; exec "$BVISOR" run --system --ro /proc \
		--host-processes ambient -- grep -E "^Sig(Blk|Ign)" /proc/self/status'
	[[ $output == *"SigBlk:"*"0000000000000000"*"SigIgn:"*"0000000000000000"* ]]
}
