/* SPDX-License-Identifier: MIT
 *
 * Errors with an errno, where the C library can describe one. The two lookups are glibc's
 * (2.32): their text is static, untranslated and safe to use from any thread. Pure folders have
 * no errno and must not come here.
 */
#include "base/fail.h"

#include <stdio.h>
#include <string.h>

int bv_fail_os(struct bv_error *err, int code, int errnum, const char *place, const char *fmt, ...)
{
	struct bv_error like = {.code = code, .errnum = errnum};
	const char *name = strerrorname_np(errnum);
	const char *meaning = strerrordesc_np(errnum);
	char suffix[96];
	va_list args;

	if (name && meaning)
		(void)snprintf(suffix, sizeof(suffix), "%s (%s)", meaning, name);
	else
		(void)snprintf(suffix, sizeof(suffix), "errno %d", errnum);
	va_start(args, fmt);
	code = bv_fail_fill(err, &like, place, suffix, fmt, args);
	va_end(args);
	return code;
}
