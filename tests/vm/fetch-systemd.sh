#!/bin/sh
# SPDX-License-Identifier: MIT
# fetch-systemd.sh DIR: Debian's systemd, from the machine's own sources, unpacked (never
# installed) under DIR/root: the init of a machine, with its bus, logins and what they load.
# A machine so started runs /t/systemd.sh, and nothing else of its own.
set -eu
mkdir -p "$1"; dir=$(cd "$1" && pwd)
[ ! -e "$dir/root/etc/lab" ] || exit 0
rm -rf "$dir/root" "$dir/dl"
mkdir -p "$dir/root/bin" "$dir/root/lib" "$dir/root/usr" "$dir/dl"
ln -s ../bin "$dir/root/usr/bin"               # as system.sh has it
ln -s ../lib "$dir/root/usr/lib"
apt-cache show systemd > /dev/null 2>&1 || apt-get update -qq || :
names=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
    --no-replaces --no-enhances systemd dbus dbus-user-session libpam-systemd 2> /dev/null |
    grep -E '^(lib|systemd|dbus|mount)' | sort -u |
    grep -vE ':|perl|elogind|broker|debian-installer|newt|textwrap|slang|sysv|libpam-runtime')
cd "$dir/dl"
# shellcheck disable=SC2086 # names
apt-get -qq download $names
for d in *.deb; do
    dpkg-deb --fsys-tarfile "$d" | tar -C "$dir/root" --keep-directory-symlink -xf - \
        --exclude './usr/share/doc*' --exclude './usr/share/man*' --exclude './usr/share/locale*' \
        --exclude './usr/share/lintian*' --exclude './etc/pam.d/*'
done
dpkg-deb -f systemd_*.deb Version > "$dir/version"
cd "$dir/root"
rm -rf "$dir/dl"
mkdir -p etc/pam.d etc/systemd/system home/lab var/lib/systemd/linger tmp run root
echo 0123456789abcdef0123456789abcdef > etc/machine-id
cat > etc/passwd <<'P'
root:x:0:0::/root:/bin/sh
messagebus:x:101:101::/nonexistent:/bin/false
lab:x:1000:1000::/home/lab:/bin/sh
nobody:x:65534:65534::/:/bin/sh
P
printf '%s\n' root:x:0: tty:x:5: disk:x:6: kmem:x:15: utmp:x:43: audio:x:29: video:x:44: \
    messagebus:x:101: systemd-journal:x:102: render:x:103: lab:x:1000: nogroup:x:65534: > etc/group
# A login is what a session comes of; nobody is asked for a password.
printf '%s\n' 'auth required pam_permit.so' 'account required pam_permit.so' \
    'session required pam_systemd.so' > etc/pam.d/lab
cp etc/pam.d/lab etc/pam.d/systemd-user
cat > etc/systemd/system/lab.target <<'U'
[Unit]
Requires=basic.target lab.service
After=basic.target
U
cat > etc/systemd/system/lab.service <<'U'
[Unit]
Wants=dbus.socket systemd-logind.service
After=basic.target dbus.socket systemd-logind.service
[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/t/systemd.sh root
StandardOutput=file:/dev/console
StandardError=inherit
U
cat > etc/systemd/system/lab-user.service <<'U'
[Service]
Type=oneshot
TimeoutStartSec=infinity
User=lab
PAMName=lab
ExecStart=/t/systemd.sh user
StandardOutput=file:/dev/console
StandardError=inherit
U
# What a machine that lives a minute need not have.
for unit in systemd-firstboot systemd-sysusers systemd-update-utmp systemd-random-seed \
    systemd-machine-id-commit systemd-remount-fs systemd-pstore systemd-journal-flush \
    systemd-modules-load kmod-static-nodes systemd-binfmt systemd-tmpfiles-setup-dev; do
    ln -sf /dev/null "etc/systemd/system/$unit.service"
done
: > etc/lab
