#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Modules inside the boundary, as a user runs them: with the engine in a worker, and in the
# command's own process. What holds is looked for on the host.
load common

WHERE='required none'

# A module of two sections and a body, without a compiler: _start does what its bytes say.
# module BODY-BYTES...: types () -> () and (i32) -> (); imports proc_exit.
module() {
	"$python" - "$@" <<-'END'
		import sys
		name, body = sys.argv[1], bytes(int(b, 16) for b in sys.argv[2:])
		def section(number, data): return bytes([number, len(data)]) + data
		def text(word): return bytes([len(word)]) + word.encode()
		code = b'\x00' + body + b'\x0b'
		data = b'\0asm\1\0\0\0' + section(1, b'\2\x60\0\0\x60\1\x7f\0')
		wasi = 'wasi_snapshot_preview1'
		data += section(2, b'\1' + text(wasi) + text('proc_exit') + b'\0\1')
		data += section(3, b'\1\0') + section(5, b'\1\0\1')
		data += section(7, b'\1' + text('_start') + b'\0\1')
		data += section(10, b'\1' + bytes([len(code)]) + code)
		open(name, 'wb').write(data)
	END
}

# program SOURCE: compiles for WASI, or skips.
program() {
	needs_program clang
	clang --target=wasm32-wasi -O1 -o "$1.wasm" -x c - ||
		skip 'clang cannot compile for wasm32-wasi (wasi-libc, lld, libclang-rt-dev-wasm32)'
}

setup() {
	cd "$BATS_TEST_TMPDIR"
	module exit.wasm 41 2a 10 00      # i32.const 42, call proc_exit
	module return.wasm
	module trap.wasm 00               # unreachable
	module loop.wasm 03 40 0c 00 0b   # loop br 0 end
	mkdir open shut
	echo treasure >open/file
	echo kept >shut/file
}

# What is kept is closed against changes, and who is not root would not get rid of it.
teardown() {
	[ ! -d "$BATS_TEST_TMPDIR/staging" ] || chmod -R u+w "$BATS_TEST_TMPDIR/staging"
}

# Everything else here needs these.
worker_stands() {
	[ -z "$SANITIZED" ] ||
		skip 'with sanitizers the worker is dynamic, and a loader is not granted'
	admits return.wasm
}

@test "a module is known by how it begins, and runs with the status it exits with" {
	worker_stands
	for where in $WHERE; do
		run -42 "$BVISOR" run --worker "$where" exit.wasm
		run -0 "$BVISOR" run --worker "$where" -- ./return.wasm
		run -42 "$BVISOR" run --worker "$where" -- "$PWD/exit.wasm" argument
	done
}

@test "a trap is 134, and the report says what, where and in which function" {
	worker_stands
	for where in $WHERE; do
		run -134 "$BVISOR" run --worker "$where" --report report.json trap.wasm
		[[ $output == 'bvisor: the module trapped: unreachable in function 1 at offset '* ]]
		run -0 "$BVISOR" verify report.json
		grep -q '"kind":"trap"' report.json
		grep -q "\"sha256\":\"$(sha256sum trap.wasm | cut -d' ' -f1)\"" report.json
	done
}

@test "a loop ends by the wall, by processor time, and by fuel" {
	worker_stands
	for where in $WHERE; do
		for kill in best-effort atomic; do
			run -124 "$BVISOR" run --worker "$where" --kill "$kill" --wall 200ms \
				loop.wasm
			[[ $output == *'wall budget of 200 ms'* ]]
		done
		run -124 "$BVISOR" run --worker "$where" --cpu 200ms loop.wasm
		[[ $output == *'cpu budget of 200 ms'* ]]
		run -124 "$BVISOR" run --worker "$where" --fuel --cpu 10ms --report "$where.json" \
			loop.wasm
		[[ $output == *'cpu budget of 10 ms'* ]]
	done
	# The same instruction in both: what was counted is the same to the unit.
	units() { grep -o '"detail":"[0-9]* units"' "$1"; }
	[ "$(units required.json)" = "$(units none.json)" ]
}

@test "a limit on file sizes is said, or does not matter, and no signal comes of it" {
	worker_stands
	run -0 sh -c 'ulimit -S -f 0; exec "$@"' - "$BVISOR" run --worker none return.wasm
	run -125 sh -c 'ulimit -S -f 0; exec "$@"' - "$BVISOR" run return.wasm
	[[ $output == *'RLIMIT_FSIZE'*'ulimit -f'* ]]
}

