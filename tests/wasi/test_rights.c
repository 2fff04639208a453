/* SPDX-License-Identifier: MIT
 *
 * Which rights each of the 46 functions needs, as preview1's specification has them, written down
 * here a second time. With all rights but one of these a call is NOTCAPABLE; with these alone
 * it is not. A function that needs none works on a descriptor without any.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest.h"

#define STATE struct guest *g = *state
#define R(name) BV_WASI_RIGHT_##name
#define SUBJECTS 2
/* Rights that make opening a directory ISDIR. */
#define WRITING (R(FD_WRITE) | R(FD_ALLOCATE) | R(FD_FILESTAT_SET_SIZE))

/* What a call is about. */
enum kind { NOTHING, FILE_FD, DIRECTORY, LISTENER, CONNECTION };

/* Argument `at` is a descriptor that needs `rights`. */
struct subject {
	enum kind kind;
	uint32_t at;
	uint64_t rights;
};

#define PATH 2048u /* guest memory: "name" */
#define BUFFER 4096u
#define SOON 8192u /* a subscription of zeroes: a timer that is due */

struct row {
	const char *call;
	struct subject subjects[SUBJECTS];
	uint64_t args[9]; /* descriptors are filled in */
};

#define ON_FILE(rights) \
	{ \
		{ \
			FILE_FD, 0, rights \
		} \
	}
#define ON_DIRECTORY(rights) \
	{ \
		{ \
			DIRECTORY, 0, rights \
		} \
	}

