/* SPDX-License-Identifier: MIT
 *
 * What hostile guests do beyond paths and pointers: numbers at their ends, descriptors shuffled,
 * magic links, terminals, races over every call that takes a name. Which of the known attacks is
 * tested where is listed in docs/testing.md.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
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

static unsigned int host_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* ---- numbers at their ends ---- */

static void seeking_never_leaves_the_range_of_a_file(void **state)
{
	uint32_t fd;
	STATE;

	host_file(g, "box/file", "12345");
	fd = open_file(g, "file");
	EXPECT(INVAL, guest_call(g, "fd_seek", fd, UINT64_MAX, 0u, OUT));
	EXPECT(INVAL, guest_call(g, "fd_seek", fd, (uint64_t)INT64_MIN, 0u, OUT));
	EXPECT(INVAL, guest_call(g, "fd_seek", fd, (uint64_t)-6, 2u, OUT));
	EXPECT(INVAL, guest_call(g, "fd_seek", fd, UINT64_C(1), 3u, OUT));
	EXPECT(INVAL, guest_call(g, "fd_seek", fd, UINT64_C(1), UINT32_MAX, OUT));
	EXPECT(SUCCESS, guest_call(g, "fd_seek", fd, UINT64_C(3), 0u, OUT));
	/* 3 + INT64_MAX wraps. */
	assert_int_not_equal(0, guest_call(g, "fd_seek", fd, (uint64_t)INT64_MAX, 1u, OUT));
	assert_int_not_equal(0, guest_call(g, "fd_seek", fd, (uint64_t)INT64_MAX, 2u, OUT));
	EXPECT(SUCCESS, guest_call(g, "fd_tell", fd, OUT));
	assert_int_equal(3, guest_u64(g, OUT));
	assert_int_equal(5, host_size(g, "box/file"));
}

static void offsets_below_zero_are_refused(void **state)
{
	static const uint64_t offsets[] = {UINT64_MAX, UINT64_C(1) << 63, (uint64_t)INT64_MIN + 5};
	uint32_t fd;
	STATE;

	host_file(g, "box/file", "12345");
	fd = open_file(g, "file");
	vec(g, 0, DATA, 4);
	for (size_t i = 0; i < 3; i++) {
		EXPECT(INVAL, guest_call(g, "fd_pread", fd, VECS, 1u, offsets[i], OUT));
		EXPECT(INVAL, guest_call(g, "fd_pwrite", fd, VECS, 1u, offsets[i], OUT));
	}
	/* The last offset there is: nothing to read, and no room to write. */
	EXPECT(SUCCESS, guest_call(g, "fd_pread", fd, VECS, 0u, (uint64_t)INT64_MAX, OUT));
	assert_int_not_equal(0, guest_call(g, "fd_pwrite", fd, VECS, 1u, (uint64_t)INT64_MAX, OUT));
	assert_int_equal(5, host_size(g, "box/file"));
	/* Reading and writing at a place leave the descriptor's own. */
	EXPECT(SUCCESS, guest_call(g, "fd_pwrite", fd, VECS, 1u, UINT64_C(2), OUT));
	EXPECT(SUCCESS, guest_call(g, "fd_tell", fd, OUT));
	assert_int_equal(0, guest_u64(g, OUT));
	assert_int_equal(6, host_size(g, "box/file"));
}

static void timer(struct guest *g, uint32_t at, uint32_t clock, uint64_t ns, uint16_t flags)
{
	memset(guest_memory(g, at), 0, 48);
	guest_memory(g, at)[0] = 7;
	guest_put32(g, at + 16, clock);
	memcpy(guest_memory(g, at + 24), &ns, 8);
	memcpy(guest_memory(g, at + 40), &flags, 2);
}

