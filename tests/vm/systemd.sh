#!/bin/sh
# SPDX-License-Identifier: MIT
#
# systemd.sh root|user: what runs in a machine whose init is systemd. As root it is a service of the
# system's manager; as the user it sits in the session of a login, beside his own manager.
export PATH=/bin:/sbin:/t HOME=/tmp
echo "LAB begin $1 up=$(cut -d' ' -f1 /proc/uptime)"
/t/run /t/systemd.programs
status=$?
echo "LAB end $1 status=$status up=$(cut -d' ' -f1 /proc/uptime)"
[ "$1" = root ] || exit "$status"
code=20
[ "$status" = 0 ] || code=21
systemctl start lab-user.service || {
	[ "$code" = 21 ] || systemctl --no-pager status lab-user.service user@1000.service
	code=21
}
echo "LAB done code=$code"
/bin/labtool exit "$code"
