/* SPDX-License-Identifier: MIT
 *
 * The linker sends every allocation of the program's own objects through here.
 */
#include "faulty.h"

#include <stdbool.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool armed;
static long asked, failing;

void faulty_arm(long n)
{
	armed = true;
	asked = 0;
	failing = n;
}

long faulty_disarm(void)
{
	armed = false;
	return asked;
}

static bool fails(void)
{
	return armed && asked++ == failing;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}