/* However a time is given, "now and all of time" is not "a while ago". */
static void a_timer_past_the_end_of_time_does_not_ring(void **state)
{
	static const struct {
		uint32_t clock;
		uint16_t flags;
	} timers[] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
	STATE;

	for (size_t i = 0; i < 4; i++) {
		timer(g, DATA, timers[i].clock, UINT64_MAX, timers[i].flags);
		timer(g, DATA + 48, BV_WASI_CLOCK_MONOTONIC, UINT64_C(1000000), 0);
		guest_memory(g, DATA + 48)[0] = 9;
		EXPECT(SUCCESS, guest_call(g, "poll_oneoff", DATA, DATA + 4096, 2u, OUT));
		assert_int_equal(1, guest_u32(g, OUT));
		assert_int_equal(9, guest_u64(g, DATA + 4096));
	}
	/* All that are due ring at once. */
	timer(g, DATA, BV_WASI_CLOCK_REALTIME, 1, 1);
	timer(g, DATA + 48, BV_WASI_CLOCK_MONOTONIC, 0, 0);
	timer(g, DATA + 96, BV_WASI_CLOCK_MONOTONIC, 0, 1);
	timer(g, DATA + 144, BV_WASI_CLOCK_MONOTONIC, UINT64_C(3600000000000), 0);
	EXPECT(SUCCESS, guest_call(g, "poll_oneoff", DATA, DATA + 4096, 4u, OUT));
	assert_int_equal(3, guest_u32(g, OUT));
	timer(g, DATA, BV_WASI_CLOCK_MONOTONIC, 1, 2);
	EXPECT(SUCCESS, guest_call(g, "poll_oneoff", DATA, DATA + 4096, 1u, OUT));
	assert_int_equal(BV_WASI_INVAL, guest_u32(g, DATA + 4096 + 8) & 0xffff);
}

static void times_far_ahead_do_not_wrap(void **state)
{
	struct timespec far[2] = {{.tv_sec = INT64_C(1) << 35}, {.tv_sec = INT64_C(1) << 35}};
	struct stat st;
	uint64_t expected = UINT64_MAX;
	STATE;

	host_file(g, "box/file", "");
	assert_int_equal(0, utimensat(g->root_fd, "box/file", far, 0));
	assert_int_equal(0, fstatat(g->root_fd, "box/file", &st, 0));
	/* A file system may end its time earlier. */
	if (st.st_mtim.tv_sec < INT64_C(1) << 34)
		expected = (uint64_t)st.st_mtim.tv_sec * UINT64_C(1000000000) +
			(uint64_t)st.st_mtim.tv_nsec;
	EXPECT(SUCCESS, guest_call(g, "path_filestat_get", BOX, 0u, P(g, "file"), OUT));
	assert_true(guest_u64(g, OUT + 48) == expected);
}

static void strings_fit_to_the_last_byte_of_memory(void **state)
{
	const uint32_t len = sizeof("guest") + sizeof("two words");
	STATE;

	EXPECT(SUCCESS, guest_call(g, "args_get", DATA, END - len));
	assert_memory_equal("two words", guest_memory(g, END - 10), 10);
	EXPECT(FAULT, guest_call(g, "args_get", DATA, END - len + 1));
	EXPECT(SUCCESS, guest_call(g, "args_get", END - 8, DATA));
	EXPECT(FAULT, guest_call(g, "args_get", END - 7, DATA));
	EXPECT(SUCCESS, guest_call(g, "args_sizes_get", END - 4, END - 8));
	/* The strings over their own pointers: what comes last is what stays. */
	EXPECT(SUCCESS, guest_call(g, "args_get", DATA, DATA));
	assert_memory_equal("guest", guest_memory(g, DATA), 6);
}

static void a_guest_without_anything_runs(void **state)
{
	struct bv_wasi_config nothing = {.streams = {-1, -1, -1}};
	uint32_t fd = 0;
	STATE;

	guest_configure(g, &nothing);
	EXPECT(SUCCESS, guest_call(g, "args_sizes_get", OUT, OUT + 4));
	assert_int_equal(0, guest_u64(g, OUT));
	EXPECT(SUCCESS, guest_call(g, "args_get", END, END));
	EXPECT(SUCCESS, guest_call(g, "environ_get", 0u, 0u));
	/* No directory is granted unless it is: not the working one, nor the root. */
	for (fd = 0; fd < 300; fd++) {
		EXPECT(BADF, guest_call(g, "fd_prestat_get", fd, OUT));
		EXPECT(BADF, guest_call(g, "fd_fdstat_get", fd, OUT));
	}
	EXPECT(BADF, guest_open(g, 3, "etc/passwd", 0, 0, &fd));
	EXPECT(BADF, guest_open(g, (uint32_t)-100, "etc/passwd", 0, 0, &fd)); /* AT_FDCWD */
	EXPECT(BADF, guest_call(g, "path_unlink_file", (uint32_t)-100, P(g, "file")));
}

