/* SPDX-License-Identifier: MIT
 *
 * Attempts to leave a granted directory, or to do more in it than was granted. Each looks at both
 * sides: the error the guest got, and what the host then sees on disk.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

#define STATE struct guest *g = *state

#define READ_RIGHT BV_WASI_RIGHT_FD_READ
#define WRITE_RIGHT BV_WASI_RIGHT_FD_WRITE

static void links(struct guest *g)
{
	char absolute[128];

	snprintf(absolute, sizeof(absolute), "%s/outside", g->root);
	host_symlink(g, "../outside", "box/esc");
	host_symlink(g, absolute, "box/abs");
	host_symlink(g, "../outside/new", "box/dangling");
	host_file(g, "box/file", "12345");
	host_mkdir(g, "box/dir");
	host_symlink(g, "dir", "box/link");
}

static void every_way_out_of_path_open_is_refused_and_reported(void **state)
{
	static const char *const paths[] = {"esc/secret", "esc", "esc/", "esc/.", "abs/secret",
		"abs", "abs/", "..", "../", "../outside/secret", "dir/../../outside/secret",
		"/etc/passwd", "/", "//", "./../outside/secret", "link/../../outside/secret",
		"../box/file", "dangling"};
	uint32_t fd = 0;
	STATE;

	links(g);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		unsigned int before = g->denials;

		EXPECT(NOTCAPABLE, guest_open(g, BOX, paths[i], 0, READ_RIGHT, &fd));
		assert_int_equal(before + 1, g->denials);
	}
	assert_string_equal("path_open NOTCAPABLE box dangling", g->last_denial);
	EXPECT(NOTCAPABLE, guest_open(g, BOX, "dangling", BV_WASI_OFLAG_CREAT, WRITE_RIGHT, &fd));
	assert_false(host_exists(g, "outside/new"));
}

/* The advisory of 2026: nofollow, and a slash behind a link. */
static void a_slash_behind_a_link_never_leads_outside(void **state)
{
	struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	struct stat st;
	STATE;

	links(g);
	assert_int_equal(0, utimensat(g->root_fd, "outside", old, 0));
	EXPECT(NOTCAPABLE, guest_call(g, "path_filestat_get", BOX, 0u, P(g, "esc/"), OUT));
	EXPECT(NOTCAPABLE,
		guest_call(g, "path_filestat_set_times", BOX, 0u, P(g, "esc/"), UINT64_C(5),
			UINT64_C(5), BV_WASI_TIME_ACCESS | BV_WASI_TIME_MODIFY));
	EXPECT(NOTCAPABLE,
		guest_call(g, "path_open", BOX, 0u, P(g, "esc/"), BV_WASI_OFLAG_DIRECTORY,
			UINT64_C(0), UINT64_C(0), 0u, OUT));
	EXPECT(NOTCAPABLE, guest_call(g, "path_readlink", BOX, P(g, "esc/"), 4096u, 100u, OUT));
	EXPECT(NOTDIR, guest_call(g, "path_unlink_file", BOX, P(g, "esc/")));
	EXPECT(NOTDIR, guest_call(g, "path_remove_directory", BOX, P(g, "esc/")));
	EXPECT(EXIST, guest_call(g, "path_create_directory", BOX, P(g, "esc/")));
	EXPECT(EXIST, guest_call(g, "path_create_directory", BOX, P(g, "dangling/")));
	EXPECT(EXIST, guest_call(g, "path_symlink", P(g, "x"), BOX, P(g, "esc/")));
	EXPECT(NOTDIR, guest_call(g, "path_link", BOX, 0u, P(g, "esc/"), BOX, P(g, "y")));
	EXPECT(EXIST, guest_call(g, "path_link", BOX, 0u, P(g, "file"), BOX, P(g, "esc/")));
	EXPECT(NOTDIR, guest_call(g, "path_rename", BOX, P(g, "esc/"), BOX, P(g, "y")));
	EXPECT(NOTDIR, guest_call(g, "path_rename", BOX, P(g, "dir"), BOX, P(g, "esc/")));
	assert_int_equal(0, fstatat(g->root_fd, "outside", &st, 0));
	assert_int_equal(1000, st.st_mtim.tv_sec);
	assert_false(host_exists(g, "outside/new"));
	assert_true(host_exists(g, "box/esc"));
}

