#!/bin/sh
# SPDX-License-Identifier: MIT
#
# [LONG=1] contract.sh SCRATCH WASI_RUN [BVISOR]: the unit tests of the pure folders, compiled for
# wasm32-wasi, run in our WASI, and in a boundary. The planner is bound to no platform because it
# plans on another one here.
#
# Not among them: base/json and json/tree, whose oracle is jansson, and base/digest, whose oracle
# is libsodium.
set -eu
cd "$(dirname "$0")/../.."
scratch=$1 wasi_run=$2 bvisor=${3-}
examples=$PWD/docs/formats/examples
mkdir -p "$scratch"

skip() {
	echo "# skip: $1"
	exit 77
}
clang=$(command -v clang-14 || command -v clang) || skip 'no clang (apt: clang)'
command -v wasm-ld >/dev/null || command -v wasm-ld-14 >/dev/null || skip 'no wasm-ld (apt: lld)'
[ -f /usr/lib/wasm32-wasi/libc.a ] || skip 'no C library for wasm32-wasi (apt: wasi-libc)'
[ -f "$("$clang" -print-resource-dir)/lib/wasi/libclang_rt.builtins-wasm32.a" ] ||
	skip 'no compiler run time for wasm32-wasi (apt: libclang-rt-14-dev-wasm32)'

version=$(sed -n "s/^  version: '\(.*\)',/\1/p" meson.build)
cat >"$scratch/compile" <<-END
	#!/bin/sh
	exec $(command -v ccache || true) $clang --target=wasm32-wasi -std=gnu11 -O2 \\
		-D_GNU_SOURCE -isystem tests/wasi/shim -include errno_names.h -Iinclude -Isrc \\
		-Wall -Wextra -Werror \\
		-Wno-missing-field-initializers -fno-strict-aliasing -ftrivial-auto-var-init=zero \\
		-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang \\
		'-DBUILD_VERSION="$version"' '-DEXAMPLES="/examples"' "\$@"
END
chmod +x "$scratch/compile"

# Objects: their path, with dashes. Whole-file variants of the host are left out.
tests=$(find tests/unit/base tests/unit/contract tests/unit/wire tests/unit/json -name 'test_*.c' \
	! -path '*/base/test_json.c' ! -path '*/base/test_digest.c' ! -path '*/json/test_tree.c' |
	sort)
parts=$(find src/base src/contract src/json src/wire src/backend/inert src/lib \
	src/launcher/machine.c -name '*.c' ! -name digest_sodium.c ! -name 'blocks_*.c' | sort)
shared='tests/unit/base/faulty.c tests/unit/contract/specs.c'
object() {
	printf '%s/%s.o' "$scratch" "$(printf %s "$1" | tr / -)"
}
# Paths hold no blanks; the inner shell expands its own arguments.
# shellcheck disable=SC2016
for source in $parts $tests $shared; do
	printf '%s %s\n' "$source" "$(object "$source")"
done | xargs -P 2 -n 2 sh -euc '"$0/compile" -c -o "$2" "$1"' "$scratch"

objects=$(for source in $parts; do object "$source"; echo; done)
for source in $tests; do
	name=$(basename "$source" .c)
	extra=''
	# Allocation that can be made to fail, and a spec with everything in it.
	! grep -q faulty.h "$source" || extra="$(object tests/unit/base/faulty.c)
		-Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc"
	! grep -q '"\(../contract/\)\?specs.h"' "$source" ||
		extra="$extra $(object tests/unit/contract/specs.c)"
	# shellcheck disable=SC2086
	"$scratch/compile" -Wl,-z,stack-size=4194304 -Wl,--stack-first \
		-o "$scratch/$name.wasm" "$(object "$source")" $objects $extra
done

failed=0
result() { # NAME STATUS
	[ "$2" = 0 ] || {
		echo "$1: status $2"
		failed=1
	}
}
# Something small first: a machine that can give no boundary says so.
if [ -n "$bvisor" ] &&
	! refused=$("$bvisor" plan -- "$scratch/test_lattice.wasm" 2>&1); then
	why=$(echo "$refused" | sed -n 's/^ *missing: //p; s/^bvisor: //p' | head -n 1)
	echo '[ RUN      ] in a boundary'
	echo "# skip: refused: ${why:-no reason given}"
	echo '[  SKIPPED ] in a boundary'
	bvisor=''
fi
for source in $tests; do
	name=$(basename "$source" .c)
	# Half a minute of interpreting each.
	case ${LONG-}:$name in
	:test_report | :test_spec_json)
		echo "[ RUN      ] $name in WASI"
		echo '# skip: takes long; LONG=1 runs it'
		echo "[  SKIPPED ] $name in WASI"
		continue
		;;
	esac
	status=0
	"$wasi_run" --dir "/examples=$examples:ro" "$scratch/$name.wasm" || status=$?
	result "$name in WASI" "$status"
	# In a boundary as well, but for those that take long.
	case $bvisor:$name in
	:* | *:test_report | *:test_spec* | *:test_body | *:test_verify) continue ;;
	*:test_utf8 | *:test_frame) continue ;;
	esac
	status=0
	"$bvisor" run --bind "$examples:/examples:ro" -- "$scratch/$name.wasm" || status=$?
	result "$name in a boundary" "$status"
done
exit "$failed"