static const struct row rows[] = {
	{"args_get", {{0}}, {BUFFER, BUFFER}},
	{"args_sizes_get", {{0}}, {OUT, OUT}},
	{"environ_get", {{0}}, {BUFFER, BUFFER}},
	{"environ_sizes_get", {{0}}, {OUT, OUT}},
	{"clock_res_get", {{0}}, {0, OUT}},
	{"clock_time_get", {{0}}, {0, 0, OUT}},
	{"fd_advise", ON_FILE(R(FD_ADVISE)), {0, 0, 1, 0}},
	{"fd_allocate", ON_FILE(R(FD_ALLOCATE)), {0, 0, 1}},
	{"fd_close", ON_FILE(0), {0}},
	{"fd_datasync", ON_FILE(R(FD_DATASYNC)), {0}},
	{"fd_fdstat_get", ON_FILE(0), {0, OUT}},
	{"fd_fdstat_set_flags", ON_FILE(R(FD_FDSTAT_SET_FLAGS)), {0, 0}},
	{"fd_fdstat_set_rights", ON_FILE(0), {0, 0, 0}},
	{"fd_filestat_get", ON_FILE(R(FD_FILESTAT_GET)), {0, BUFFER}},
	{"fd_filestat_set_size", ON_FILE(R(FD_FILESTAT_SET_SIZE)), {0, 1}},
	{"fd_filestat_set_times", ON_FILE(R(FD_FILESTAT_SET_TIMES)), {0, 1, 1, 1}},
	{"fd_pread", ON_FILE(R(FD_READ) | R(FD_SEEK)), {0, BUFFER, 0, 0, OUT}},
	{"fd_prestat_get", ON_DIRECTORY(0), {0, OUT}},
	{"fd_prestat_dir_name", ON_DIRECTORY(0), {0, BUFFER, 100}},
	{"fd_pwrite", ON_FILE(R(FD_WRITE) | R(FD_SEEK)), {0, BUFFER, 0, 0, OUT}},
	{"fd_read", ON_FILE(R(FD_READ)), {0, BUFFER, 0, OUT}},
	{"fd_readdir", ON_DIRECTORY(R(FD_READDIR)), {0, BUFFER, 64, 0, OUT}},
	{"fd_renumber", {{FILE_FD, 0, 0}, {FILE_FD, 1, 0}}, {0, 0}},
	{"fd_seek", ON_FILE(R(FD_SEEK)), {0, 1, 0, OUT}},
	{"fd_sync", ON_FILE(R(FD_SYNC)), {0}},
	{"fd_tell", ON_FILE(R(FD_TELL)), {0, OUT}},
	{"fd_write", ON_FILE(R(FD_WRITE)), {0, BUFFER, 0, OUT}},
	{"path_create_directory", ON_DIRECTORY(R(PATH_CREATE_DIRECTORY)), {0, PATH, 4}},
	{"path_filestat_get", ON_DIRECTORY(R(PATH_FILESTAT_GET)), {0, 0, PATH, 4, BUFFER}},
	{"path_filestat_set_times", ON_DIRECTORY(R(PATH_FILESTAT_SET_TIMES)),
		{0, 0, PATH, 4, 1, 1, 1}},
	{"path_link", {{DIRECTORY, 0, R(PATH_LINK_SOURCE)}, {DIRECTORY, 4, R(PATH_LINK_TARGET)}},
		{0, 0, PATH, 4, 0, PATH, 4}},
	{"path_open", ON_DIRECTORY(R(PATH_OPEN) | R(PATH_CREATE_FILE) | R(PATH_FILESTAT_SET_SIZE)),
		{0, 0, PATH, 4, BV_WASI_OFLAG_CREAT | BV_WASI_OFLAG_TRUNC, 0, 0, 0, OUT}},
	{"path_readlink", ON_DIRECTORY(R(PATH_READLINK)), {0, PATH, 4, BUFFER, 64, OUT}},
	{"path_remove_directory", ON_DIRECTORY(R(PATH_REMOVE_DIRECTORY)), {0, PATH, 4}},
	{"path_rename",
		{{DIRECTORY, 0, R(PATH_RENAME_SOURCE)}, {DIRECTORY, 3, R(PATH_RENAME_TARGET)}},
		{0, PATH, 4, 0, PATH, 4}},
	{"path_symlink", {{DIRECTORY, 2, R(PATH_SYMLINK)}}, {PATH, 4, 0, PATH, 4}},
	{"path_unlink_file", ON_DIRECTORY(R(PATH_UNLINK_FILE)), {0, PATH, 4}},
	{"poll_oneoff", {{0}}, {SOON, BUFFER, 1, OUT}}, /* see its own test */
	{"proc_exit", {{0}}, {0}},
	{"proc_raise", {{0}}, {9}},
	{"random_get", {{0}}, {BUFFER, 8}},
	{"sched_yield", {{0}}, {0}},
	{"sock_accept", {{LISTENER, 0, R(SOCK_ACCEPT)}}, {0, BV_WASI_FDFLAG_NONBLOCK, OUT}},
	{"sock_recv", {{CONNECTION, 0, R(FD_READ)}}, {0, BUFFER, 0, 0, OUT, OUT + 4}},
	{"sock_send", {{CONNECTION, 0, R(FD_WRITE)}}, {0, BUFFER, 0, 0, OUT}},
	{"sock_shutdown", {{CONNECTION, 0, R(SOCK_SHUTDOWN)}}, {0, 1}},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void every_function_has_its_row(void **state)
{
	static const char *const functions[] = {
#define BV_WASI_FUNCTION(name, signature) #name,
#include "wasi/functions.def"
#undef BV_WASI_FUNCTION
	};

	(void)state;
	assert_int_equal(46, ROWS);
	assert_int_equal(46, sizeof(functions) / sizeof(functions[0]));
	for (size_t i = 0; i < ROWS; i++)
		assert_string_equal(functions[i], rows[i].call);
}

/* A descriptor of a kind, with all rights it can have. */
static uint32_t make(struct guest *g, enum kind kind)
{
	uint32_t fd = 0;

	switch (kind) {
	case FILE_FD:
		EXPECT(SUCCESS, guest_open(g, BOX, "file", BV_WASI_OFLAG_CREAT, ALL_RIGHTS, &fd));
		return fd;
	case DIRECTORY:
		EXPECT(SUCCESS,
			guest_call(g, "path_open", BOX, 0u, P(g, "."), BV_WASI_OFLAG_DIRECTORY,
				ALL_RIGHTS & ~WRITING, ALL_RIGHTS, 0u, OUT));
		return guest_u32(g, OUT);
	case LISTENER:
		return 6; /* behind the three directories */
	case CONNECTION:
		EXPECT(SUCCESS, guest_call(g, "sock_accept", 6u, 0u, OUT));
		return guest_u32(g, OUT);
	case NOTHING:
		break;
	}
	return 0;
}

static uint64_t rights_of(struct guest *g, uint32_t fd, uint64_t *ret_inheriting)
{
	EXPECT(SUCCESS, guest_call(g, "fd_fdstat_get", fd, OUT));
	*ret_inheriting = guest_u64(g, OUT + 16);
	return guest_u64(g, OUT + 8);
}

static void keep(struct guest *g, uint32_t fd, uint64_t rights)
{
	uint64_t inheriting = 0;
	uint64_t base = rights_of(g, fd, &inheriting);

	EXPECT(SUCCESS, guest_call(g, "fd_fdstat_set_rights", fd, base & rights, inheriting));
}

/* A listener with a client that waits, and has said something. */
static void restart(struct guest *g, int *ret_client)
{
	struct sockaddr_storage name = {0};
	socklen_t len = sizeof(name);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(0,
		bind(listener, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t)));
	assert_int_equal(0, listen(listener, 1));
	assert_int_equal(0, getsockname(listener, (struct sockaddr *)&name, &len));
	*ret_client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(0, connect(*ret_client, (struct sockaddr *)&name, len));
	assert_int_equal(1, write(*ret_client, "x", 1));
	guest_restart(g, listener);
}

