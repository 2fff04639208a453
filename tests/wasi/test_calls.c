/* SPDX-License-Identifier: MIT
 *
 * Hostile pointers and numbers, bounds, descriptors and rights, waiting, listing, and what a call
 * gives when all is well.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define STATE struct guest *g = *state
#define VECS 512u
#define DATA 32768u
#define END MEMORY_BYTES

static void vec(struct guest *g, uint32_t index, uint32_t base, uint32_t len)
{
	guest_put32(g, VECS + index * 8, base);
	guest_put32(g, VECS + index * 8 + 4, len);
}

static uint32_t open_file(struct guest *g, const char *path)
{
	uint32_t fd = 0;

	EXPECT(SUCCESS, guest_open(g, BOX, path, BV_WASI_OFLAG_CREAT, ALL_RIGHTS, &fd));
	return fd;
}

/* ---- pointers ---- */

static void every_pointer_is_checked_before_the_effect(void **state)
{
	uint32_t fd;
	STATE;

	host_file(g, "box/file", "12345");
	fd = open_file(g, "file");
	vec(g, 0, DATA, 5);
	EXPECT(FAULT, guest_call(g, "fd_write", fd, VECS, 1u, END - 3));
	EXPECT(FAULT, guest_call(g, "fd_write", fd, VECS, 1u, 0xfffffffeu));
	EXPECT(FAULT, guest_call(g, "fd_write", fd, END - 4, 1u, OUT));
	EXPECT(FAULT, guest_call(g, "fd_write", fd, 0xfffffff8u, 2u, OUT));
	vec(g, 0, END - 4, 5);
	EXPECT(FAULT, guest_call(g, "fd_write", fd, VECS, 1u, OUT));
	vec(g, 0, 0xffffffffu, 0xffffffffu);
	EXPECT(FAULT, guest_call(g, "fd_write", fd, VECS, 1u, OUT));
	EXPECT(FAULT, guest_call(g, "fd_pread", fd, VECS, 1u, UINT64_C(0), OUT));
	/* The second is bad, so the first has no effect. */
	vec(g, 0, DATA, 5);
	vec(g, 1, END, 1);
	EXPECT(FAULT, guest_call(g, "fd_write", fd, VECS, 2u, OUT));
	assert_int_equal(5, host_size(g, "box/file"));
	EXPECT(FAULT,
		guest_call(g, "path_open", BOX, 1u, P(g, "made"), BV_WASI_OFLAG_CREAT, UINT64_C(0),
			UINT64_C(0), 0u, END - 1));
	assert_false(host_exists(g, "box/made"));
	EXPECT(FAULT, guest_call(g, "fd_seek", fd, UINT64_C(3), 0u, END - 7));
	EXPECT(SUCCESS, guest_call(g, "fd_tell", fd, OUT));
	assert_int_equal(0, guest_u64(g, OUT));
}

static void results_outside_memory_are_faults(void **state)
{
	const uint32_t bad = END - 1;
	STATE;

	EXPECT(FAULT, guest_call(g, "args_get", bad, DATA));
	EXPECT(FAULT, guest_call(g, "args_get", DATA, bad));
	EXPECT(FAULT, guest_call(g, "args_sizes_get", bad, OUT));
	EXPECT(FAULT, guest_call(g, "environ_get", bad, DATA));
	EXPECT(FAULT, guest_call(g, "environ_sizes_get", OUT, bad));
	EXPECT(FAULT, guest_call(g, "clock_res_get", 0u, bad));
	EXPECT(FAULT, guest_call(g, "clock_time_get", 0u, UINT64_C(0), bad));
	EXPECT(FAULT, guest_call(g, "fd_fdstat_get", 0u, bad));
	EXPECT(FAULT, guest_call(g, "fd_filestat_get", 0u, bad));
	EXPECT(FAULT, guest_call(g, "fd_prestat_get", BOX, bad));
	EXPECT(FAULT, guest_call(g, "fd_prestat_dir_name", BOX, bad, 3u));
	EXPECT(FAULT, guest_call(g, "fd_readdir", BOX, bad, 100u, UINT64_C(0), OUT));
	EXPECT(FAULT, guest_call(g, "fd_readdir", BOX, DATA, 100u, UINT64_C(0), bad));
	EXPECT(FAULT, guest_call(g, "path_filestat_get", BOX, 0u, P(g, "."), bad));
	EXPECT(FAULT, guest_call(g, "path_readlink", BOX, P(g, "x"), bad, 100u, OUT));
	EXPECT(FAULT, guest_call(g, "random_get", bad, 2u));
	EXPECT(FAULT, guest_call(g, "random_get", 16u, 0xffffffffu));
	EXPECT(FAULT, guest_call(g, "poll_oneoff", bad, DATA, 1u, OUT));
	EXPECT(FAULT, guest_call(g, "poll_oneoff", DATA, bad, 1u, OUT));
	EXPECT(FAULT, guest_call(g, "poll_oneoff", DATA, DATA, 1u, bad));
}

