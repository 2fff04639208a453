#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Spec files: checked, printed, and as the base of a command line.
load common

setup() {
	cd "$BATS_TEST_TMPDIR"
}

@test "the example is valid, and the schema is JSON" {
	"$BVISOR" spec --example >example.json
	run -0 "$BVISOR" spec --check example.json
	[ "$output" = "example.json: valid" ]
	"$BVISOR" spec --schema | "$python" -m json.tool >/dev/null
}

@test "a spec that is not one is 1, with the place" {
	"$BVISOR" spec --example | sed 's/"filesystem"/"filesistem"/' >bad.json
	run -1 "$BVISOR" spec --check bad.json
	[[ $output == *"filesistem"* && $output == *"(unknown-key)"* ]]
	"$BVISOR" spec --example | head -c 100 >cut.json
	run -1 "$BVISOR" spec --check cut.json
	[[ $output == "bvisor: cut.json: "* ]]
}

@test "a spec comes from standard input too" {
	run -0 bash -c '"$BVISOR" spec --example | "$BVISOR" spec --check -'
}

@test "a file that cannot be read is 125" {
	run -125 "$BVISOR" spec --check nothing.json
	[[ $output == *"nothing.json: cannot be opened: No such file or directory"* ]]
}

@test "print-spec gives canonical bytes with the SHA-256 that sha256sum gives" {
	"$BVISOR" run --ro /usr --print-spec -- /bin/sh >spec.json 2>said
	grep -qF "bvisor: sha256 $(sha256sum <spec.json | cut -d' ' -f1)" said
	run -0 "$BVISOR" spec --check spec.json
	# Canonical: what is printed of the printed is the same bytes.
	"$BVISOR" run --spec spec.json --print-spec >again.json 2>/dev/null
	cmp spec.json again.json
}

@test "the same meaning has the same bytes, in whatever order it is said" {
	"$BVISOR" run --print-spec --ro /usr --rox /etc --env B=2 --env A=1 -- sh >a 2>/dev/null
	"$BVISOR" run --env A=1 --rox /etc --print-spec --env B=2 --ro /usr -- sh >b 2>/dev/null
	cmp a b
}

@test "relative paths, dots and doubled slashes are made absolute" {
	mkdir -p sub/deep
	"$BVISOR" run --ro sub//./deep/ --print-spec -- /bin/sh >spec.json 2>/dev/null
	grep -qF "\"$BATS_TEST_TMPDIR/sub/deep\"" spec.json
}

@test "dot-dot goes through the links of the file system" {
	mkdir -p real/inner
	ln -s real/inner link
	"$BVISOR" run --ro link/.. --print-spec -- /bin/sh >spec.json 2>/dev/null
	grep -qF "\"$(realpath real)\"" spec.json
}

@test "options add to a spec file wherever it stands; grants add, the rest replaces" {
	mkdir one two
	"$BVISOR" run --ro one --env A=1 --env B=1 --wall 5s --print-spec -- /bin/sh >base.json \
		2>/dev/null
	"$BVISOR" run --rw one --ro two --env A=2 --wall 7s --spec base.json --print-spec \
		-- /bin/true >got.json 2>/dev/null
	"$BVISOR" run --rw one --ro two --env A=2 --env B=1 --wall 7s --print-spec \
		-- /bin/true >want.json 2>/dev/null
	cmp got.json want.json
}

@test "the program of a spec file is used unless one is given" {
	"$BVISOR" run --print-spec -- /bin/sh -c true >base.json 2>/dev/null
	run -0 --separate-stderr "$BVISOR" run --spec base.json --print-spec
	[ "$output" = "$(cat base.json)" ]
	run -125 "$BVISOR" run --ro /usr
	[[ $output == *"no program"* ]]
}

@test "a variable without a value is copied now, and must be there" {
	GIVEN="a b" "$BVISOR" run --env GIVEN --print-spec -- /bin/sh >spec.json 2>/dev/null
	grep -qF '"a b"' spec.json
	run -125 env -u GIVEN "$BVISOR" run --env GIVEN --print-spec -- /bin/sh
	[[ $output == *"--env: GIVEN is not set here"* ]]
}

@test "an env file has a variable a line, and comments" {
	printf '# comment\nA=1\n\nB=x=y z\n' >variables
	"$BVISOR" run --env-file variables --print-spec -- /bin/sh >got 2>/dev/null
	"$BVISOR" run --env A=1 --env "B=x=y z" --print-spec -- /bin/sh >want 2>/dev/null
	cmp got want
}
