/* SPDX-License-Identifier: MIT
 *
 * Reads the macros __NR_*, whose values may be the names of others.
 */
#include "names.h"

#include <stdlib.h>

#include "unit.h"

#define MACROS_MAX 1024

struct macro {
	char name[64];
	char value[64];
};

struct macros {
	struct macro macro[MACROS_MAX];
	size_t count;
};

/* Newer than Linux 6.1's headers. */
static const struct {
	int number;
	const char *name;
} newer[] = {
	{451, "cachestat"},
	{452, "fchmodat2"},
	{453, "map_shadow_stack"},
	{454, "futex_wake"},
	{455, "futex_wait"},
	{456, "futex_requeue"},
	{457, "statmount"},
	{458, "listmount"},
	{459, "lsm_get_self_attr"},
	{460, "lsm_set_self_attr"},
	{461, "lsm_list_modules"},
	{462, "mseal"},
	{463, "setxattrat"},
	{464, "getxattrat"},
	{465, "listxattrat"},
	{466, "removexattrat"},
	{467, "open_tree_attr"},
	{468, "file_getattr"},
	{469, "file_setattr"},
	{470, "listns"},
	{471, "rseq_slice_yield"},
};

static const struct macro *macro_find(const struct macros *macros, const char *name)
{
	for (size_t i = 0; i < macros->count; i++) {
		if (!strcmp(macros->macro[i].name, name))
			return &macros->macro[i];
	}
	return NULL;
}

static int macro_number(const struct macros *macros, const struct macro *macro)
{
	char *end = NULL;
	long number = 0;

	for (int depth = 0; macro && depth < 4; depth++) {
		number = strtol(macro->value, &end, 10);
		if (end != macro->value && !*end && number >= 0 && number < NAMES_MAX)
			return (int)number;
		macro = macro_find(macros, macro->value);
	}
	return -1;
}

static void name_set(struct names *names, int number, const char *name, bool header)
{
	char *text = names->text[number];

	if (*text) {
		/* A header that knows a newer call must agree with the list. */
		assert_string_equal(text, name);
		return;
	}
	assert_true(strlen(name) < sizeof(names->text[0]));
	strcpy(text, name);
	names->header[number] = header;
	names->count++;
}

static void macros_read(struct macros *macros, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[512];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		struct macro *macro = &macros->macro[macros->count];

		if (sscanf(line, "#define %63s %63s", macro->name, macro->value) != 2)
			continue;
		if (strncmp(macro->name, "__NR", 4))
			continue;
		assert_true(++macros->count < MACROS_MAX);
	}
	(void)fclose(file);
}

void names_read(struct names *names, const char *path, enum bv_filter_arch arch)
{
	static struct macros macros;

	memset(&macros, 0, sizeof(macros));
	memset(names, 0, sizeof(*names));
	macros_read(&macros, path);
	for (size_t i = 0; i < macros.count; i++) {
		const char *name = macros.macro[i].name;
		int number = macro_number(&macros, &macros.macro[i]);

		/* Limits and bases, which are no calls. */
		if (strncmp(name, "__NR_", 5) || !strcmp(name, "__NR_syscalls") ||
			!strcmp(name, "__NR_arch_specific_syscall"))
			continue;
		assert_int_not_equal(number, -1);
		name_set(names, number, name + 5, true);
	}
	assert_true(names->count > 250);
	for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
		name_set(names, newer[i].number, newer[i].name, false);
	if (arch == BV_FILTER_X86_64) {
		name_set(names, 335, "uretprobe", false);
		name_set(names, 336, "uprobe", false);
	}
}

const struct names *names_of(enum bv_filter_arch arch)
{
	static struct names names[2];
	static const char *const paths[2] = {NATIVE_DUMP, GENERIC_DUMP};

	if (!names[arch].count)
		names_read(&names[arch], paths[arch], arch);
	return &names[arch];
}

const char *names_at(const struct names *names, int number)
{
	if (number < 0 || number >= NAMES_MAX || !names->text[number][0])
		return NULL;
	return names->text[number];
}

int names_find(const struct names *names, const char *name)
{
	for (int i = 0; i < NAMES_MAX; i++) {
		if (!strcmp(names->text[i], name))
			return i;
	}
	return -1;
}