static void vectors_may_be_many_and_may_overlap(void **state)
{
	uint32_t fd;
	STATE;

	fd = open_file(g, "file");
	EXPECT(FAULT, guest_call(g, "fd_write", fd, VECS, 0xffffffffu, OUT));
	EXPECT(FAULT, guest_call(g, "fd_write", fd, VECS, 0x20000000u, OUT));
	/* More than the host takes at once: the first 1024. */
	memset(guest_memory(g, DATA), 0, 3000 * 8);
	for (uint32_t i = 0; i < 3000; i++)
		guest_put32(g, DATA + i * 8 + 4, 1);
	EXPECT(SUCCESS, guest_call(g, "fd_write", fd, DATA, 3000u, OUT));
	assert_int_equal(1024, guest_u32(g, OUT));
	assert_int_equal(1024, host_size(g, "box/file"));
	/* All of memory again and again: four times is much, 1024 times does not fit an i32. */
	for (uint32_t i = 0; i < 1024; i++) {
		guest_put32(g, DATA + i * 8, 0);
		guest_put32(g, DATA + i * 8 + 4, END);
	}
	EXPECT(INVAL, guest_call(g, "fd_write", fd, DATA, 1024u, OUT));
	assert_int_equal(1024, host_size(g, "box/file"));
	EXPECT(SUCCESS, guest_call(g, "fd_pwrite", fd, DATA, 4u, UINT64_C(0), OUT));
	assert_int_equal(4 * END, guest_u32(g, OUT));
	EXPECT(SUCCESS, guest_call(g, "fd_filestat_set_size", fd, UINT64_C(10)));
	/* A read over its own vectors: what was checked is what counts. */
	memset(guest_memory(g, VECS), 0, 8);
	vec(g, 0, VECS, 16);
	EXPECT(SUCCESS, guest_call(g, "fd_pread", fd, VECS, 1u, UINT64_C(0), OUT));
	assert_int_equal(10, guest_u32(g, OUT));
	EXPECT(INVAL, guest_call(g, "fd_pread", fd, VECS, 0u, UINT64_MAX, OUT));
	EXPECT(SUCCESS, guest_call(g, "fd_write", fd, VECS, 0u, OUT));
	assert_int_equal(0, guest_u32(g, OUT));
}

/* ---- arguments ---- */

static void arguments_and_environment_are_exact(void **state)
{
	STATE;

	EXPECT(SUCCESS, guest_call(g, "args_sizes_get", OUT, OUT + 4));
	assert_int_equal(2, guest_u32(g, OUT));
	assert_int_equal(sizeof("guest") + sizeof("two words"), guest_u32(g, OUT + 4));
	EXPECT(SUCCESS, guest_call(g, "args_get", OUT, DATA));
	assert_int_equal(DATA, guest_u32(g, OUT));
	assert_string_equal("two words", (char *)guest_memory(g, guest_u32(g, OUT + 4)));
	EXPECT(SUCCESS, guest_call(g, "environ_sizes_get", OUT, OUT + 4));
	assert_int_equal(2, guest_u32(g, OUT));
	assert_int_equal(sizeof("A=1") + sizeof("B=\n\"'"), guest_u32(g, OUT + 4));
	EXPECT(SUCCESS, guest_call(g, "environ_get", OUT, DATA));
	assert_string_equal("B=\n\"'", (char *)guest_memory(g, guest_u32(g, OUT + 4)));
}

/* ---- descriptors ---- */

static void preopens_are_listed_from_three_on(void **state)
{
	STATE;

	for (uint32_t fd = 3; fd < 6; fd++) {
		EXPECT(SUCCESS, guest_call(g, "fd_prestat_get", fd, OUT));
		assert_int_equal(0, guest_u32(g, OUT));
		assert_int_equal(fd == BOX ? 3 : 2, guest_u32(g, OUT + 4));
	}
	EXPECT(BADF, guest_call(g, "fd_prestat_get", 6u, OUT));
	EXPECT(BADF, guest_call(g, "fd_prestat_get", 0u, OUT));
	EXPECT(BADF, guest_call(g, "fd_prestat_get", UINT32_MAX, OUT));
	EXPECT(NAMETOOLONG, guest_call(g, "fd_prestat_dir_name", BOX, DATA, 2u));
	EXPECT(SUCCESS, guest_call(g, "fd_prestat_dir_name", BOX, DATA, 3u));
	assert_memory_equal("box", guest_memory(g, DATA), 3);
}

static void a_full_table_has_no_effect_outside(void **state)
{
	uint32_t fd = 0;
	STATE;

	/* Ten in all: three streams (one not open), three directories, four to spend. */
	for (unsigned int i = 0; i < 4; i++)
		EXPECT(SUCCESS, guest_open(g, BOX, ".", 0, 0, &fd));
	assert_int_equal(9, fd);
	EXPECT(NFILE, guest_open(g, BOX, "new", BV_WASI_OFLAG_CREAT, BV_WASI_RIGHT_FD_WRITE, &fd));
	assert_false(host_exists(g, "box/new"));
	EXPECT(SUCCESS, guest_call(g, "fd_close", 7u));
	EXPECT(SUCCESS,
		guest_open(g, BOX, "new", BV_WASI_OFLAG_CREAT, BV_WASI_RIGHT_FD_WRITE, &fd));
	assert_int_equal(7, fd);
}