static volatile uint32_t *alarm_flag;

static void raise_flag(int signum)
{
	(void)signum;
	*alarm_flag = 1;
}

static void random_bytes_by_the_memory_full_can_be_stopped(void **state)
{
	const struct itimerval soon = {.it_value = {.tv_usec = 100},
		.it_interval = {.tv_usec = 100}};
	const struct itimerval never = {.it_value = {0}};
	uint32_t error;
	STATE;

	EXPECT(SUCCESS, guest_call(g, "random_get", 0u, END));
	EXPECT(FAULT, guest_call(g, "random_get", 1u, END));
	EXPECT(SUCCESS, guest_call(g, "random_get", END, 0u));
	alarm_flag = &g->interrupt;
	signal(SIGALRM, raise_flag);
	setitimer(ITIMER_REAL, &soon, NULL);
	do {
		error = guest_call(g, "random_get", 0u, END);
	} while (!error && g->trap == BV_WASM_TRAP_NONE);
	setitimer(ITIMER_REAL, &never, NULL);
	assert_true(error == BV_WASI_INTR || g->trap == BV_WASM_TRAP_INTERRUPT);
}

static void every_exit_status_arrives_as_it_was(void **state)
{
	static const uint32_t statuses[] = {0, 1, 125, 126, 127, 128, 255, 256, 0x7fffffff,
		0x80000000u, UINT32_MAX};
	STATE;

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		guest_call(g, "proc_exit", statuses[i]);
		assert_int_equal(BV_WASM_TRAP_EXIT, g->trap);
		assert_int_equal((int32_t)statuses[i], g->exit_status);
	}
}

/* ---- descriptors ---- */

static void renumbering_leaks_nothing_and_closes_once(void **state)
{
	unsigned int before;
	uint32_t keep;
	uint32_t fd = 0;
	STATE;

	keep = open_file(g, "keep");
	before = host_descriptors();
	for (int i = 0; i < 500; i++) {
		EXPECT(SUCCESS, guest_open(g, BOX, "keep", 0, BV_WASI_RIGHT_FD_READ, &fd));
		EXPECT(SUCCESS, guest_call(g, "fd_renumber", fd, keep));
		EXPECT(BADF, guest_call(g, "fd_close", fd));
		EXPECT(SUCCESS, guest_call(g, "fd_renumber", keep, keep));
	}
	assert_int_equal(before, host_descriptors());
	/* Over a stream: the host's own output stays what it is. */
	EXPECT(SUCCESS, guest_call(g, "fd_renumber", keep, 1u));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_write", 1u, VECS, 0u, OUT));
	assert_int_equal(before - 1, host_descriptors());
	/* And a stream over a directory: a stream it stays, and the directory is gone. */
	EXPECT(SUCCESS, guest_call(g, "fd_renumber", 0u, BOX));
	EXPECT(BADF, guest_call(g, "fd_prestat_get", BOX, OUT));
	EXPECT(NOTDIR, guest_open(g, BOX, "keep", 0, 0, &fd));
	EXPECT(BADF, guest_call(g, "fd_read", 0u, VECS, 0u, OUT));
}

static void failed_calls_leave_no_descriptor_behind(void **state)
{
	unsigned int before;
	uint32_t fd = 0;
	STATE;

	host_file(g, "box/file", "");
	host_mkdir(g, "box/dir");
	host_symlink(g, "../outside", "box/esc");
	assert_int_equal(0, mkfifoat(g->root_fd, "box/pipe", 0666));
	before = host_descriptors();
	for (int i = 0; i < 100; i++) {
		guest_open(g, BOX, "esc/secret", 0, BV_WASI_RIGHT_FD_READ, &fd);
		guest_open(g, BOX, "pipe", 0, BV_WASI_RIGHT_FD_READ, &fd);
		guest_open(g, BOX, "dir", 0, BV_WASI_RIGHT_FD_WRITE, &fd);
		guest_open(g, BOX, "file", BV_WASI_OFLAG_CREAT | BV_WASI_OFLAG_EXCL, 0, &fd);
		guest_open(g, BOX, "file", BV_WASI_OFLAG_DIRECTORY, 0, &fd);
		guest_call(g, "path_rename", BOX, P(g, "dir/none"), BOX, P(g, "esc/x"));
		guest_call(g, "path_link", BOX, 0u, P(g, "file"), BOX, P(g, "file"));
		guest_call(g, "path_remove_directory", BOX, P(g, "dir/none/"));
		guest_call(g, "path_readlink", BOX, P(g, "file"), DATA, 9u, OUT);
		guest_call(g, "path_filestat_get", BOX, 0u, P(g, "none"), OUT);
	}
	assert_int_equal(before, host_descriptors());
}