@test "the wall covers waiting for a stream's other end, which is waited for" {
	worker_stands
	mkfifo in out
	for where in $WHERE; do
		run -124 "$BVISOR" run --worker "$where" --wall 300ms --stdin in \
			--report report.json return.wasm
		[ "$where" = none ] || refute grep -q 'worker (WASI host)' report.json
		[[ $output == *'wall budget of 300 ms'* ]]
		run -124 "$BVISOR" run --worker "$where" --wall 300ms --stdout out return.wasm
		[[ $output == *'wall budget of 300 ms'* ]]
		# Whoever opens it late is not lost, and who only came and went is enough.
		(sleep 0.2; : >in) 3>&- &
		run -42 "$BVISOR" run --worker "$where" --wall 20s --stdin in exit.wasm
		wait
	done
}

@test "what is no module, and what imports more than WASI, is said with its place" {
	worker_stands
	head -c 20 trap.wasm >cut.wasm
	sed 's/proc_exit/proc_evil/' trap.wasm >evil.wasm
	for where in $WHERE; do
		run -126 "$BVISOR" run --worker "$where" cut.wasm
		[[ $output == *'could not be executed: '*'offset '* ]]
		run -126 "$BVISOR" run --worker "$where" evil.wasm
		[[ $output == *'"proc_evil"'* ]]
	done
}

@test "a guest reads what is granted and nothing beside it, and each attempt is in the report" {
	worker_stands
	program reader <<-'END'
		#include <stdio.h>
		int main(int argc, char **argv)
		{
			char text[64];
			FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
			if (!file || !fgets(text, sizeof(text), file))
				return 1;
			fputs(text, stdout);
			return 0;
		}
	END
	ln -s "$PWD/shut/file" open/link
	for where in $WHERE; do
		run -0 "$BVISOR" run --worker "$where" --ro open reader.wasm -- "$PWD/open/file"
		[ "$output" = treasure ]
		run -0 "$BVISOR" run --worker "$where" --cwd open --ro open reader.wasm file
		[ "$output" = treasure ]
		run -0 "$BVISOR" run --worker "$where" --bind open:/elsewhere -- reader.wasm \
			/elsewhere/file
		[ "$output" = treasure ]
		for path in "$PWD/shut/file" "$PWD/open/../shut/file" "$PWD/open/link" \
			/etc/passwd; do
			run -1 "$BVISOR" run --worker "$where" --ro open reader.wasm "$path"
			[ -z "$output" ]
		done
		run -1 "$BVISOR" run --worker "$where" --ro open --report report.json reader.wasm \
			"$PWD/open/../shut/file"
		grep -q '"call":"path_open".*"object":"'"$PWD"'/open: ../shut/file"' report.json
	done
}

@test "a write lands on disk where it is granted, and nowhere else" {
	worker_stands
	program writer <<-'END'
		#include <stdio.h>
		int main(int argc, char **argv)
		{
			FILE *file = argc > 1 ? fopen(argv[1], "w") : NULL;
			return !file || fputs("new", file) < 0 || fclose(file);
		}
	END
	for where in $WHERE; do
		rm -f open/new
		run -0 "$BVISOR" run --worker "$where" --rw open writer.wasm "$PWD/open/new"
		[ "$(cat open/new)" = new ]
		run -1 "$BVISOR" run --worker "$where" --rw open writer.wasm "$PWD/shut/file"
		run -1 "$BVISOR" run --worker "$where" --ro open writer.wasm "$PWD/open/file"
		[ "$(cat open/file) $(cat shut/file)" = 'treasure kept' ]
	done
}

environ_program() {
	program environ <<-'END'
		#include <stdio.h>
		extern char **environ;
		int main(void)
		{
			for (char **entry = environ; entry && *entry; entry++)
				puts(*entry);
			return 0;
		}
	END
}

@test "the environment is exactly the given one, and a secret is in no document" {
	worker_stands
	environ_program
	(umask 077 && echo 'token=hunter2' >secrets)
	for where in $WHERE; do
		run -0 "$BVISOR" run --worker "$where" --env A=b --secret T=token \
			--secrets-from secrets --stdout inherit --report report.json environ.wasm
		[ "$output" = $'A=b\nT=hunter2' ]
		refute grep -q hunter2 report.json
	done
}

