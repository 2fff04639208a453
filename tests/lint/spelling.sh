#!/bin/sh
# SPDX-License-Identifier: MIT
#
# codespell reads everything that people read. Words it is wrong about stand in words.txt.
set -u
cd "$(dirname "$0")/../.." || exit 1
command -v codespell >/dev/null || {
	echo '# skip: no codespell (apt: codespell)'
	exit 77
}
codespell --ignore-words=tests/lint/words.txt \
	--skip='./build*,./.git,./dist,*.wasm,./tests/fuzz/corpus' .
