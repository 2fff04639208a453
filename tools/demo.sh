#!/bin/sh
# SPDX-License-Identifier: MIT
#
# demo.sh BVISOR: a program that tries what it was not granted, and the report of it.
set -eu
bvisor=$1

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

echo '$ bvisor run --system --report - -- /usr/bin/python3 -c PROGRAM'
"$bvisor" run --system --report - -- /usr/bin/python3 -c "$program"