@test "a temporary root is the guest's, TMPDIR names it, and an overlay is its own" {
	worker_stands
	admits --tmp return.wasm
	environ_program
	program keeper <<-'END'
		#include <stdio.h>
		int main(int argc, char **argv)
		{
			FILE *file = fopen(argc > 1 ? argv[1] : "/scratch/kept", "w");
			return !file || fputs("x", file) < 0 || fclose(file);
		}
	END
	run -0 "$BVISOR" run --tmp=/scratch keeper.wasm
	[ ! -e /scratch ]
	run -0 "$BVISOR" run --tmp=/scratch --env A=b --stdout inherit environ.wasm
	[ "$output" = $'A=b\nTMPDIR=/scratch' ]
	run -0 "$BVISOR" run --tmp=/scratch --env TMPDIR=/own --stdout inherit environ.wasm
	[ "$output" = 'TMPDIR=/own' ]
	admits --overlay open return.wasm
	run -0 "$BVISOR" run --overlay open keeper.wasm "$PWD/open/file"
	[ "$(cat open/file)" = treasure ]
	run -125 "$BVISOR" run --worker none --overlay open return.wasm
	[[ $output == *'refused: expose-path'* ]]
}

@test "outputs of a module are staged under the run's own attempt, listed, compared and taken out" {
	worker_stands
	mkdir -m 700 staging
	program maker <<-'END'
		#include <stdio.h>
		#include <sys/stat.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			for (int i = 1; i < argc; i++) {
				FILE *file = fopen(argv[i], "w");
				if (!file || fputs("made", file) < 0 || fclose(file))
					return 1;
			}
			return mkdir("/bvisor-out/d", 0700) == 0 &&
			       symlink("../a", "/bvisor-out/d/link");
		}
	END
	attempt() { "$python" -c 'import json; print(json.load(open("r.json"))["attempt"])'; }
	for where in $WHERE; do
		admits --worker "$where" --staging staging --out x= return.wasm
		run -0 "$BVISOR" run --worker "$where" --staging staging --out x= --report r.json \
			maker.wasm /bvisor-out/a
		"$BVISOR" verify r.json
		[ "$("$BVISOR" artifacts list r.json)" = \
			"$(printf made | sha256sum | cut -d' ' -f1)  a" ]
		grep -q '"artifact-refused".*x: d/link: a symbolic link' r.json
		[ "$(ls staging)" = "$(attempt)" ]
		mkdir "to-$where"
		run -1 "$BVISOR" artifacts diff r.json "to-$where"
		"$BVISOR" artifacts commit --staging staging r.json "to-$where"
		[ "$(ls "to-$where") $(cat "to-$where/a")" = 'a made' ]
		[ -z "$(ls staging)" ]
		run -0 "$BVISOR" run --worker "$where" --staging staging --out x=/x --out y= \
			--report r.json --commit "both-$where" maker.wasm /x/a /bvisor-out/x/b \
			/bvisor-out/y/c
		[ "$(cd "both-$where" && find . -type f | sort)" = \
			$'./x/a\n./x/b\n./y/c' ]
		run -0 "$BVISOR" run --worker "$where" --staging staging --out x= --discard \
			maker.wasm /bvisor-out/a
		run -0 "$BVISOR" run --worker "$where" --staging staging --out x= return.wasm
		[ -z "$(ls staging)" ]
		run -125 "$BVISOR" run --worker "$where" --staging staging --ro open \
			--out "x=$PWD/open/x" return.wasm
		[[ $output == *'within a granted path'* ]]
	done
}

@test "outputs that outgrow the storage budget end the run" {
	worker_stands
	mkdir -m 700 staging
	program filler <<-'END'
		#include <fcntl.h>
		#include <unistd.h>
		static char piece[65536];
		int main(void)
		{
			int fd = open("/bvisor-out/big", O_WRONLY | O_CREAT, 0600);
			for (int i = 0; i < 64; i++)
				write(fd, piece, sizeof(piece));
			for (;;)
				;
		}
	END
	for where in $WHERE; do
		admits --worker "$where" --staging staging --out x= return.wasm
		run -137 "$BVISOR" run --worker "$where" --staging staging --out x= --storage 1M \
			--discard --report r.json filler.wasm
		[[ $output == *'storage budget of 1 MiB'* ]]
		grep -q '"dimension":"storage","finding":"limit-exceeded"' r.json
		[ -z "$(ls staging)" ]
	done
}