static void closed_streams_are_not_reused(void **state)
{
	uint32_t fd;
	STATE;

	EXPECT(BADF, guest_call(g, "fd_write", 2u, 0u, 0u, OUT));
	EXPECT(SUCCESS, guest_call(g, "fd_close", 1u));
	EXPECT(BADF, guest_call(g, "fd_close", 1u));
	fd = open_file(g, "file");
	assert_true(fd >= 3);
}

static void renumber_moves_rights_and_preopens(void **state)
{
	uint32_t fd;
	uint32_t other = 0;
	STATE;

	host_file(g, "ro/file", "12345");
	fd = open_file(g, "file");
	EXPECT(BADF, guest_call(g, "fd_renumber", fd, 100u));
	EXPECT(BADF, guest_call(g, "fd_renumber", 100u, fd));
	EXPECT(BADF, guest_call(g, "fd_renumber", fd, UINT32_MAX));
	EXPECT(SUCCESS, guest_call(g, "fd_renumber", fd, fd));
	EXPECT(SUCCESS, guest_call(g, "fd_fdstat_get", fd, OUT));
	/* The read-only directory takes the number of the writable one, and stays read-only. */
	EXPECT(SUCCESS, guest_call(g, "fd_renumber", RO, BOX));
	EXPECT(BADF, guest_call(g, "fd_prestat_get", RO, OUT));
	EXPECT(SUCCESS, guest_call(g, "fd_prestat_dir_name", BOX, DATA, 2u));
	assert_memory_equal("ro", guest_memory(g, DATA), 2);
	EXPECT(NOTCAPABLE, guest_open(g, BOX, "file", 0, BV_WASI_RIGHT_FD_WRITE, &other));
	assert_string_equal("path_open NOTCAPABLE ro file", g->last_denial);
	EXPECT(NOTCAPABLE, guest_call(g, "path_unlink_file", BOX, P(g, "file")));
	/* Over a preopen with a file: no longer a directory, nor a preopen. */
	EXPECT(SUCCESS, guest_call(g, "fd_renumber", fd, WO));
	EXPECT(BADF, guest_call(g, "fd_prestat_get", WO, OUT));
	EXPECT(NOTDIR, guest_open(g, WO, "x", 0, 0, &other));
}

static void rights_only_shrink(void **state)
{
	uint32_t fd;
	STATE;

	fd = open_file(g, "file");
	EXPECT(SUCCESS, guest_call(g, "fd_fdstat_get", fd, OUT));
	assert_int_equal(BV_WASI_TYPE_REGULAR_FILE, guest_memory(g, OUT)[0]);
	EXPECT(NOTCAPABLE, guest_call(g, "fd_fdstat_set_rights", fd, UINT64_MAX, UINT64_C(0)));
	EXPECT(SUCCESS,
		guest_call(g, "fd_fdstat_set_rights", fd, BV_WASI_RIGHT_FD_READ, UINT64_C(0)));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_write", fd, VECS, 0u, OUT));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_pread", fd, VECS, 0u, UINT64_C(0), OUT));
	EXPECT(NOTCAPABLE,
		guest_call(g, "fd_fdstat_set_rights", fd, BV_WASI_RIGHT_FD_WRITE, UINT64_C(0)));
	EXPECT(SUCCESS, guest_call(g, "fd_read", fd, VECS, 0u, OUT));
	/* What a directory no longer passes on, nothing opened through it has. */
	EXPECT(SUCCESS, guest_call(g, "fd_fdstat_get", BOX, OUT));
	EXPECT(SUCCESS,
		guest_call(g, "fd_fdstat_set_rights", BOX, guest_u64(g, OUT + 8),
			BV_WASI_RIGHT_FD_READ));
	EXPECT(NOTCAPABLE, guest_open(g, BOX, "file", 0, BV_WASI_RIGHT_FD_WRITE, &fd));
	EXPECT(SUCCESS, guest_open(g, BOX, "file", 0, ALL_RIGHTS & ~BV_WASI_RIGHT_FD_WRITE, &fd));
	EXPECT(SUCCESS, guest_call(g, "fd_fdstat_get", fd, OUT));
	assert_int_equal(BV_WASI_RIGHT_FD_READ, guest_u64(g, OUT + 8));
	assert_int_equal(0, guest_u64(g, OUT + 16));
}

static void allocate_lengthens_and_never_shortens(void **state)
{
	uint32_t fd;
	STATE;

	host_file(g, "box/file", "1234567890");
	fd = open_file(g, "file");
	EXPECT(SUCCESS, guest_call(g, "fd_allocate", fd, UINT64_C(0), UINT64_C(4)));
	assert_int_equal(10, host_size(g, "box/file"));
	EXPECT(SUCCESS, guest_call(g, "fd_allocate", fd, UINT64_C(8), UINT64_C(12)));
	assert_int_equal(20, host_size(g, "box/file"));
	EXPECT(INVAL, guest_call(g, "fd_allocate", fd, UINT64_C(0), UINT64_C(0)));
	EXPECT(INVAL, guest_call(g, "fd_allocate", fd, UINT64_MAX, UINT64_C(2)));
	EXPECT(INVAL, guest_call(g, "fd_allocate", fd, UINT64_C(1), (uint64_t)INT64_MAX));
	EXPECT(INVAL, guest_call(g, "fd_filestat_set_size", fd, UINT64_MAX));
	EXPECT(INVAL, guest_call(g, "fd_advise", fd, UINT64_C(0), UINT64_C(1), 6u));
	EXPECT(INVAL, guest_call(g, "fd_advise", fd, UINT64_MAX, UINT64_C(1), 0u));
	EXPECT(SUCCESS, guest_call(g, "fd_advise", fd, UINT64_C(0), UINT64_C(1), 5u));
	assert_int_equal(20, host_size(g, "box/file"));
}