static void names_are_never_acted_on_outside(void **state)
{
	static const char *const parents[] = {"esc/", "abs/", "../outside/", "dir/../../outside/"};
	char path[64];
	STATE;

	links(g);
	for (size_t i = 0; i < 4; i++) {
		uint32_t secret;
		uint32_t len = (uint32_t)snprintf(path, sizeof(path), "%ssecret", parents[i]);

		secret = guest_text(g, path);
		EXPECT(NOTCAPABLE, guest_call(g, "path_unlink_file", BOX, secret, len));
		EXPECT(NOTCAPABLE, guest_call(g, "path_remove_directory", BOX, secret, len));
		EXPECT(NOTCAPABLE, guest_call(g, "path_create_directory", BOX, secret, len));
		EXPECT(NOTCAPABLE, guest_call(g, "path_symlink", P(g, "file"), BOX, secret, len));
		EXPECT(NOTCAPABLE,
			guest_call(g, "path_link", BOX, 0u, secret, len, BOX, P(g, "stolen")));
		EXPECT(NOTCAPABLE,
			guest_call(g, "path_link", BOX, 0u, P(g, "file"), BOX, secret, len));
		EXPECT(NOTCAPABLE, guest_call(g, "path_rename", BOX, secret, len, BOX, P(g, "s")));
		EXPECT(NOTCAPABLE,
			guest_call(g, "path_rename", BOX, P(g, "file"), BOX, secret, len));
		EXPECT(NOTCAPABLE, guest_call(g, "path_filestat_get", BOX, 1u, secret, len, OUT));
		EXPECT(NOTCAPABLE,
			guest_call(g, "path_readlink", BOX, secret, len, 4096u, 9u, OUT));
	}
	assert_int_equal(6, host_size(g, "outside/secret"));
	assert_false(host_exists(g, "box/stolen"));
}

static void dots_are_no_names(void **state)
{
	uint32_t fd = 0;
	STATE;

	links(g);
	EXPECT(INVAL, guest_call(g, "path_remove_directory", BOX, P(g, ".")));
	EXPECT(INVAL, guest_call(g, "path_remove_directory", BOX, P(g, "dir/.")));
	EXPECT(INVAL, guest_call(g, "path_remove_directory", BOX, P(g, "dir/..")));
	EXPECT(NOTCAPABLE, guest_call(g, "path_remove_directory", BOX, P(g, "..")));
	EXPECT(NOTCAPABLE, guest_call(g, "path_create_directory", BOX, P(g, "../")));
	EXPECT(EXIST, guest_call(g, "path_create_directory", BOX, P(g, "dir/./")));
	EXPECT(ISDIR, guest_call(g, "path_unlink_file", BOX, P(g, "dir/.")));
	EXPECT(BUSY, guest_call(g, "path_rename", BOX, P(g, "."), BOX, P(g, "x")));
	EXPECT(NOTCAPABLE, guest_call(g, "path_rename", BOX, P(g, ".."), BOX, P(g, "x")));
	EXPECT(NOENT, guest_call(g, "path_create_directory", BOX, P(g, "none/..")));
	EXPECT(NOENT, guest_call(g, "path_create_directory", BOX, P(g, "")));
	/* Dots that stay inside are fine. */
	EXPECT(SUCCESS, guest_open(g, BOX, "dir/../file", 0, READ_RIGHT, &fd));
	EXPECT(SUCCESS, guest_open(g, BOX, "link/.././dir//", 0, READ_RIGHT, &fd));
	EXPECT(NOTCAPABLE, guest_open(g, fd, "../file", 0, READ_RIGHT, &fd));
}