static void opening_gives_what_was_asked_for_and_no_more(void **state)
{
	uint32_t fd = 0;
	STATE;

	host_file(g, "box/file", "12345");
	host_mkdir(g, "box/dir");
	/* Nothing asked for is a legal wish. */
	EXPECT(SUCCESS, guest_open(g, BOX, "file", 0, 0, &fd));
	EXPECT(SUCCESS, guest_call(g, "fd_fdstat_get", fd, OUT));
	assert_int_equal(0, guest_u64(g, OUT + 8));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_read", fd, VECS, 0u, OUT));
	EXPECT(SUCCESS, guest_open(g, BOX, "dir", 0, 0, &fd));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_readdir", fd, DATA, 64u, UINT64_C(0), OUT));
	EXPECT(ISDIR,
		guest_open(g, BOX, "dir", BV_WASI_OFLAG_DIRECTORY, BV_WASI_RIGHT_FD_WRITE, &fd));
	EXPECT(NOTDIR, guest_open(g, BOX, "file", BV_WASI_OFLAG_DIRECTORY, 0, &fd));
	EXPECT(INVAL, guest_open(g, BOX, "file", 16, 0, &fd));
	EXPECT(INVAL,
		guest_call(g, "path_open", BOX, 2u, P(g, "file"), 0u, UINT64_C(0), UINT64_C(0), 0u,
			OUT));
	EXPECT(INVAL,
		guest_call(g, "path_open", BOX, 1u, P(g, "file"), 0u, UINT64_C(0), UINT64_C(0), 32u,
			OUT));
	/* Rights travel with a number, unchanged. */
	EXPECT(SUCCESS, guest_open(g, BOX, "file", 0, BV_WASI_RIGHT_FD_READ, &fd));
	EXPECT(SUCCESS, guest_call(g, "fd_renumber", fd, WO));
	EXPECT(SUCCESS, guest_call(g, "fd_fdstat_get", WO, OUT));
	assert_int_equal(BV_WASI_RIGHT_FD_READ, guest_u64(g, OUT + 8));
}

static void appending_stays_appending(void **state)
{
	char text[16] = "";
	uint32_t fd;
	int host;
	STATE;

	host_file(g, "box/file", "12345");
	EXPECT(SUCCESS,
		guest_call(g, "path_open", BOX, 0u, P(g, "file"), 0u, ALL_RIGHTS, UINT64_C(0),
			BV_WASI_FDFLAG_APPEND, OUT));
	fd = guest_u32(g, OUT);
	memcpy(guest_memory(g, DATA), "ab", 2);
	vec(g, 0, DATA, 2);
	EXPECT(SUCCESS, guest_call(g, "fd_seek", fd, UINT64_C(0), 0u, OUT));
	EXPECT(SUCCESS, guest_call(g, "fd_write", fd, VECS, 1u, OUT));
	host = openat(g->root_fd, "box/file", O_RDONLY | O_CLOEXEC);
	assert_int_equal(7, read(host, text, sizeof(text)));
	close(host);
	assert_string_equal("12345ab", text);
}

/* ---- what is no plain file ---- */

static void sockets_in_a_directory_are_not_opened(void **state)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint32_t fd = 0;
	STATE;

	snprintf(name.sun_path, sizeof(name.sun_path), "%s/box/socket", g->root);
	assert_int_equal(0, bind(listener, (struct sockaddr *)&name, sizeof(name)));
	assert_int_equal(0, listen(listener, 1));
	EXPECT(ACCES, guest_open(g, BOX, "socket", 0, BV_WASI_RIGHT_FD_READ, &fd));
	EXPECT(ACCES, guest_open(g, BOX, "socket", 0, ALL_RIGHTS, &fd));
	assert_string_equal("path_open ACCES box socket", g->last_denial);
	close(listener);
}