static void flags_change_within_limits(void **state)
{
	uint32_t fd;
	STATE;

	fd = open_file(g, "file");
	EXPECT(SUCCESS, guest_call(g, "fd_fdstat_set_flags", fd, BV_WASI_FDFLAG_APPEND));
	EXPECT(SUCCESS, guest_call(g, "fd_fdstat_get", fd, OUT));
	assert_int_equal(BV_WASI_FDFLAG_APPEND, guest_u32(g, OUT) >> 16);
	EXPECT(NOTSUP, guest_call(g, "fd_fdstat_set_flags", fd, BV_WASI_FDFLAG_SYNC));
	EXPECT(INVAL, guest_call(g, "fd_fdstat_set_flags", fd, 32u));
	EXPECT(NOTSUP, guest_call(g, "fd_fdstat_set_flags", 1u, BV_WASI_FDFLAG_APPEND));
}

static void nonblocking_is_the_guests_and_not_the_hosts(void **state)
{
	STATE;

	EXPECT(SUCCESS, guest_call(g, "fd_fdstat_set_flags", 0u, BV_WASI_FDFLAG_NONBLOCK));
	vec(g, 0, DATA, 10);
	EXPECT(AGAIN, guest_call(g, "fd_read", 0u, VECS, 1u, OUT));
	assert_int_equal(0, fcntl(g->input, F_GETFL) & O_NONBLOCK);
	assert_int_equal(2, write(g->input, "hi", 2));
	EXPECT(SUCCESS, guest_call(g, "fd_read", 0u, VECS, 1u, OUT));
	assert_int_equal(2, guest_u32(g, OUT));
	EXPECT(SUCCESS, guest_call(g, "fd_fdstat_set_flags", 1u, BV_WASI_FDFLAG_NONBLOCK));
	vec(g, 0, 0, 65536);
	while (guest_call(g, "fd_write", 1u, VECS, 1u, OUT) == BV_WASI_SUCCESS)
		assert_true(guest_u32(g, OUT) <= 4096);
	EXPECT(AGAIN, guest_call(g, "fd_write", 1u, VECS, 1u, OUT));
	assert_int_equal(0, fcntl(g->output, F_GETFL) & O_NONBLOCK);
}

static void a_broken_pipe_is_an_error_and_no_signal(void **state)
{
	STATE;

	close(g->output);
	g->output = -1;
	vec(g, 0, DATA, 1);
	EXPECT(PIPE, guest_call(g, "fd_write", 1u, VECS, 1u, OUT));
}

/* The host's own limit on the size of files: its signal would end the host. */
static void a_file_past_the_hosts_limit_is_an_error_and_no_signal(void **state)
{
	struct rlimit before, low;
	uint32_t fd;
	STATE;

	fd = open_file(g, "file");
	assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &before));
	low = before;
	low.rlim_cur = 1000;
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &low));
	vec(g, 0, DATA, 16);
	EXPECT(FBIG, guest_call(g, "fd_pwrite", fd, VECS, 1u, UINT64_C(1000), OUT));
	EXPECT(FBIG, guest_call(g, "fd_filestat_set_size", fd, UINT64_C(1001)));
	EXPECT(FBIG, guest_call(g, "fd_allocate", fd, UINT64_C(0), UINT64_C(1001)));
	EXPECT(SUCCESS, guest_call(g, "fd_pwrite", fd, VECS, 1u, UINT64_C(0), OUT));
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &before));
	assert_int_equal(16, host_size(g, "box/file"));
}

static void streams_have_no_place(void **state)
{
	STATE;

	EXPECT(SPIPE, guest_call(g, "fd_seek", 0u, UINT64_C(1), 0u, OUT));
	EXPECT(SPIPE, guest_call(g, "fd_tell", 1u, OUT));
	EXPECT(ISDIR, guest_call(g, "fd_read", BOX, VECS, 0u, OUT));
	EXPECT(BADF, guest_call(g, "fd_write", BOX, VECS, 0u, OUT));
	EXPECT(NOTSOCK, guest_call(g, "sock_shutdown", 0u, 1u));
	EXPECT(NOTSOCK, guest_call(g, "sock_recv", BOX, VECS, 0u, 0u, OUT, OUT + 4));
	EXPECT(NOTSOCK, guest_call(g, "sock_accept", BOX, 0u, OUT));
	EXPECT(BADF, guest_call(g, "sock_send", 77u, VECS, 0u, 0u, OUT));
	assert_int_equal(0, g->denials);
}