static void links_lead_nowhere_else(void **state)
{
	uint32_t fd = 0;
	STATE;

	host_mkdir(g, "box/dir");
	EXPECT(NOTCAPABLE, guest_call(g, "path_symlink", P(g, "/etc/passwd"), BOX, P(g, "a")));
	assert_string_equal("path_symlink NOTCAPABLE box /etc/passwd", g->last_denial);
	EXPECT(NOTCAPABLE, guest_call(g, "path_symlink", P(g, "../outside"), BOX, P(g, "a")));
	EXPECT(NOTCAPABLE, guest_call(g, "path_symlink", P(g, "../../x"), BOX, P(g, "dir/a")));
	EXPECT(NOTCAPABLE, guest_call(g, "path_symlink", P(g, "x/../.."), BOX, P(g, "a")));
	assert_false(host_exists(g, "box/a"));
	EXPECT(NOENT, guest_call(g, "path_symlink", P(g, ""), BOX, P(g, "a")));
	EXPECT(NOENT, guest_call(g, "path_symlink", P(g, "x"), BOX, P(g, "a/")));
	EXPECT(SUCCESS, guest_call(g, "path_symlink", P(g, "../file"), BOX, P(g, "dir/up")));
	/* Moved up, its text leads out; the kernel still does not let the guest follow it. */
	EXPECT(SUCCESS, guest_call(g, "path_rename", BOX, P(g, "dir/up"), BOX, P(g, "up")));
	EXPECT(NOTCAPABLE, guest_open(g, BOX, "up", 0, READ_RIGHT, &fd));
	/* Links in a circle end. */
	EXPECT(SUCCESS, guest_call(g, "path_symlink", P(g, "b"), BOX, P(g, "a")));
	EXPECT(SUCCESS, guest_call(g, "path_symlink", P(g, "a"), BOX, P(g, "b")));
	EXPECT(LOOP, guest_open(g, BOX, "a", 0, READ_RIGHT, &fd));
	EXPECT(LOOP, guest_call(g, "path_create_directory", BOX, P(g, "a/x")));
}

static void nofollow_opens_no_link(void **state)
{
	STATE;

	links(g);
	EXPECT(LOOP,
		guest_call(g, "path_open", BOX, 0u, P(g, "link"), 0u, READ_RIGHT, UINT64_C(0), 0u,
			OUT));
	EXPECT(NOTDIR,
		guest_call(g, "path_open", BOX, 0u, P(g, "link"), BV_WASI_OFLAG_DIRECTORY,
			READ_RIGHT, UINT64_C(0), 0u, OUT));
	EXPECT(EXIST,
		guest_call(g, "path_open", BOX, 0u, P(g, "dangling"),
			BV_WASI_OFLAG_CREAT | BV_WASI_OFLAG_EXCL, WRITE_RIGHT, UINT64_C(0), 0u,
			OUT));
	EXPECT(INVAL, guest_call(g, "path_link", BOX, 1u, P(g, "link"), BOX, P(g, "hard")));
	assert_false(host_exists(g, "outside/new"));
}

static void hostile_text_is_refused_before_the_host_sees_it(void **state)
{
	static char longest[BV_WASI_PATH_MAX + 2];
	uint32_t fd = 0;
	uint32_t at;
	STATE;

	links(g);
	at = guest_text(g, "file");
	guest_memory(g, at + 2)[0] = 0;
	EXPECT(INVAL, guest_call(g, "path_unlink_file", BOX, at, 4u));
	EXPECT(ILSEQ, guest_open(g, BOX, "fi\xffle", 0, READ_RIGHT, &fd));
	EXPECT(ILSEQ, guest_open(g, BOX, "\xc0\xae\xc0\xae/outside", 0, READ_RIGHT, &fd));
	memset(longest, 'a', BV_WASI_PATH_MAX + 1);
	EXPECT(NAMETOOLONG, guest_open(g, BOX, longest, 0, READ_RIGHT, &fd));
	longest[256] = '\0';
	EXPECT(NAMETOOLONG, guest_open(g, BOX, longest, 0, READ_RIGHT, &fd));
	EXPECT(NAMETOOLONG,
		guest_call(g, "path_create_directory", BOX, guest_text(g, longest), 256u));
	EXPECT(NAMETOOLONG, guest_call(g, "path_unlink_file", BOX, 0u, 0x10000u));
	EXPECT(FAULT, guest_call(g, "path_unlink_file", BOX, 0xfffffff0u, 0x20u));
	assert_true(host_exists(g, "box/file"));
}

