/* SPDX-License-Identifier: MIT
 *
 * One table of units serves reading and writing. Writing uses only the units marked so, largest
 * first, and falls to the base unit, so that what is shown is exactly what is meant.
 */
#include "cli/quantity.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct unit {
	const char *text;
	uint64_t factor;
	const char *shown; /* NULL: read only */
};

#define KIB UINT64_C(1024)

static const struct unit bytes[] = {
	{"T", KIB *KIB *KIB *KIB, NULL},
	{"TiB", KIB *KIB *KIB *KIB, "TiB"},
	{"G", KIB *KIB *KIB, NULL},
	{"GiB", KIB *KIB *KIB, "GiB"},
	{"M", KIB *KIB, NULL},
	{"MiB", KIB *KIB, "MiB"},
	{"K", KIB, NULL},
	{"KiB", KIB, "KiB"},
	{"TB", UINT64_C(1000000000000), NULL},
	{"GB", UINT64_C(1000000000), NULL},
	{"MB", UINT64_C(1000000), NULL},
	{"kB", UINT64_C(1000), NULL},
	{"", 1, "bytes"},
};

static const struct unit times[] = {
	{"h", UINT64_C(3600000000), NULL},
	{"m", UINT64_C(60000000), NULL},
	{"", UINT64_C(1000000), "s"},
	{"s", UINT64_C(1000000), NULL},
	{"ms", UINT64_C(1000), "ms"},
	{"us", 1, "us"},
};

static const struct unit counts[] = {
	{"", 1, ""},
};

static const struct {
	const struct unit *units;
	size_t count;
	const char *hint;
} tables[] = {
	[CLI_UNIT_COUNT] = {counts, sizeof(counts) / sizeof(counts[0]), "a whole number"},
	[CLI_UNIT_BYTES] = {bytes, sizeof(bytes) / sizeof(bytes[0]),
		"bytes, or a number with K, M, G or T"},
	[CLI_UNIT_TIME] = {times, sizeof(times) / sizeof(times[0]),
		"seconds, or a number with us, ms, s, m or h"},
};

enum cli_unit cli_unit_of(enum bv_dimension dimension)
{
	switch (dimension) {
	case BV_WALL:
	case BV_CPU:
		return CLI_UNIT_TIME;
	case BV_MEMORY:
	case BV_STORAGE:
	case BV_NETWORK:
		return CLI_UNIT_BYTES;
	case BV_TASKS:
	case BV_HANDLES:
		return CLI_UNIT_COUNT;
	}
	return CLI_UNIT_COUNT;
}

const char *cli_unit_hint(enum cli_unit unit)
{
	return tables[unit].hint;
}

static bool same(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

int cli_quantity_parse(const char *text, size_t len, enum cli_unit unit, uint64_t *ret)
{
	const struct unit *units = tables[unit].units;
	uint64_t value = 0;
	size_t digits = 0;
	size_t i;

	while (digits < len && text[digits] >= '0' && text[digits] <= '9') {
		value = value * 10 + (uint64_t)(text[digits++] - '0');
		if (value > CLI_QUANTITY_MAX)
			return -1;
	}
	if (digits == 0)
		return -1;
	for (i = 0; i < tables[unit].count; i++) {
		if (!same(text + digits, len - digits, units[i].text))
			continue;
		if (value > CLI_QUANTITY_MAX / units[i].factor)
			return -1;
		*ret = value * units[i].factor;
		return 0;
	}
	return -1;
}

char *cli_quantity_format(uint64_t value, enum cli_unit unit, char out[32])
{
	const struct unit *units = tables[unit].units;
	const struct unit *last = &units[tables[unit].count - 1];
	const struct unit *u = units;

	while (u != last && (!u->shown || value == 0 || value % u->factor != 0))
		u++;
	(void)snprintf(out, 32, "%" PRIu64 "%s%s", value / u->factor, u->shown[0] ? " " : "",
		u->shown);
	return out;
}
