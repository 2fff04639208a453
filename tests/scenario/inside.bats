#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is made to appear in the boundary, as it is written on the command line.

load common

# What a staging keeps is closed against changes, and who is not root would not get rid of it.
teardown() {
	[ ! -d "$BATS_TEST_TMPDIR/staging" ] || chmod -R u+w "$BATS_TEST_TMPDIR/staging"
}

# made EXPECTED ARGUMENT...: the arguments make a spec whose canonical form has this in it.
made() {
	local expected=$1
	shift
	run --separate-stderr "$BVISOR" run --print-spec "$@" -- /bin/true
	[[ $output == *"$expected"* ]]
}

@test "a temporary root is at /tmp unless it is said where" {
	made '"temp_path":"/tmp","temp_root":true' --tmp
	made '"temp_path":"/scratch","temp_root":true' --tmp=/scratch
}

@test "a bind is read-only unless more is said" {
	local rest='"destination":"/data","overlay":false,"source":"/usr"}]'
	made "[{\"access\":[\"read\"],$rest" --bind /usr:/data
	made "[{\"access\":[\"execute\",\"read\",\"write\"],$rest" --bind /usr:/data:rwx
}

@test "an overlay is written to where it is" {
	local rest='"destination":"/usr","overlay":true,"source":"/usr"}]'
	made "[{\"access\":[\"read\",\"write\"],$rest" --overlay /usr
}

@test "an overlay keeps what is written from the host, and a plan says by what" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p work/dir
	admits --overlay work -- /bin/true
	echo host >work/file
	echo host >work/dir/kept
	run "$BVISOR" plan --overlay work -- /bin/true
	[ "$status" -eq 0 ]
	[[ $output == *overlayfs* ]]
	run "$BVISOR" run --system --overlay work --spawn descendants -- /bin/sh -c '
		echo guest >>work/file; rm work/dir/kept; echo new >work/new
		cat work/file; ls work/dir'
	[ "$status" -eq 0 ]
	[[ $output == *host*guest* ]]
	[ "$(cat work/file work/dir/kept)" = "host
host" ]
	[ ! -e work/new ]
}

@test "storage that is to be enforced is one limit for all, outputs included" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p work staging
	chmod 700 staging
	admits --overlay work -- /bin/true
	run "$BVISOR" run --system --staging staging --overlay work --tmp=/scratch --out /out \
		--storage 1M,enforced --spawn descendants --report report.json -- /bin/sh -c \
		'head -c 400000 /dev/zero >/out/a; head -c 400000 /dev/zero >/scratch/a
		head -c 400000 /dev/zero >work/a || echo full'
	[ "$status" -eq 0 ]
	[[ $output == *full* ]]
	grep -q '"code":"limit-reached","detail":"storage: 1048576 of 1048576' report.json
	run "$BVISOR" artifacts list report.json
	[ "$status" -eq 0 ]
	[ "$(find staging -name a -size 400000c | wc -l)" -eq 1 ]
}

@test "an output has a name, a path, or both" {
	made '[{"name":"out","path":"/o"}]' --out /o
	made '[{"name":"b","path":null},{"name":"logs","path":"/o"}]' --out logs=/o --out b=
}

@test "what is stored is bounded, unless it is said by how much" {
	local rest='"storage":{"evidence":[],"guarantee":"mediated","limit_bytes":'
	made "${rest}1073741824}" --out /o
	made "${rest}1048576}" --out /o --storage 1M
}

@test "what makes no sense is refused with its place" {
	local words
	for words in "--bind /usr" "--bind /usr:/a:rx" "--bind /usr:/a:ro:x" "--overlay /usr:ro" \
		"--bind /usr:/a --bind /etc:/a/b" "--out /a --tmp=/a" "--out Out=/a" \
		"--bind /nowhere:/a"; do
		# shellcheck disable=SC2086
		run "$BVISOR" run --print-spec $words -- /bin/true
		[ "$status" -eq 125 ]
	done
}

@test "an output in a granted directory is the output, and not what is there on the host" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p work/out
	mkdir -m 700 staging
	admits --view always --system -- /bin/true
	run -0 "$BVISOR" run --system --rw work --out "o=$PWD/work/out" --staging staging \
		--report report.json --spawn descendants -- /bin/sh -c 'echo hi >"$BVISOR_OUT/a"'
	[ ! -e work/out/a ]
	grep -q '"output":"o","path":"a"' report.json
	rmdir work/out
	run -125 "$BVISOR" run --system --rw work --out "o=$PWD/work/out" --staging staging \
		--spawn descendants -- /bin/sh -c 'echo hi >"$BVISOR_OUT/a"'
	[ ! -e work/out ]
}

@test "two things cannot be at one place, also where links of the root lead there" {
	cd "$BATS_TEST_TMPDIR"
	mkdir one two
	[ "$(readlink /bin)" = usr/bin ] || skip '/bin is no link to usr/bin here'
	admits --view always --system -- /bin/true
	run -125 "$BVISOR" run --system --bind one:/bin/x --bind two:/usr/bin/x:rw -- /bin/true
	[[ $output == *'two things'* ]]
}

@test "nothing is put over what the boundary makes, and a place within a grant must exist" {
	cd "$BATS_TEST_TMPDIR"
	mkdir here
	admits --view always --system -- /bin/true
	for words in '--bind here:/dev' '--bind here:/proc/1' --tmp=/proc/self; do
		# shellcheck disable=SC2086
		run -125 "$BVISOR" plan --system $words -- /bin/true
		[[ $output == *"of the boundary's making"*'another destination'* ]]
	done
	run -125 "$BVISOR" run --system --bind here:/usr/nonesuch -- /bin/true
	[[ $output == *'does not exist there: make it'* ]]
	run -125 "$BVISOR" run --system --ro here:/elsewhere -- /bin/true
	[[ $output == *'--bind SRC:DEST'* ]]
}