/* ---- read only, write only ---- */

static void a_read_only_directory_is_not_changed_in_any_way(void **state)
{
	uint32_t fd = 0;
	uint32_t dir;
	STATE;

	host_file(g, "ro/file", "12345");
	host_mkdir(g, "ro/dir");
	EXPECT(NOTCAPABLE, guest_open(g, RO, "file", 0, WRITE_RIGHT, &fd));
	EXPECT(NOTCAPABLE, guest_open(g, RO, "file", 0, READ_RIGHT | WRITE_RIGHT, &fd));
	EXPECT(NOTCAPABLE, guest_open(g, RO, "file", BV_WASI_OFLAG_TRUNC, READ_RIGHT, &fd));
	EXPECT(NOTCAPABLE, guest_open(g, RO, "file", BV_WASI_OFLAG_TRUNC, 0, &fd));
	EXPECT(NOTCAPABLE, guest_open(g, RO, "new", BV_WASI_OFLAG_CREAT, READ_RIGHT, &fd));
	EXPECT(NOTCAPABLE, guest_call(g, "path_unlink_file", RO, P(g, "file")));
	EXPECT(NOTCAPABLE, guest_call(g, "path_remove_directory", RO, P(g, "dir")));
	EXPECT(NOTCAPABLE, guest_call(g, "path_create_directory", RO, P(g, "new")));
	EXPECT(NOTCAPABLE, guest_call(g, "path_symlink", P(g, "x"), RO, P(g, "new")));
	EXPECT(NOTCAPABLE, guest_call(g, "path_rename", RO, P(g, "file"), RO, P(g, "new")));
	EXPECT(NOTCAPABLE,
		guest_call(g, "path_filestat_set_times", RO, 0u, P(g, "file"), UINT64_C(1),
			UINT64_C(1), BV_WASI_TIME_MODIFY));
	assert_string_equal("path_filestat_set_times NOTCAPABLE ro file", g->last_denial);
	assert_int_equal(11, g->denials);
	/* Reading it is granted, and gives no way round: not by size, times, or through a
	 * directory. */
	EXPECT(SUCCESS, guest_open(g, RO, "file", 0, ALL_RIGHTS & ~WRITE_RIGHT, &fd));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_write", fd, 0u, 0u, OUT));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_filestat_set_size", fd, UINT64_C(0)));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_allocate", fd, UINT64_C(0), UINT64_C(100)));
	EXPECT(NOTCAPABLE,
		guest_call(g, "fd_filestat_set_times", fd, UINT64_C(1), UINT64_C(1),
			BV_WASI_TIME_MODIFY));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_fdstat_set_rights", fd, ALL_RIGHTS, UINT64_C(0)));
	EXPECT(SUCCESS,
		guest_call(g, "path_open", RO, 0u, P(g, "dir"), BV_WASI_OFLAG_DIRECTORY,
			ALL_RIGHTS & ~WRITE_RIGHT, ALL_RIGHTS, 0u, OUT));
	fd = guest_u32(g, OUT);
	EXPECT(NOTCAPABLE, guest_open(g, fd, "new", BV_WASI_OFLAG_CREAT, READ_RIGHT, &fd));
	EXPECT(NOTCAPABLE, guest_call(g, "path_create_directory", fd, P(g, "new")));
	host_file(g, "ro/dir/inner", "12345");
	dir = fd;
	EXPECT(NOTCAPABLE, guest_open(g, dir, "inner", 0, WRITE_RIGHT, &fd));
	EXPECT(NOTCAPABLE, guest_open(g, dir, "inner", BV_WASI_OFLAG_TRUNC, 0, &fd));
	EXPECT(SUCCESS, guest_open(g, dir, "inner", 0, READ_RIGHT, &fd));
	assert_int_equal(5, host_size(g, "ro/dir/inner"));
	assert_int_equal(5, host_size(g, "ro/file"));
	assert_false(host_exists(g, "ro/new"));
	assert_false(host_exists(g, "ro/dir/new"));
}

