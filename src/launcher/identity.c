/* SPDX-License-Identifier: MIT
 *
 * Dropping every capability. CVE-2022-27650 and its kin: the inheritable and the bounding set
 * count too.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

#include "launcher/launcher.h"
#include "sys/raw.h"

#define IDENTITY_SECUREBITS \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | \
		SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | \
		SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

/* Once, by the launcher, which never executes anything: whatever it clones starts without a
 * bounding set, and with root's way of executing off. Only CAP_SETPCAP may; without it both are
 * out of reach for the program as well, by no_new_privs. */
long identity_drop_bounding(void)
{
	for (unsigned long cap = 0;; cap++) {
		long code = raw_prctl(PR_CAPBSET_DROP, cap);

		if (code == 0)
			continue;
		if (code == -EPERM && cap == 0)
			return 0;
		return code == -EINVAL ? raw_prctl(PR_SET_SECUREBITS, IDENTITY_SECUREBITS) : code;
	}
}

long identity_drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};
	long code = raw_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);

	return code < 0 ? code : raw_call2(SYS_capset, &header, none);
}
