/* SPDX-License-Identifier: MIT
 *
 * The version of the library as built.
 */
#include <bvisor/api.h>

const char *bv_version(void)
{
	return BV_VERSION;
}