static void nothing_is_linked_or_moved_out_of_a_read_only_directory(void **state)
{
	STATE;

	host_file(g, "ro/file", "12345");
	host_file(g, "box/file", "1");
	EXPECT(NOTCAPABLE, guest_call(g, "path_link", RO, 0u, P(g, "file"), BOX, P(g, "hard")));
	assert_string_equal("path_link NOTCAPABLE ro file", g->last_denial);
	EXPECT(NOTCAPABLE, guest_call(g, "path_rename", RO, P(g, "file"), BOX, P(g, "moved")));
	EXPECT(NOTCAPABLE, guest_call(g, "path_link", BOX, 0u, P(g, "file"), RO, P(g, "hard")));
	assert_string_equal("path_link NOTCAPABLE ro hard", g->last_denial);
	EXPECT(NOTCAPABLE, guest_call(g, "path_rename", BOX, P(g, "file"), RO, P(g, "moved")));
	assert_false(host_exists(g, "box/hard"));
	assert_false(host_exists(g, "box/moved"));
	assert_true(host_exists(g, "box/file"));
	assert_true(host_exists(g, "ro/file"));
}

static void what_may_only_be_written_does_not_become_readable(void **state)
{
	uint32_t fd = 0;
	STATE;

	host_file(g, "wo/file", "secret");
	EXPECT(NOTCAPABLE, guest_open(g, WO, "file", 0, READ_RIGHT, &fd));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_readdir", WO, 4096u, 100u, UINT64_C(0), OUT));
	EXPECT(NOTCAPABLE, guest_call(g, "path_link", WO, 0u, P(g, "file"), BOX, P(g, "file")));
	EXPECT(NOTCAPABLE, guest_call(g, "path_rename", WO, P(g, "file"), BOX, P(g, "file")));
	EXPECT(SUCCESS, guest_open(g, WO, "file", 0, WRITE_RIGHT, &fd));
	EXPECT(NOTCAPABLE, guest_call(g, "fd_read", fd, 0u, 0u, OUT));
	assert_false(host_exists(g, "box/file"));
	/* The other way nothing widens. */
	host_file(g, "box/mine", "m");
	EXPECT(SUCCESS, guest_call(g, "path_rename", BOX, P(g, "mine"), WO, P(g, "mine")));
	assert_true(host_exists(g, "wo/mine"));
}

static void only_files_and_directories_are_opened(void **state)
{
	uint32_t fd = 0;
	STATE;

	assert_int_equal(0, mkfifoat(g->root_fd, "box/pipe", 0666));
	EXPECT(ACCES, guest_open(g, BOX, "pipe", 0, READ_RIGHT, &fd));
	EXPECT(ACCES, guest_open(g, BOX, "pipe", 0, WRITE_RIGHT, &fd));
	EXPECT(ACCES, guest_open(g, BOX, "pipe", BV_WASI_OFLAG_CREAT, WRITE_RIGHT, &fd));
	assert_string_equal("path_open ACCES box pipe", g->last_denial);
	if (mknodat(g->root_fd, "box/null", S_IFCHR | 0666, 0x103) == 0)
		EXPECT(ACCES, guest_open(g, BOX, "null", 0, READ_RIGHT, &fd));
	else
		print_message("SKIP: no device can be made here; only the pipe was tried\n");
}