/* Even where a whole /proc is granted, its magic links lead nowhere. */
static void magic_links_are_not_followed(void **state)
{
	static const char *const links[] = {"self/root/etc", "self/cwd", "self/exe", "self/fd/0",
		"self/root", "thread-self/root/", "self/ns/mnt"};
	struct bv_wasi_preopen proc = {.name = "proc", .read = true};
	struct bv_wasi_config config = {.streams = {-1, -1, -1},
		.preopens = &proc,
		.preopen_count = 1};
	struct bv_error err = {0};
	uint32_t fd = 0;
	STATE;

	assert_int_equal(0, bv_wasi_linux_root("/proc", &proc.handle, &err));
	guest_configure(g, &config);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		uint32_t at = guest_text(g, links[i]);
		uint32_t len = (uint32_t)strlen(links[i]);

		EXPECT(LOOP, guest_open(g, 3, links[i], 0, BV_WASI_RIGHT_FD_READ, &fd));
		EXPECT(LOOP, guest_call(g, "path_filestat_get", 3u, 1u, at, len, OUT));
	}
	/* What is a file there can be read. */
	EXPECT(SUCCESS, guest_open(g, 3, "self/status", 0, BV_WASI_RIGHT_FD_READ, &fd));
}

/* libc takes a character device that can neither seek nor tell for a terminal. */
static void only_a_terminal_looks_like_one(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct bv_wasi_config config = {.streams = {-1, -1, -1}};
	STATE;

	if (master < 0 || grantpt(master) || unlockpt(master)) {
		print_message("# skip: no pseudo-terminal can be made here\n");
		skip();
	}
	config.streams[0] = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	config.streams[1] = open("/dev/null", O_WRONLY | O_CLOEXEC);
	config.streams[2] = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	assert_true(config.streams[0] >= 0);
	guest_configure(g, &config);
	for (uint32_t fd = 0; fd < 3; fd++) {
		EXPECT(SUCCESS, guest_call(g, "fd_fdstat_get", fd, OUT));
		assert_int_equal(fd == 0, guest_memory(g, OUT)[0] == BV_WASI_TYPE_CHARACTER_DEVICE);
		assert_int_equal(0,
			guest_u64(g, OUT + 8) & (BV_WASI_RIGHT_FD_SEEK | BV_WASI_RIGHT_FD_TELL));
	}
	close(master);
}

/* An output that is a file of the host's: added to, and nothing else. */
static void an_output_file_is_only_added_to(void **state)
{
	struct bv_wasi_config config = {.streams = {-1, -1, -1}};
	STATE;

	host_file(g, "outside/log", "before");
	config.streams[1] = openat(g->root_fd, "outside/log", O_RDWR | O_APPEND | O_CLOEXEC);
	guest_configure(g, &config);
	vec(g, 0, DATA, 3);
	EXPECT(SUCCESS, guest_call(g, "fd_write", 1u, VECS, 1u, OUT));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_seek", 1u, UINT64_C(1), 0u, OUT));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_pwrite", 1u, VECS, 1u, UINT64_C(0), OUT));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_read", 1u, VECS, 1u, OUT));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_pread", 1u, VECS, 1u, UINT64_C(0), OUT));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_filestat_set_size", 1u, UINT64_C(0)));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_allocate", 1u, UINT64_C(0), UINT64_C(100)));
	EXPECT(NOTCAPABLE,
		guest_call(g, "fd_filestat_set_times", 1u, UINT64_C(1), UINT64_C(1), 4u));
	EXPECT(NOTSUP, guest_call(g, "fd_fdstat_set_flags", 1u, BV_WASI_FDFLAG_APPEND));
	assert_int_equal(9, host_size(g, "outside/log"));
}

/* ---- directories ---- */

