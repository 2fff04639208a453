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
		SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | \
		SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

/* Only CAP_SETPCAP may; without it the sets are out of reach for the program as well. 1: without. */
static long identity_drop_bounding(void)
{
	for (unsigned long cap = 0;; cap++) {
		long code = raw_prctl(PR_CAPBSET_DROP, cap);

		if (code == 0)
			continue;
		if (code == -EPERM && cap == 0)
			return 1;
		return code == -EINVAL ? 0 : code;
	}
}

long identity_drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};
	long unprivileged = identity_drop_bounding();
	long code = unprivileged;

	if (code >= 0)
		code = raw_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
	if (code >= 0 && !unprivileged)
		code = raw_prctl(PR_SET_SECUREBITS, IDENTITY_SECUREBITS);
	return code < 0 ? code : raw_call2(SYS_capset, &header, none);
}
