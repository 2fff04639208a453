/* SPDX-License-Identifier: MIT
 *
 * For tests only (linked by what links bvisor_hooked_dep): BVISOR_TEST_WITHOUT is a comma-separated
 * list of facilities that count as absent, so that each rung of a ladder and each refusal can be
 * forced.
 */
#include <stdlib.h>
#include <string.h>

#include "state.h"

bool hooks_without(const char *facility)
{
	const char *list = getenv("BVISOR_TEST_WITHOUT");
	size_t len = strlen(facility);

	for (; list && *list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL)
		if (strncmp(list, facility, len) == 0 && (list[len] == 0 || list[len] == ','))
			return true;
	return false;
}