/* ---- directories ---- */

/* Lists with a buffer of a size; returns how many entries were complete, with a digest of their
 * names, each at most once. */
static unsigned int list(struct guest *g, uint32_t fd, uint32_t size, unsigned int *ret_sum)
{
	uint64_t cookie = 0;
	unsigned int count = 0;

	*ret_sum = 0;
	for (unsigned int calls = 0; calls < 1000; calls++) {
		uint32_t at = 0;
		uint32_t used;

		EXPECT(SUCCESS, guest_call(g, "fd_readdir", fd, DATA, size, cookie, OUT));
		used = guest_u32(g, OUT);
		assert_true(used <= size);
		while (at + 24 <= used && at + 24 + guest_u32(g, DATA + at + 16) <= used) {
			uint32_t len = guest_u32(g, DATA + at + 16);

			for (uint32_t i = 0; i < len; i++)
				*ret_sum += guest_memory(g, DATA + at + 24 + i)[0];
			cookie = guest_u64(g, DATA + at);
			at += 24 + len;
			count++;
		}
		if (used < size)
			return count;
	}
	fail_msg("the directory does not end");
	return 0;
}

static void listing_is_the_same_in_any_buffer_that_holds_an_entry(void **state)
{
	unsigned int sum = 0;
	unsigned int again = 0;
	char path[32];
	STATE;

	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "box/a-file-%d", i);
		host_file(g, path, "");
	}
	assert_int_equal(102, list(g, BOX, 32768, &sum));
	for (uint32_t size = 40; size < 200; size += 7) {
		assert_int_equal(102, list(g, BOX, size, &again));
		assert_int_equal(sum, again);
	}
}

static void a_buffer_too_small_is_filled_to_its_last_byte(void **state)
{
	STATE;

	for (uint32_t size = 0; size < 24; size++) {
		memset(guest_memory(g, DATA), 0xee, 64);
		EXPECT(SUCCESS, guest_call(g, "fd_readdir", BOX, DATA, size, UINT64_C(0), OUT));
		assert_int_equal(size, guest_u32(g, OUT));
		assert_int_equal(0xee, guest_memory(g, DATA + size)[0]);
	}
}

static void cookies_may_be_anything(void **state)
{
	static const uint64_t cookies[] = {1, 2, 3, 77, 4096, UINT64_C(1) << 40, INT64_MAX - 1,
		INT64_MAX};
	STATE;

	for (size_t i = 0; i < sizeof(cookies) / sizeof(cookies[0]); i++) {
		uint32_t error = guest_call(g, "fd_readdir", BOX, DATA, 4096u, cookies[i], OUT);

		assert_true(error == BV_WASI_SUCCESS || error == BV_WASI_INVAL);
	}
	EXPECT(INVAL, guest_call(g, "fd_readdir", BOX, DATA, 4096u, UINT64_MAX, OUT));
	EXPECT(INVAL, guest_call(g, "fd_readdir", BOX, DATA, 4096u, UINT64_C(1) << 63, OUT));
}

/* ---- waiting ---- */

static void subscribe(struct guest *g, uint32_t at, uint64_t userdata, uint8_t kind, uint32_t what)
{
	memset(guest_memory(g, at), 0, 48);
	memcpy(guest_memory(g, at), &userdata, 8);
	guest_memory(g, at + 8)[0] = kind;
	guest_put32(g, at + 16, what);
}

static void timer(struct guest *g, uint32_t at, uint32_t clock, uint64_t ns, uint16_t flags)
{
	subscribe(g, at, 7, BV_WASI_EVENT_CLOCK, clock);
	memcpy(guest_memory(g, at + 24), &ns, 8);
	memcpy(guest_memory(g, at + 40), &flags, 2);
}

static void poll_counts_are_bounded(void **state)
{
	STATE;

	EXPECT(INVAL, guest_call(g, "poll_oneoff", DATA, DATA, 0u, OUT));
	EXPECT(FAULT, guest_call(g, "poll_oneoff", DATA, DATA, 0xffffffffu, OUT));
	EXPECT(FAULT, guest_call(g, "poll_oneoff", 0u, 0u, MEMORY_BYTES / 48 + 1, OUT));
	EXPECT(INVAL, guest_call(g, "poll_oneoff", 0u, 0u, 5000u, OUT));
	subscribe(g, DATA, 1, 3, 0);
	EXPECT(INVAL, guest_call(g, "poll_oneoff", DATA, DATA, 1u, OUT));
}