@test "a process of the host's is not granted while they are hidden" {
	run -125 "$BVISOR" run --system --ro /proc/self -- /bin/true
	[[ $output == *"host's processes"* ]]
	run -0 "$BVISOR" run --system --ro /proc/cpuinfo -- /bin/cat /proc/cpuinfo
}

# It holds every capability, but not over the pid namespace it is in.
@test "root of a user namespace gets a view like anybody else" {
	unshare -r true 2>/dev/null || skip 'no user namespace can be had here'
	admits --view always --system -- /bin/true
	run unshare -r "$BVISOR" run --view always --system -- /bin/true
	[ "$status" -eq 0 ]
}

@test "a workload that may write the staging is refused before it runs" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -m 700 staging
	run "$BVISOR" run --system --rw "$PWD" --out o= --staging staging -- /bin/true
	[ "$status" -eq 125 ]
	[[ "$output" == *"'$PWD', which is granted to write"*"--staging DIR"* ]]
	[ -z "$(ls staging)" ]
}

@test "whoever writes in the staging leads the host nowhere by a link in it" {
	cd "$BATS_TEST_TMPDIR"
	mkdir victim sync
	mkdir -m 700 staging
	admits --view always --system --storage 8M,enforced --out o=/out --staging staging \
		-- /bin/sh
	"$BVISOR" run --system --rw sync --out o=/out --staging staging --storage 8M,enforced \
		--spawn descendants --report r.json -- /bin/sh -c \
		'mkdir /out/x && echo x >/out/x/planted && echo fine >/out/fine && : >sync/ready
		until [ -e sync/go ]; do sleep 0.1; done' &
	until [ -e sync/ready ]; do
		sleep 0.1
		kill -0 $!
	done
	ln -s "$PWD/victim" "$(echo staging/*/o)/x"
	: >sync/go
	wait $!
	[ -z "$(ls victim)" ]
	grep -q '"output":"o","path":"fine"' r.json
	grep -q 'x/planted: it cannot be copied' r.json
}

@test "files without content cost the directory they are named in" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -m 700 staging
	admits --system --storage 64K,mediated --out o= --staging staging -- /bin/sh
	# shellcheck disable=SC2016
	run "$BVISOR" run --system --out o= --staging staging --storage 64K,mediated \
		--spawn descendants --report r.json -- /bin/sh -c 'long=$(printf %0200d 0); i=0
		while [ $i -lt 2000 ]; do : >"$BVISOR_OUT/$long$i"; i=$((i + 1)); done; sleep 5'
	[[ $output == *"storage budget"* ]]
}

@test "in a view archives, installers and chmod work where writing is granted, nowhere else" {
	cd "$BATS_TEST_TMPDIR"
	mkdir kept tree work
	echo '#!/bin/sh' >tree/tool
	chmod 755 tree/tool
	echo data >tree/data
	touch -d '2001-02-03 04:05:06 UTC' tree/data
	tar cf archive.tar tree
	echo kept >kept/file
	chmod 640 kept/file
	chmod 750 kept
	admits --view always --system -- /bin/true
	"$BVISOR" plan --view always --system --rox tree -- /bin/true | grep -q 'seccomp (set-id' ||
		skip 'modes are refused on this machine'
	run -0 "$BVISOR" run --view always --system --rwx work --ro archive.tar --ro tree \
		--ro kept --spawn descendants -- /bin/sh -ec '
		cd work && tar xf ../archive.tar --no-same-owner && cp -p tree/data copy
		install -m 751 tree/tool tool && touch -d "2002-01-01 UTC" tree/tool
		printf "#!/bin/sh\necho ran" >made && chmod +x made && ./made >ran
		if chmod 777 ../kept/file ../archive.tar 2>said; then exit 9; fi
		grep -c "Read-only file system" said'
	[ "$output" = 2 ]
	[ "$(stat -c %a work/tool work/made | head -n 1)" = 751 ]
	[ -x work/made ]
	[ "$(stat -c %Y work/tree/data work/copy | uniq)" = 981173106 ]
	[ "$(stat -c %a kept/file)" = 640 ]
}

@test "modes are the workload's in what the boundary owns, and outputs come out all the same" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -m 700 staging
	mkdir over
	echo host >over/file
	chmod 640 over/file
	admits --view always --system --out o=/out --staging staging --tmp=/scratch \
		--storage 8M --overlay over -- /bin/true
	"$BVISOR" plan --view always --system -- /bin/true | grep -q 'seccomp (set-id' ||
		skip 'modes are refused on this machine'
	run -0 "$BVISOR" run --view always --system --out o=/out --staging staging --tmp=/scratch \
		--storage 8M --overlay over --commit results --spawn descendants -- /bin/sh -ec '
		echo a >/scratch/a && chmod 700 /scratch/a
		touch -d "2002-01-01 UTC" /scratch/a
		echo b >/out/b && chmod 755 /out/b
		mkdir /out/d && echo c >/out/d/c && chmod 500 /out/d
		cd over && chmod 777 file && install -m 700 file other && stat -c %a file'
	[ "$output" = 777 ]
	[ -x results/b ]
	[ "$(cat results/d/c)" = c ]
	[ "$(stat -c %a over/file)" = 640 ]
	[ ! -e over/other ]
}
