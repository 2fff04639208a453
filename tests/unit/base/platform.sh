#!/bin/sh
# SPDX-License-Identifier: MIT
#
# platform.sh NATIVE-PROGRAM: the same program, compiled for wasm32-wasi with the portable variants
# and with the contract beside it, prints the same.
set -eu
native=$1
top=$(cd "$(dirname "$0")/../../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$top/tools/build-contract-wasm.sh" "$scratch/platform.wasm" "$top/tests/unit/base/platform.c"
command -v node >/dev/null || {
	echo '# skip: it compiles for wasm32-wasi, but there is no node to run it (apt: nodejs)'
	exit 77
}
cat >"$scratch/run.js" <<'JS'
const { WASI } = require('wasi');
const wasi = new WASI({ version: 'preview1', args: ['platform'], returnOnExit: true });
WebAssembly.instantiate(require('fs').readFileSync(process.argv[2]),
	{ wasi_snapshot_preview1: wasi.wasiImport })
	.then(({ instance }) => process.exit(wasi.start(instance)));
JS
node --no-warnings --experimental-wasi-unstable-preview1 "$scratch/run.js" \
	"$scratch/platform.wasm" >"$scratch/wasm" ||
	{ echo "the program fails under wasm32-wasi"; exit 1; }
"$native" >"$scratch/native"
[ -s "$scratch/native" ]
diff -u "$scratch/native" "$scratch/wasm"