static void poll_events_may_overwrite_subscriptions(void **state)
{
	STATE;

	for (uint32_t i = 0; i < 5; i++)
		subscribe(g, DATA + i * 48, 100 + i, BV_WASI_EVENT_READ, 1000 + i);
	timer(g, DATA + 5 * 48, 99, 0, 0);
	timer(g, DATA + 6 * 48, BV_WASI_CLOCK_PROCESS_CPU, 0, 0);
	timer(g, DATA + 7 * 48, BV_WASI_CLOCK_MONOTONIC, 0, 0);
	EXPECT(SUCCESS, guest_call(g, "poll_oneoff", DATA, DATA + 16, 8u, OUT));
	assert_int_equal(8, guest_u32(g, OUT));
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(100 + i, guest_u64(g, DATA + 16 + i * 32));
		assert_int_equal(BV_WASI_BADF, guest_u32(g, DATA + 16 + i * 32 + 8) & 0xffff);
	}
	assert_int_equal(BV_WASI_INVAL, guest_u32(g, DATA + 16 + 5 * 32 + 8) & 0xffff);
	assert_int_equal(BV_WASI_NOTSUP, guest_u32(g, DATA + 16 + 6 * 32 + 8) & 0xffff);
	assert_int_equal(BV_WASI_SUCCESS, guest_u32(g, DATA + 16 + 7 * 32 + 8) & 0xffff);
}

static void poll_waits_for_what_comes_first(void **state)
{
	STATE;

	subscribe(g, DATA, 1, BV_WASI_EVENT_READ, 0);
	timer(g, DATA + 48, BV_WASI_CLOCK_REALTIME, UINT64_C(30000000), 0);
	timer(g, DATA + 96, BV_WASI_CLOCK_MONOTONIC, UINT64_MAX, 1);
	EXPECT(SUCCESS, guest_call(g, "poll_oneoff", DATA, DATA + 4096, 3u, OUT));
	assert_int_equal(1, guest_u32(g, OUT));
	assert_int_equal(7, guest_u64(g, DATA + 4096));
	assert_int_equal(5, write(g->input, "input", 5));
	EXPECT(SUCCESS, guest_call(g, "poll_oneoff", DATA, DATA + 4096, 3u, OUT));
	assert_int_equal(1, guest_u32(g, OUT));
	assert_int_equal(1, guest_u64(g, DATA + 4096));
	assert_int_equal(5, guest_u64(g, DATA + 4096 + 16));
	/* At its end, a stream can be read, and nothing comes. */
	vec(g, 0, OUT + 16, 16);
	EXPECT(SUCCESS, guest_call(g, "fd_read", 0u, VECS, 1u, OUT));
	close(g->input);
	g->input = -1;
	EXPECT(SUCCESS, guest_call(g, "poll_oneoff", DATA, DATA + 4096, 1u, OUT));
	assert_int_equal(0, guest_u64(g, DATA + 4096 + 16));
	assert_int_equal(BV_WASI_EVENT_HANGUP, guest_u32(g, DATA + 4096 + 24) & 0xffff);
	EXPECT(SUCCESS, guest_call(g, "fd_read", 0u, VECS, 1u, OUT));
	assert_int_equal(0, guest_u32(g, OUT));
}

static volatile uint32_t *alarm_flag;

static void raise_flag(int signum)
{
	(void)signum;
	*alarm_flag = 1;
}

static void what_blocks_can_be_interrupted(void **state)
{
	const struct itimerval soon = {.it_value = {.tv_usec = 30000}};
	STATE;

	alarm_flag = &g->interrupt;
	signal(SIGALRM, raise_flag);
	timer(g, DATA, BV_WASI_CLOCK_MONOTONIC, UINT64_C(3600000000000), 0);
	setitimer(ITIMER_REAL, &soon, NULL);
	EXPECT(INTR, guest_call(g, "poll_oneoff", DATA, DATA + 4096, 1u, OUT));
	assert_int_equal(BV_WASM_TRAP_NONE, g->trap);
	g->interrupt = 0;
	vec(g, 0, DATA, 10);
	setitimer(ITIMER_REAL, &soon, NULL);
	EXPECT(INTR, guest_call(g, "fd_read", 0u, VECS, 1u, OUT));
	g->interrupt = 0;
	vec(g, 0, 0, 65536);
	setitimer(ITIMER_REAL, &soon, NULL);
	while (guest_call(g, "fd_write", 1u, VECS, 1u, OUT) == BV_WASI_SUCCESS)
		;
	assert_int_equal(1, g->interrupt);
}

/* ---- the rest ---- */

static void times_do_not_overflow(void **state)
{
	struct timespec times[2] = {{.tv_sec = -1000}, {.tv_sec = -1000}};
	uint32_t fd;
	STATE;

	host_file(g, "box/file", "");
	assert_int_equal(0, utimensat(g->root_fd, "box/file", times, 0));
	EXPECT(SUCCESS, guest_call(g, "path_filestat_get", BOX, 0u, P(g, "file"), OUT));
	assert_int_equal(0, guest_u64(g, OUT + 48));
	fd = open_file(g, "file");
	EXPECT(SUCCESS,
		guest_call(g, "fd_filestat_set_times", fd, UINT64_C(1500000000), UINT64_MAX,
			BV_WASI_TIME_ACCESS | BV_WASI_TIME_MODIFY));
	EXPECT(SUCCESS, guest_call(g, "fd_filestat_get", fd, OUT));
	assert_int_equal(1500000000, guest_u64(g, OUT + 40));
	EXPECT(INVAL, guest_call(g, "fd_filestat_set_times", fd, UINT64_C(1), UINT64_C(1), 3u));
	EXPECT(INVAL, guest_call(g, "fd_filestat_set_times", fd, UINT64_C(1), UINT64_C(1), 12u));
	EXPECT(INVAL, guest_call(g, "fd_filestat_set_times", fd, UINT64_C(1), UINT64_C(1), 16u));
}

