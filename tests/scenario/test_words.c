/* SPDX-License-Identifier: MIT
 *
 * The pure parts of the command: quantities as people type them, and the tables of verbs and
 * options that parser, help and completions are made from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/quantity.h"
#include "cli/request.h"
#include "cli/say.h"

#define UNTOUCHED UINT64_C(0x5a5a5a5a5a5a5a5a)

struct reading {
	const char *text;
	enum cli_unit unit;
	uint64_t value;
};

static void quantities_are_read_in_their_units(void **state)
{
	static const struct reading good[] = {
		{"0", CLI_UNIT_COUNT, 0},
		{"32", CLI_UNIT_COUNT, 32},
		{"512", CLI_UNIT_BYTES, 512},
		{"1K", CLI_UNIT_BYTES, 1024},
		{"1KiB", CLI_UNIT_BYTES, 1024},
		{"1kB", CLI_UNIT_BYTES, 1000},
		{"512M", CLI_UNIT_BYTES, UINT64_C(536870912)},
		{"512MiB", CLI_UNIT_BYTES, UINT64_C(536870912)},
		{"512MB", CLI_UNIT_BYTES, UINT64_C(512000000)},
		{"2G", CLI_UNIT_BYTES, UINT64_C(2147483648)},
		{"8191T", CLI_UNIT_BYTES, UINT64_C(8191) << 40},
		{"10", CLI_UNIT_TIME, UINT64_C(10000000)},
		{"10s", CLI_UNIT_TIME, UINT64_C(10000000)},
		{"500ms", CLI_UNIT_TIME, UINT64_C(500000)},
		{"250us", CLI_UNIT_TIME, 250},
		{"2m", CLI_UNIT_TIME, UINT64_C(120000000)},
		{"1h", CLI_UNIT_TIME, UINT64_C(3600000000)},
		{"9007199254740991", CLI_UNIT_BYTES, CLI_QUANTITY_MAX},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t value = UNTOUCHED;
		size_t len = strlen(good[i].text);

		assert_int_equal(cli_quantity_parse(good[i].text, len, good[i].unit, &value), 0);
		assert_int_equal(value, good[i].value);
	}
}

static void junk_and_overflow_are_refused_and_leave_the_result(void **state)
{
	static const struct reading bad[] = {
		{"", CLI_UNIT_COUNT, 0},
		{"-1", CLI_UNIT_COUNT, 0},
		{"+1", CLI_UNIT_COUNT, 0},
		{" 1", CLI_UNIT_COUNT, 0},
		{"1 ", CLI_UNIT_COUNT, 0},
		{"0x10", CLI_UNIT_COUNT, 0},
		{"1K", CLI_UNIT_COUNT, 0},
		{"1k", CLI_UNIT_BYTES, 0},
		{"1 K", CLI_UNIT_BYTES, 0},
		{"1KB", CLI_UNIT_BYTES, 0},
		{"K", CLI_UNIT_BYTES, 0},
		{"1.5G", CLI_UNIT_BYTES, 0},
		{"1s", CLI_UNIT_BYTES, 0},
		{"8192T", CLI_UNIT_BYTES, 0},
		{"18446744073709551616", CLI_UNIT_BYTES, 0}, /* 2^64: would wrap to 0 */
		{"17179869184G", CLI_UNIT_BYTES, 0},         /* 2^64 bytes */
		{"9007199254740992", CLI_UNIT_BYTES, 0},
		{"1M", CLI_UNIT_TIME, 0},
		{"1sec", CLI_UNIT_TIME, 0},
		{"2502000h", CLI_UNIT_TIME, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t value = UNTOUCHED;
		size_t len = strlen(bad[i].text);

		assert_int_equal(cli_quantity_parse(bad[i].text, len, bad[i].unit, &value), -1);
		assert_true(value == UNTOUCHED);
	}
}

/* "512 MiB" without its space and in the words that are read is "512MiB", and means the same. */
static void what_is_shown_reads_back_as_the_same_number(void **state)
{
	static const uint64_t values[] = {0, 1, 999, 1000, 1023, 1024, 1025, 1500, 1000000, 1048576,
		1500000, 60000000, 1073741824, 1073741825, CLI_QUANTITY_MAX};
	static const enum cli_unit units[] = {CLI_UNIT_COUNT, CLI_UNIT_BYTES, CLI_UNIT_TIME};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]) * 3; i++) {
		enum cli_unit unit = units[i % 3];
		uint64_t value = UNTOUCHED;
		char text[32];
		char *space;

		cli_quantity_format(values[i / 3], unit, text);
		space = strchr(text, ' ');
		if (space && strcmp(space, " bytes") == 0)
			*space = '\0';
		else if (space)
			memmove(space, space + 1, strlen(space));
		assert_int_equal(cli_quantity_parse(text, strlen(text), unit, &value), 0);
		assert_int_equal(value, values[i / 3]);
	}
}