@test "a module that wants more memory than there may be is not run, or gets none" {
	worker_stands
	program grower <<-'END'
		#include <stdio.h>
		int main(void)
		{
			int pages = 0;
			while (pages < 100000 && __builtin_wasm_memory_grow(0, 1) + 1)
				pages++;
			return pages > 1024 ? 1 : 0;
		}
	END
	program big <<-'END'
		volatile char room[64 << 20];
		int main(int argc, char **argv)
		{
			return room[argc];
		}
	END
	for where in $WHERE; do
		run -0 "$BVISOR" run --worker "$where" --memory 64M grower.wasm
		run -126 "$BVISOR" run --worker "$where" --memory 8M big.wasm
		[[ $output == *memory* ]]
		run -125 "$BVISOR" run --worker "$where" --memory 64K grower.wasm
		[[ $output == *'refused: budget-memory'*'remedy: --memory'* ]]
	done
}

@test "output past the limit is digested whole and kept in part" {
	worker_stands
	program yes <<-'END'
		#include <stdio.h>
		int main(void)
		{
			for (int i = 0; i < 100000; i++)
				puts("yes");
			return 0;
		}
	END
	"$python" -c "print('yes\n' * 100000, end='')" >expected
	for where in $WHERE; do
		run -0 --separate-stderr "$BVISOR" run --worker "$where" --capture-limit 100 \
			--report report.json yes.wasm
		[ "$("$python" -c "
import json
row = json.load(open('report.json'))['streams'][1]
print(row['sha256'], row['kept_bytes'], row['length_bytes'], row['truncated'])")" = \
			"$(sha256sum expected | cut -d' ' -f1) 100 400000 True" ]
	done
}

@test "the worker is confined: its filter, its one task, no descriptor but its own, and it dies" {
	worker_stands
	needs_program pgrep
	"$BVISOR" run --ro open --wall 20s loop.wasm 3>&- &
	other=$!
	"$BVISOR" run --ro open --wall 20s loop.wasm 3>&- &
	bvisor=$!
	# How many launchers are between it and the command depends on the user's rights.
	descends() { # PID: from the command
		local at=$1
		while [ "${at:-0}" -gt 1 ]; do
			at=$(awk '$1 == "PPid:" { print $2 }' "/proc/$at/status" 2>/dev/null)
			[ "$at" != "$2" ] || return 0
		done
		return 1
	}
	worker() { # of this command
		local p
		for p in $(pgrep -x bvisor-wasm); do
			descends "$p" "$1" && echo "$p" && return 0
		done
		return 1
	}
	holds_root() {
		ls -l "/proc/$pid/fd" | grep -q "$PWD/open"
	}
	until_true worker "$other"
	beside=$(worker "$other")
	until_true worker "$bvisor"
	pid=$(worker "$bvisor")
	grep -q '^Seccomp:.2' "/proc/$pid/status"
	grep -q '^NoNewPrivs:.1' "/proc/$pid/status"
	grep -q '^CapEff:.0*$' "/proc/$pid/status"
	grep -q '^Threads:.1$' "/proc/$pid/status"
	# Streams, copies of them, and the granted directory; no module, order or ledger any more.
	until_true holds_root
	refute sh -c "ls -l /proc/$pid/fd | grep -E 'socket:|memfd:|loop.wasm'"
	# What it runs is the memory that was hashed, whatever becomes of the file.
	grep -q '^[0-9a-f-]* r--p .* /memfd:module (deleted)$' "/proc/$pid/maps"
	refute grep -q 'loop.wasm' "/proc/$pid/maps"
	# Another worker of the same module shares no page of it: it has a file of its own.
	module_inode() {
		awk '$6 == "/memfd:module" { print $4 ":" $5 }' "/proc/$1/maps" | grep .
	}
	until_true module_inode "$beside"
	[ "$(module_inode "$pid")" != "$(module_inode "$beside")" ]
	kill -KILL "$beside"
	wait "$other" || true
	# Nothing it has mapped is both writable and executable.
	refute grep -qE '^[0-9a-f-]+ .wx' "/proc/$pid/maps"
	kill -KILL "$pid"
	status=0
	wait "$bvisor" || status=$?
	[ "$status" = 137 ]
	until_true test ! -e "/proc/$pid"
}

