#!/bin/sh
# SPDX-License-Identifier: MIT
#
# demo.sh BVISOR: a program that tries what it was not granted, and the report of it.
set -eu
bvisor=$1
bvisor_at=$(realpath "$bvisor")

program='
import os, socket
def attempt(what, action):
    try:
        action()
        print(what + ": done, which it should not be")
    except OSError as error:
        print(what + ": " + error.strerror)
attempt("write to /tmp", lambda: open("/tmp/owned", "w"))
attempt("list the home directory", lambda: os.listdir(os.path.expanduser("~")))
attempt("open a connection", lambda: socket.create_connection(("127.0.0.1", 80), 1))
attempt("start another process", os.fork)
'

report=$(mktemp)
trap 'rm -f "$report"' EXIT
echo '$ bvisor run --system --report REPORT -- /usr/bin/python3 -c PROGRAM'
"$bvisor" run --system --report "$report" -- /usr/bin/python3 -c "$program"
echo
echo '$ bvisor verify REPORT'
(cd "$(dirname "$report")" && "$bvisor_at" verify "$(basename "$report")")
echo
echo '$ python3 -m json.tool REPORT'
python3 -m json.tool "$report"