static void quantities_are_shown_in_the_largest_whole_unit(void **state)
{
	char text[32];

	(void)state;
	assert_string_equal(cli_quantity_format(536870912, CLI_UNIT_BYTES, text), "512 MiB");
	assert_string_equal(cli_quantity_format(1536, CLI_UNIT_BYTES, text), "1536 bytes");
	assert_string_equal(cli_quantity_format(10000000, CLI_UNIT_TIME, text), "10 s");
	assert_string_equal(cli_quantity_format(1500000, CLI_UNIT_TIME, text), "1500 ms");
	assert_string_equal(cli_quantity_format(0, CLI_UNIT_TIME, text), "0 us");
	assert_string_equal(cli_quantity_format(32, CLI_UNIT_COUNT, text), "32");
}

static void every_option_is_named_once_and_explained(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < cli_option_count; i++) {
		const struct cli_option *option = &cli_options[i];

		assert_non_null(option->help);
		if (!option->name)
			continue;
		assert_memory_equal(option->name, "--", 2);
		assert_non_null(option->set);
		assert_true(option->verbs != 0);
		assert_true(strlen(option->help) > 0 && strlen(option->help) < 72);
		for (j = 0; j < i; j++)
			if (cli_options[j].name)
				assert_string_not_equal(cli_options[j].name, option->name);
		assert_ptr_equal(cli_option_find(option->name, strlen(option->name), option->verbs),
			option);
	}
}

static void an_option_is_found_only_under_its_verbs(void **state)
{
	(void)state;
	assert_non_null(cli_option_find("--net", 5, CLI_RUN));
	assert_null(cli_option_find("--net", 5, CLI_VERIFY));
	assert_null(cli_option_find("--ne", 4, CLI_RUN));
	assert_null(cli_option_find("--nett", 6, CLI_RUN));
}

static void a_slip_finds_its_neighbour_and_a_stranger_finds_none(void **state)
{
	(void)state;
	assert_string_equal(cli_option_nearest("--memry", 7, CLI_RUN)->name, "--memory");
	assert_null(cli_option_nearest("--frobnicated", 13, CLI_RUN));
	assert_string_equal(cli_verb_nearest("rum")->name, "run");
	assert_null(cli_verb_nearest("frobnicate"));
	assert_null(cli_option_nearest("--a-word-that-is-longer-than-any-name-in-the-table", 50,
		CLI_RUN));
}

static void text_for_a_terminal_is_harmless(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(cli_neutral(out, sizeof(out), "a\033[31mb\r\n\x7f"), "a?[31mb???");
	assert_string_equal(cli_neutral(out, sizeof(out),
				    "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x84"),
		"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x84");
	/* A C1 control, an override of direction, an overlong slash, a surrogate, a lone byte. */
	assert_string_equal(cli_neutral(out, sizeof(out), "\xc2\x9b"), "??");
	assert_string_equal(cli_neutral(out, sizeof(out), "\xe2\x80\xae"), "???");
	assert_string_equal(cli_neutral(out, sizeof(out), "\xc0\xaf"), "??");
	assert_string_equal(cli_neutral(out, sizeof(out), "\xed\xa0\x80"), "???");
	assert_string_equal(cli_neutral(out, sizeof(out), "\xe2\x82"), "??");
	assert_string_equal(cli_neutral(out, 4, "ab\xc3\xa9"), "ab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantities_are_read_in_their_units),
		cmocka_unit_test(junk_and_overflow_are_refused_and_leave_the_result),
		cmocka_unit_test(what_is_shown_reads_back_as_the_same_number),
		cmocka_unit_test(quantities_are_shown_in_the_largest_whole_unit),
		cmocka_unit_test(every_option_is_named_once_and_explained),
		cmocka_unit_test(an_option_is_found_only_under_its_verbs),
		cmocka_unit_test(a_slip_finds_its_neighbour_and_a_stranger_finds_none),
		cmocka_unit_test(text_for_a_terminal_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