/* One call of a row, its descriptors having the rights of the row but for those taken away from
 * one of them, or exactly those. */
static uint32_t attempt(struct guest *g, const struct row *row, bool exactly, size_t from,
	uint64_t taken)
{
	uint64_t args[9];
	uint32_t error;
	int client = -1;

	restart(g, &client);
	memcpy(args, row->args, sizeof(args));
	for (size_t i = 0; i < SUBJECTS && row->subjects[i].kind; i++) {
		const struct subject *subject = &row->subjects[i];
		uint32_t fd = make(g, subject->kind);

		keep(g, fd, exactly ? subject->rights : i == from ? ~taken : UINT64_MAX);
		args[subject->at] = fd;
	}
	memcpy(guest_memory(g, PATH), "name", 4);
	error = guest_call_args(g, row->call, args);
	close(client);
	return error;
}

static void without_one_of_its_rights_a_call_is_not_capable(void **state)
{
	unsigned int tried = 0;
	STATE;

	for (size_t r = 0; r < ROWS; r++) {
		for (size_t s = 0; s < SUBJECTS; s++) {
			for (unsigned int bit = 0; bit < 30; bit++) {
				uint64_t right = UINT64_C(1) << bit;
				unsigned int before = g->denials;

				if (!(rows[r].subjects[s].rights & right))
					continue;
				if (attempt(g, &rows[r], false, s, right) != BV_WASI_NOTCAPABLE)
					fail_msg("%s works without right %u", rows[r].call, bit);
				assert_int_equal(before + 1, g->denials);
				tried++;
			}
		}
	}
	/* All thirty rights but the one of polling, and three are needed by two calls or more. */
	assert_true(tried >= 29);
}

static void with_its_rights_alone_a_call_is_capable(void **state)
{
	STATE;

	for (size_t r = 0; r < ROWS; r++) {
		unsigned int before = g->denials;

		if (attempt(g, &rows[r], true, 0, 0) == BV_WASI_NOTCAPABLE)
			fail_msg("%s asks for more than its rights", rows[r].call);
		assert_int_equal(before, g->denials);
	}
}