static void a_listing_names_the_directory_itself(void **state)
{
	struct stat st;
	bool self = false;
	bool parent = false;
	uint32_t used;
	STATE;

	assert_int_equal(0, fstatat(g->root_fd, "box", &st, 0));
	EXPECT(SUCCESS, guest_call(g, "fd_readdir", BOX, DATA, 4096u, UINT64_C(0), OUT));
	used = guest_u32(g, OUT);
	for (uint32_t at = 0; at + 24 <= used; at += 24 + guest_u32(g, DATA + at + 16)) {
		uint32_t len = guest_u32(g, DATA + at + 16);
		const uint8_t *name = guest_memory(g, DATA + at + 24);

		if (len == 1 && name[0] == '.') {
			self = true;
			assert_int_equal(st.st_ino, guest_u64(g, DATA + at + 8));
		}
		parent = parent || (len == 2 && name[0] == '.' && name[1] == '.');
	}
	assert_true(self && parent);
}

/* Cookies stay good while the directory changes, and two descriptors do not share a place. */
static void listings_do_not_disturb_each_other(void **state)
{
	uint32_t one = 0;
	uint32_t two = 0;
	uint32_t first;
	uint64_t cookie;
	char path[32];
	STATE;

	for (int i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "box/file-%d", i);
		host_file(g, path, "");
	}
	EXPECT(SUCCESS, guest_open(g, BOX, ".", 0, BV_WASI_RIGHT_FD_READDIR, &one));
	EXPECT(SUCCESS, guest_open(g, BOX, ".", 0, BV_WASI_RIGHT_FD_READDIR, &two));
	EXPECT(SUCCESS, guest_call(g, "fd_readdir", one, DATA, 64u, UINT64_C(0), OUT));
	cookie = guest_u64(g, DATA);
	EXPECT(SUCCESS, guest_call(g, "fd_readdir", one, DATA, 4096u, cookie, OUT));
	first = guest_u32(g, OUT);
	memcpy(guest_memory(g, DATA + 8192), guest_memory(g, DATA), first);
	EXPECT(SUCCESS, guest_call(g, "fd_readdir", two, DATA, 4096u, UINT64_C(0), OUT));
	EXPECT(SUCCESS, guest_call(g, "fd_readdir", one, DATA, 4096u, cookie, OUT));
	assert_int_equal(first, guest_u32(g, OUT));
	assert_memory_equal(guest_memory(g, DATA + 8192), guest_memory(g, DATA), first);
	for (int i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "file-%d", i);
		EXPECT(SUCCESS,
			guest_call(g, "path_unlink_file", BOX, guest_text(g, path),
				(uint32_t)strlen(path)));
	}
	EXPECT(SUCCESS, guest_call(g, "fd_readdir", one, DATA, 4096u, cookie, OUT));
	assert_true(guest_u32(g, OUT) <= first);
}

/* ---- races ---- */

struct race {
	struct guest *guest;
	volatile bool stop;
};

/* A directory and a link that leads out take turns; so do a file and a link to a secret. */
static void *swap(void *user)
{
	struct race *race = user;
	int root = race->guest->root_fd;

	while (!race->stop) {
		renameat2(root, "box/dir", root, "box/esc", RENAME_EXCHANGE);
		renameat2(root, "box/file", root, "box/leak", RENAME_EXCHANGE);
		sched_yield();
	}
	return NULL;
}

