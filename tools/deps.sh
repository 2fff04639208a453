#!/bin/sh
# SPDX-License-Identifier: MIT
#
# deps.sh GROUP...: install what is missing of the groups of packages.txt, with apt.
#
# Nothing happens when nothing is missing. Otherwise it says what it is about to do, and does it
# as root or through sudo; as neither, it says what to install, and fails. Where there is no apt it
# only says what is needed: meson finds out what is missing.
set -eu
here=$(dirname "$0")

wanted=$(for group in "$@"; do
	sed -n "s/^$group  *//p" "$here/packages.txt"
done)
missing=''
for package in $wanted; do
	dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
		missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "deps: no apt here; going on, as if what these packages hold were there:$missing" >&2
	exit 0
fi
if [ "$(id -u)" = 0 ]; then
	sudo=''
elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
	sudo=sudo
else
	echo "deps: missing:$missing" >&2
	echo "deps: only root can install them: apt-get install$missing" >&2
	exit 1
fi

echo "deps: apt-get install$missing"
# Package names hold no blanks; an empty $sudo must vanish.
# shellcheck disable=SC2086
{
	$sudo apt-get -q update
	$sudo env DEBIAN_FRONTEND=noninteractive \
		apt-get -q -y install --no-install-recommends $missing
}