/* It needs a right to wait, and the right to do what it waits for; each subscription for itself. */
static void polling_needs_the_right_to_do_what_it_waits_for(void **state)
{
	static const struct {
		uint8_t event;
		uint64_t rights;
	} waits[] = {{BV_WASI_EVENT_READ, R(POLL_FD_READWRITE) | R(FD_READ)},
		{BV_WASI_EVENT_WRITE, R(POLL_FD_READWRITE) | R(FD_WRITE)}};
	STATE;

	for (size_t i = 0; i < 2; i++) {
		for (unsigned int bit = 0; bit < 30; bit++) {
			uint64_t right = UINT64_C(1) << bit;
			uint32_t fd = make(g, FILE_FD);
			unsigned int before = g->denials;
			bool needed = (waits[i].rights & right) != 0;

			keep(g, fd, ~right);
			memset(guest_memory(g, SOON), 0, 48);
			guest_memory(g, SOON + 8)[0] = waits[i].event;
			guest_put32(g, SOON + 16, fd);
			EXPECT(SUCCESS, guest_call(g, "poll_oneoff", SOON, BUFFER, 1u, OUT));
			assert_int_equal(needed ? BV_WASI_NOTCAPABLE : BV_WASI_SUCCESS,
				guest_u32(g, BUFFER + 8) & 0xffff);
			assert_int_equal(before + needed, g->denials);
			EXPECT(SUCCESS, guest_call(g, "fd_close", fd));
		}
	}
	assert_string_equal("poll_oneoff NOTCAPABLE box file", g->last_denial);
}

/* A descriptor has no name of its own: it is told as what it was opened as. */
static void a_denial_names_what_the_descriptor_is_of(void **state)
{
	uint32_t dir, fd = 0;
	STATE;

	host_file(g, "box/file", "12345");
	dir = make(g, DIRECTORY);
	EXPECT(SUCCESS, guest_open(g, dir, "file", 0, R(FD_READ), &fd));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_filestat_set_size", fd, UINT64_C(0)));
	assert_string_equal("fd_filestat_set_size NOTCAPABLE box ./file", g->last_denial);
	keep(g, dir, ~R(PATH_UNLINK_FILE));
	EXPECT(NOTCAPABLE, guest_call(g, "path_unlink_file", dir, P(g, "file")));
	assert_string_equal("path_unlink_file NOTCAPABLE box ./file", g->last_denial);
	EXPECT(NOTCAPABLE, guest_call(g, "fd_read", 1u, BUFFER, 0u, OUT));
	assert_non_null(strstr(g->last_denial, " stdout"));
}

/* What a directory passes on is all that can be had through it. */
static void opening_passes_on_no_right_that_the_directory_lacks(void **state)
{
	STATE;

	host_file(g, "box/file", "12345");
	for (unsigned int bit = 0; bit < 30; bit++) {
		uint64_t right = UINT64_C(1) << bit;
		uint64_t inheriting = 0;
		uint64_t base;
		uint32_t dir = make(g, DIRECTORY);
		uint32_t fd = 0;
		uint32_t error;

		base = rights_of(g, dir, &inheriting);
		EXPECT(SUCCESS,
			guest_call(g, "fd_fdstat_set_rights", dir, base, inheriting & ~right));
		error = guest_open(g, dir, "file", 0, ALL_RIGHTS, &fd);
		if (right & (R(FD_READ) | R(FD_WRITE))) {
			EXPECT(NOTCAPABLE, error);
		} else {
			EXPECT(SUCCESS, error);
			assert_int_equal(0, rights_of(g, fd, &inheriting) & right);
			EXPECT(SUCCESS, guest_call(g, "fd_close", fd));
		}
		EXPECT(SUCCESS, guest_call(g, "fd_close", dir));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_function_has_its_row),
		TEST(without_one_of_its_rights_a_call_is_not_capable),
		TEST(with_its_rights_alone_a_call_is_capable),
		TEST(polling_needs_the_right_to_do_what_it_waits_for),
		TEST(a_denial_names_what_the_descriptor_is_of),
		TEST(opening_passes_on_no_right_that_the_directory_lacks),
	};

	return cmocka_run_group_tests_name("wasi-rights", tests, NULL, NULL);
}
