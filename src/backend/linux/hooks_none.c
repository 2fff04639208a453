/* SPDX-License-Identifier: MIT
 *
 * Nothing can be taken away from an installed library; hooks.c is what tests are built with.
 */
#include "state.h"

bool hooks_without(const char *facility)
{
	(void)facility;
	return false;
}
