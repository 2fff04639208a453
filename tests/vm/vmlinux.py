#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""vmlinux.py VMLINUZ OUT: unpack the ELF kernel inside a bzImage, so that qemu's
-kernel can start it through its PVH note and the guest need not unpack itself."""
import struct, subprocess, sys
b = open(sys.argv[1], 'rb').read()
sects = b[0x1f1] or 4
off, length = struct.unpack_from('<II', b, 0x248)      # payload_offset, payload_length
p = b[(sects + 1) * 512 + off:][:length]
tool = {b'\x28\xb5\x2f\xfd': ['zstd', '-dcq'], b'\xfd7zX': ['xz', '-dc', '--single-stream'],
        b'\x02\x21\x4c\x18': ['lz4', '-dc'], b'\x1f\x8b\x08\x00': ['gzip', '-dc']}[p[:4]]
size = struct.unpack('<I', p[-4:])[0]                  # the build appends the unpacked size
r = subprocess.run(tool, input=p[:-4], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
out = r.stdout[:size]
if out[:4] != b'\x7fELF' or len(out) != size:
    sys.exit('no ELF kernel found: ' + r.stderr.decode(errors='replace'))
open(sys.argv[2], 'wb').write(out)
