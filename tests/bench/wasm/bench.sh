#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bench.sh MICRO WASI-RUN STATIC-TRUE BENCH-MODULE BVISOR LAUNCHER WORKER: called by
# `make bench-wasm`, which may set PEERS (a config), ROUNDS, STARTS, and BVISOR_WASM_DATA (the
# folder of programs; default: beside the project).
set -eu
here=$(dirname "$(realpath "$0")")
export BVISOR_WASM_DATA="${BVISOR_WASM_DATA:-$here/../../../../shared/wasm}"
export BVISOR_WASI_RUN="$2"
module=$BVISOR_WASM_DATA/programs/wasm3-tests/brotli.wasm
[ -e "$module" ] || module=
"$1" "$2" "$3" ${module:+"$module"}
"$4" "$5" "$6" "$7" "$3" "${STARTS:-100}"
exec python3 -B "$here/peers.py" --rounds "${ROUNDS:-3}" "${PEERS:-$here/peers.ini}"
