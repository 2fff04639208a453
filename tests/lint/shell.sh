#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Every shell script, found by its first line, goes through shellcheck.
set -u
cd "$(dirname "$0")/../.." || exit 1
command -v shellcheck >/dev/null || {
	echo '# skip: no shellcheck (apt: shellcheck)'
	exit 77
}
scripts=$(find . -name '.git' -prune -o -name 'build*' -type d -prune -o -type f -exec \
	awk 'FNR == 1 && /^#!.*[\/ ](ba|da|)sh( |$)/ { print FILENAME } { nextfile }' {} +)
[ -n "$scripts" ] || exit 1
# The list is split on purpose: no file here has a blank in its name.
# shellcheck disable=SC2086
shellcheck --external-sources --shell=bash $scripts
