/* SPDX-License-Identifier: MIT
 *
 * The launcher's only clock: monotonic microseconds.
 */
#include <time.h>

#include "launcher/launcher.h"

uint64_t clock_us(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