static void clocks_tick_and_unknown_ones_are_refused(void **state)
{
	STATE;

	for (uint32_t id = 0; id < 4; id++) {
		EXPECT(SUCCESS, guest_call(g, "clock_res_get", id, OUT));
		assert_true(guest_u64(g, OUT) > 0);
		EXPECT(SUCCESS, guest_call(g, "clock_time_get", id, UINT64_C(0), OUT));
		assert_true(guest_u64(g, OUT) > 0);
	}
	EXPECT(INVAL, guest_call(g, "clock_res_get", 4u, OUT));
	EXPECT(INVAL, guest_call(g, "clock_time_get", UINT32_MAX, UINT64_C(0), OUT));
	EXPECT(SUCCESS, guest_call(g, "random_get", DATA, 0u));
	memset(guest_memory(g, DATA), 0, 100000);
	EXPECT(SUCCESS, guest_call(g, "random_get", DATA, 100000u));
	assert_false(guest_u64(g, DATA + 99992) == 0 && guest_u64(g, DATA + 50000) == 0);
	EXPECT(SUCCESS, guest_call(g, "sched_yield"));
}

/* Not even itself. */
static void no_signal_is_raised(void **state)
{
	struct guest *g = *state;

	for (uint32_t signal = 0; signal < 64; signal++)
		EXPECT(NOTSUP, guest_call(g, "proc_raise", signal));
}

static void exit_ends_the_guest(void **state)
{
	STATE;

	guest_call(g, "proc_exit", 33u);
	assert_int_equal(BV_WASM_TRAP_EXIT, g->trap);
	assert_int_equal(33, g->exit_status);
}

static void preview0_has_its_own_numbers_and_records(void **state)
{
	uint64_t soon = UINT64_C(20000000);
	uint32_t fd;
	STATE;

	host_file(g, "box/file", "1234567");
	fd = open_file(g, "file");
	EXPECT(SUCCESS, guest_call(g, "fd_seek", fd, UINT64_C(3), 2u, OUT));
	assert_int_equal(3, guest_u64(g, OUT));
	EXPECT(SUCCESS, guest_call(g, "fd_seek", fd, UINT64_C(1), 0u, OUT));
	assert_int_equal(4, guest_u64(g, OUT));
	EXPECT(SUCCESS, guest_call(g, "fd_seek", fd, UINT64_C(0), 1u, OUT));
	assert_int_equal(7, guest_u64(g, OUT));
	/* One link, seven bytes, and a record that ends at 56: also where memory does. */
	memset(guest_memory(g, DATA), 0xee, 64);
	EXPECT(SUCCESS, guest_call(g, "fd_filestat_get", fd, DATA));
	assert_int_equal(1, guest_u32(g, DATA + 20));
	assert_int_equal(7, guest_u64(g, DATA + 24));
	assert_int_equal(0xee, guest_memory(g, DATA + 56)[0]);
	EXPECT(SUCCESS, guest_call(g, "path_filestat_get", BOX, 0u, P(g, "file"), END - 56));
	EXPECT(FAULT, guest_call(g, "path_filestat_get", BOX, 0u, P(g, "file"), END - 55));
	/* A timer and a file that is always ready; 56 bytes each. */
	memset(guest_memory(g, DATA), 0, 112);
	guest_put32(g, DATA + 24, BV_WASI_CLOCK_MONOTONIC);
	memcpy(guest_memory(g, DATA + 32), &soon, sizeof(soon));
	EXPECT(SUCCESS, guest_call(g, "poll_oneoff", DATA, DATA + 4096, 1u, OUT));
	guest_put32(g, DATA + 56, 9);
	guest_memory(g, DATA + 64)[0] = BV_WASI_EVENT_READ;
	guest_put32(g, DATA + 72, fd);
	EXPECT(SUCCESS, guest_call(g, "poll_oneoff", DATA, DATA + 4096, 2u, OUT));
	assert_int_equal(1, guest_u32(g, OUT));
	assert_int_equal(9, guest_u64(g, DATA + 4096));
	memset(guest_memory(g, END - 56), 0, 56);
	EXPECT(SUCCESS, guest_call(g, "poll_oneoff", END - 56, DATA, 1u, OUT));
	EXPECT(FAULT, guest_call(g, "poll_oneoff", END - 48, DATA, 1u, OUT));
}

/* ---- configurations ---- */