static void creating_through_links_stays_inside(void **state)
{
	uint32_t fd = 0;
	STATE;

	links(g);
	host_symlink(g, "dir/made", "box/inner");
	EXPECT(SUCCESS, guest_open(g, BOX, "inner", BV_WASI_OFLAG_CREAT, WRITE_RIGHT, &fd));
	assert_true(host_exists(g, "box/dir/made"));
	EXPECT(NOTCAPABLE, guest_open(g, BOX, "esc/new", BV_WASI_OFLAG_CREAT, WRITE_RIGHT, &fd));
	EXPECT(ISDIR, guest_open(g, BOX, "made/", BV_WASI_OFLAG_CREAT, WRITE_RIGHT, &fd));
	EXPECT(INVAL,
		guest_open(g, BOX, "made", BV_WASI_OFLAG_CREAT | BV_WASI_OFLAG_DIRECTORY, 0, &fd));
	assert_false(host_exists(g, "outside/new"));
	assert_false(host_exists(g, "box/made"));
}

/* A host thread turns a directory into a link that leads out, and back, while the guest opens,
 * makes and removes through it. */
struct race {
	struct guest *guest;
	volatile bool stop;
};

static void *swap(void *user)
{
	struct race *race = user;
	int root = race->guest->root_fd;

	while (!race->stop) {
		renameat2(root, "box/dir", root, "box/esc", RENAME_EXCHANGE);
		sched_yield();
	}
	return NULL;
}

static void a_race_of_renames_never_wins(void **state)
{
	struct race race = {.guest = *state};
	unsigned int inside = 0;
	unsigned int refused = 0;
	pthread_t thread;
	uint32_t fd = 0;
	STATE;

	links(g);
	host_file(g, "box/dir/secret", "mine");
	assert_int_equal(0, pthread_create(&thread, NULL, swap, &race));
	for (int i = 0; i < 3000; i++) {
		uint32_t error = guest_open(g, BOX, "dir/secret", 0, ALL_RIGHTS, &fd);

		if (!error) {
			inside++;
			EXPECT(SUCCESS, guest_call(g, "fd_filestat_get", fd, OUT));
			assert_int_equal(4, guest_u64(g, OUT + 32));
			EXPECT(SUCCESS, guest_call(g, "fd_close", fd));
		} else {
			refused++;
			assert_true(error == BV_WASI_NOTCAPABLE || error == BV_WASI_AGAIN);
		}
		guest_call(g, "path_create_directory", BOX, P(g, "dir/made"));
		guest_call(g, "path_remove_directory", BOX, P(g, "dir/made/"));
		guest_open(g, BOX, "dir/new", BV_WASI_OFLAG_CREAT, WRITE_RIGHT, &fd);
		guest_call(g, "fd_close", fd);
		guest_call(g, "path_unlink_file", BOX, P(g, "dir/new"));
		guest_call(g, "path_unlink_file", BOX, P(g, "esc/secret-none"));
		assert_false(host_exists(g, "outside/made"));
		assert_false(host_exists(g, "outside/new"));
	}
	race.stop = true;
	pthread_join(thread, NULL);
	print_message("%u inside, %u refused\n", inside, refused);
	assert_true(inside > 0);
	assert_true(refused > 0);
	assert_int_equal(6, host_size(g, "outside/secret"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_way_out_of_path_open_is_refused_and_reported),
		TEST(a_slash_behind_a_link_never_leads_outside),
		TEST(names_are_never_acted_on_outside),
		TEST(dots_are_no_names),
		TEST(links_lead_nowhere_else),
		TEST(nofollow_opens_no_link),
		TEST(hostile_text_is_refused_before_the_host_sees_it),
		TEST(a_read_only_directory_is_not_changed_in_any_way),
		TEST(nothing_is_linked_or_moved_out_of_a_read_only_directory),
		TEST(what_may_only_be_written_does_not_become_readable),
		TEST(only_files_and_directories_are_opened),
		TEST(creating_through_links_stays_inside),
		TEST(a_race_of_renames_never_wins),
	};

	return cmocka_run_group_tests_name("wasi-path", tests, NULL, NULL);
}