/* All that can be told of the directory outside. */
static void witness(struct guest *g, char *text, size_t room)
{
	struct stat dir;
	struct stat secret;
	DIR *list = fdopendir(openat(g->root_fd, "outside", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	unsigned int names = 0;

	assert_non_null(list);
	while (readdir(list))
		names++;
	closedir(list);
	assert_int_equal(0, fstatat(g->root_fd, "outside", &dir, 0));
	assert_int_equal(0, fstatat(g->root_fd, "outside/secret", &secret, 0));
	snprintf(text, room, "%u names, %lu links, %lld %lld %lld, %lu links, %lld %lld %lld",
		names, (unsigned long)dir.st_nlink, (long long)dir.st_mtim.tv_sec,
		(long long)dir.st_mtim.tv_nsec, (long long)dir.st_ctim.tv_nsec,
		(unsigned long)secret.st_nlink, (long long)secret.st_size,
		(long long)secret.st_mtim.tv_nsec, (long long)secret.st_ctim.tv_nsec);
}

/* One turn of everything that takes a name or follows one. True if the directory was inside. */
static bool act(struct guest *g)
{
	uint32_t fd = 0;

	guest_call(g, "path_filestat_set_times", BOX, 1u, P(g, "dir/secret"), UINT64_C(5),
		UINT64_C(5), BV_WASI_TIME_ACCESS | BV_WASI_TIME_MODIFY);
	guest_call(g, "path_filestat_set_times", BOX, 1u, P(g, "dir/"), UINT64_C(5), UINT64_C(5),
		BV_WASI_TIME_MODIFY);
	guest_call(g, "path_filestat_set_times", BOX, 1u, P(g, "file"), UINT64_C(5), UINT64_C(5),
		BV_WASI_TIME_MODIFY);
	guest_call(g, "path_rename", BOX, P(g, "mine"), BOX, P(g, "dir/secret"));
	guest_call(g, "path_rename", BOX, P(g, "dir/secret"), BOX, P(g, "mine"));
	guest_call(g, "path_link", BOX, 0u, P(g, "dir/secret"), BOX, P(g, "stolen"));
	guest_call(g, "path_link", BOX, 0u, P(g, "mine"), BOX, P(g, "dir/hard"));
	guest_call(g, "path_unlink_file", BOX, P(g, "stolen"));
	guest_call(g, "path_unlink_file", BOX, P(g, "dir/hard"));
	guest_call(g, "path_symlink", P(g, "x"), BOX, P(g, "dir/soft"));
	guest_call(g, "path_unlink_file", BOX, P(g, "dir/soft"));
	guest_call(g, "path_create_directory", BOX, P(g, "dir/made/"));
	guest_call(g, "path_remove_directory", BOX, P(g, "dir/made"));
	if (!guest_open(g, BOX, "file", BV_WASI_OFLAG_TRUNC, ALL_RIGHTS, &fd))
		guest_call(g, "fd_close", fd);
	if (guest_open(g, BOX, "dir", BV_WASI_OFLAG_DIRECTORY, 0, &fd))
		return false;
	guest_call(g, "fd_close", fd);
	return true;
}

static void no_call_that_takes_a_name_loses_a_race(void **state)
{
	struct race race = {.guest = *state};
	char before[256];
	char after[256];
	unsigned int inside = 0;
	pthread_t thread;
	STATE;

	host_symlink(g, "../outside", "box/esc");
	host_symlink(g, "../outside/secret", "box/leak");
	host_mkdir(g, "box/dir");
	host_file(g, "box/dir/secret", "mine");
	host_file(g, "box/file", "12345");
	host_file(g, "box/mine", "12345");
	witness(g, before, sizeof(before));
	assert_int_equal(0, pthread_create(&thread, NULL, swap, &race));
	for (int i = 0; i < 1000; i++)
		inside += act(g);
	race.stop = true;
	pthread_join(thread, NULL);
	witness(g, after, sizeof(after));
	assert_string_equal(before, after);
	/* Both sides of the race were seen. */
	print_message("%u of 1000 times inside, %u calls refused\n", inside, g->denials);
	assert_true(inside > 0 && g->denials > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(seeking_never_leaves_the_range_of_a_file),
		TEST(offsets_below_zero_are_refused),
		TEST(a_timer_past_the_end_of_time_does_not_ring),
		TEST(times_far_ahead_do_not_wrap),
		TEST(strings_fit_to_the_last_byte_of_memory),
		TEST(a_guest_without_anything_runs),
		TEST(random_bytes_by_the_memory_full_can_be_stopped),
		TEST(every_exit_status_arrives_as_it_was),
		TEST(renumbering_leaks_nothing_and_closes_once),
		TEST(failed_calls_leave_no_descriptor_behind),
		TEST(opening_gives_what_was_asked_for_and_no_more),
		TEST(appending_stays_appending),
		TEST(sockets_in_a_directory_are_not_opened),
		TEST(magic_links_are_not_followed),
		TEST(only_a_terminal_looks_like_one),
		TEST(an_output_file_is_only_added_to),
		TEST(a_listing_names_the_directory_itself),
		TEST(listings_do_not_disturb_each_other),
		TEST(no_call_that_takes_a_name_loses_a_race),
	};

	return cmocka_run_group_tests_name("wasi-hostile", tests, NULL, NULL);
}