static void bad_configurations_are_refused(void **state)
{
	struct bv_wasi_config config = {.ops = &bv_wasi_linux_ops,
		.host = NULL,
		.streams = {-1, -1, -1}};
	struct bv_wasi_preopen preopen = {.name = "x", .handle = -1, .read = true};
	struct bv_wasi *wasi = NULL;
	struct bv_error err = {0};
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	config.handles_max = 2;
	assert_int_equal(BV_E_INVALID, bv_wasi_new(&config, &wasi, &err));
	config.handles_max = BV_WASI_HANDLES_MAX + 1;
	assert_int_equal(BV_E_INVALID, bv_wasi_new(&config, &wasi, &err));
	config.handles_max = 3;
	config.preopens = &preopen;
	config.preopen_count = 1;
	assert_int_equal(BV_E_LIMIT, bv_wasi_new(&config, &wasi, &err));
	config.handles_max = 0;
	assert_int_equal(BV_E_OS, bv_wasi_new(&config, &wasi, &err));
	preopen.handle = file;
	assert_int_equal(BV_E_INVALID, bv_wasi_new(&config, &wasi, &err));
	preopen.read = false;
	assert_int_equal(BV_E_INVALID, bv_wasi_new(&config, &wasi, &err));
	preopen = (struct bv_wasi_preopen){.name = "", .handle = file, .read = true};
	assert_int_equal(BV_E_INVALID, bv_wasi_new(&config, &wasi, &err));
	assert_null(wasi);
	/* Still the caller's. */
	assert_int_equal(0, close(file));
}

static void a_listener_gives_connections_and_nothing_else(void **state)
{
	struct bv_wasi_linux host = {0};
	struct bv_error err = {0};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct bv_wasi_config config = {.ops = &bv_wasi_linux_ops,
		.host = &host,
		.streams = {-1, -1, -1},
		.listeners = &listener,
		.listener_count = 1};
	STATE;

	/* The guest's module serves another configuration: one socket that listens. */
	assert_int_equal(0,
		bind(listener, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t)));
	assert_int_equal(0, listen(listener, 1));
	bv_wasm_store_free(g->store);
	bv_wasi_free(g->wasi);
	assert_int_equal(0, bv_wasi_new(&config, &g->wasi, &err));
	guest_load(g);
	{
		struct sockaddr_storage name = {0};
		socklen_t len = sizeof(name);
		int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		char text[8] = "";

		assert_int_equal(0, getsockname(listener, (struct sockaddr *)&name, &len));
		assert_int_equal(0,
			guest_call(g, "fd_fdstat_set_flags", 3u, BV_WASI_FDFLAG_NONBLOCK));
		EXPECT(AGAIN, guest_call(g, "sock_accept", 3u, 0u, OUT));
		assert_int_equal(0, connect(client, (struct sockaddr *)&name, len));
		EXPECT(SUCCESS, guest_call(g, "sock_accept", 3u, 0u, OUT));
		assert_int_equal(4, guest_u32(g, OUT));
		vec(g, 0, DATA, 5);
		memcpy(guest_memory(g, DATA), "hello", 5);
		EXPECT(SUCCESS, guest_call(g, "sock_send", 4u, VECS, 1u, 0u, OUT));
		assert_int_equal(5, read(client, text, sizeof(text)));
		assert_string_equal("hello", text);
		assert_int_equal(3, write(client, "abc", 3));
		EXPECT(SUCCESS, guest_call(g, "sock_recv", 4u, VECS, 1u, 0u, OUT, OUT + 4));
		assert_int_equal(3, guest_u32(g, OUT));
		EXPECT(INVAL, guest_call(g, "sock_shutdown", 4u, 4u));
		EXPECT(SUCCESS, guest_call(g, "sock_shutdown", 4u, 3u));
		close(client);
		EXPECT(PIPE, guest_call(g, "sock_send", 4u, VECS, 1u, 0u, OUT));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_pointer_is_checked_before_the_effect),
		TEST(results_outside_memory_are_faults),
		TEST(vectors_may_be_many_and_may_overlap),
		TEST(arguments_and_environment_are_exact),
		TEST(preopens_are_listed_from_three_on),
		cmocka_unit_test_setup_teardown(a_full_table_has_no_effect_outside,
			guest_setup_few_handles, guest_teardown),
		TEST(closed_streams_are_not_reused),
		TEST(renumber_moves_rights_and_preopens),
		TEST(rights_only_shrink),
		TEST(allocate_lengthens_and_never_shortens),
		TEST(flags_change_within_limits),
		TEST(nonblocking_is_the_guests_and_not_the_hosts),
		TEST(a_broken_pipe_is_an_error_and_no_signal),
		TEST(a_file_past_the_hosts_limit_is_an_error_and_no_signal),
		TEST(streams_have_no_place),
		TEST(listing_is_the_same_in_any_buffer_that_holds_an_entry),
		TEST(a_buffer_too_small_is_filled_to_its_last_byte),
		TEST(cookies_may_be_anything),
		TEST(poll_counts_are_bounded),
		TEST(poll_events_may_overwrite_subscriptions),
		TEST(poll_waits_for_what_comes_first),
		TEST(what_blocks_can_be_interrupted),
		TEST(times_do_not_overflow),
		TEST(clocks_tick_and_unknown_ones_are_refused),
		TEST(no_signal_is_raised),
		TEST(exit_ends_the_guest),
		cmocka_unit_test_setup_teardown(preview0_has_its_own_numbers_and_records,
			guest_setup_preview0, guest_teardown),
		cmocka_unit_test(bad_configurations_are_refused),
		TEST(a_listener_gives_connections_and_nothing_else),
	};

	return cmocka_run_group_tests_name("wasi-calls", tests, NULL, NULL);
}