@test "inspect says what a module imports, and whether a backend has it; plan does, too" {
	worker_stands
	sed 's/proc_exit/proc_evil/' trap.wasm >evil.wasm
	run -0 "$BVISOR" wasm inspect exit.wasm
	[[ $output == *'provided'*'wasi_snapshot_preview1.proc_exit (i32) -> ()'* ]]
	[[ $output == *'function'*'_start () -> ()'* ]]
	run -1 "$BVISOR" wasm inspect evil.wasm
	[[ $output == *'refused'*'wasi_snapshot_preview1.proc_evil'* ]]
	run -0 "$BVISOR" wasm inspect --json exit.wasm
	[ "$("$python" -c "
import json, sys
found = json.loads(sys.argv[1])
print(found['command'], found['refused_imports'], found['imports'][0]['provided'])" "$output")" = \
		'True 0 True' ]
	run -126 "$BVISOR" wasm inspect /bin/true
	run -0 "$BVISOR" plan exit.wasm
	[[ $output == *'wasi_snapshot_preview1.proc_exit'* ]]
	run -126 "$BVISOR" plan evil.wasm
	[[ $output == *'refused'*'proc_evil'* && $output != *admitted* ]]
}

@test "what run would not take as a command, inspect and plan call unfit" {
	worker_stands
	# Its _start is of the second type, (i32) -> ().
	"$python" -c 'import sys; sys.stdout.buffer.write(open("return.wasm", "rb").read().replace(
		bytes([3, 2, 1, 0]), bytes([3, 2, 1, 1]), 1))' >taking.wasm
	head -c 20 trap.wasm >cut.wasm
	run -1 "$BVISOR" wasm inspect taking.wasm
	[[ $output == *'unfit'*'_start takes or gives values'* ]]
	for module in taking cut; do
		run -126 "$BVISOR" plan $module.wasm
		[[ $output == *'unfit'* && $output != *'admitted '* ]]
		run -126 "$BVISOR" run $module.wasm
	done
	run -126 "$BVISOR" wasm inspect cut.wasm
	[[ $output == *' at offset '* ]]
	mkfifo pipe.wasm
	run -126 timeout 10 "$BVISOR" wasm inspect pipe.wasm
	[[ $output == *'is not a regular file'* ]]
	run -127 "$BVISOR" run none.wasm
	[[ $output == *'no such module'* ]]
}

@test "what no guest can be given is refused by name, with what to do" {
	for words in '--net ambient' '--spawn threads' '--spawn descendants' '--ipc ambient' \
		'--host-processes ambient' '--kernel ambient'; do
		# shellcheck disable=SC2086
		run -125 "$BVISOR" run $words return.wasm
		[[ $output == *'refused: '*'; remedy: --'* ]]
	done
	run -125 "$BVISOR" run --backend linux return.wasm
	[[ $output == *'refused: launch-workload'* ]]
	run -125 "$BVISOR" run --system return.wasm
	run -125 "$BVISOR" run --ro open/file return.wasm
	[[ $output == *'is no directory'* ]]
}

@test "without its worker a module is refused, and only who says so runs it in this process" {
	run -125 "$BVISOR" run --wasm-worker /no/worker return.wasm
	[[ $output == *'no second boundary'* ]]
	run -0 "$BVISOR" run --wasm-worker /no/worker --worker preferred --report report.json \
		return.wasm
	grep -q '"code":"mediated"' report.json
	run -0 "$BVISOR" run --wasm-worker /no/worker --worker none return.wasm
}

@test "plan says what holds in both boundaries" {
	worker_stands
	run -0 "$BVISOR" plan return.wasm
	[[ $output == *'backend: wasm'* ]]
	[[ $output == *'worker: '*'seccomp'* ]]
	run -0 "$BVISOR" plan --worker none return.wasm
	[[ $output == *'in this process'* && $output != *'worker: '* ]]
	run -0 "$BVISOR" probe --backend wasm
	[[ $output == *'worker: '* ]]
}
