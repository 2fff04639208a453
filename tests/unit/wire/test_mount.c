/* SPDX-License-Identifier: MIT
 *
 * The table of a private view: what is written is read back, and a block that is anything but a
 * sound table is refused.
 */
#include "unit.h"

#include "wire/mount.h"

static const struct wire_mount root = {.kind = WIRE_MOUNT_TMPFS,
	.flags = WIRE_MOUNT_RESTRICTIONS,
	.mode = 0755,
	.size_bytes = 65536,
	.destination = "/",
	.source = ""};

static struct wire_mount bind(const char *destination, const char *source)
{
	return (struct wire_mount){.kind = WIRE_MOUNT_BIND,
		.flags = WIRE_MOUNT_READ_ONLY | WIRE_MOUNT_NESTED,
		.device_major = 8,
		.device_minor = 1,
		.inode = UINT64_MAX,
		.type = 0040000,
		.rights = 3,
		.destination = destination,
		.source = source};
}

static struct bv_bytes table(uint8_t *data, size_t size, const struct wire_mount *mounts,
	size_t count)
{
	struct wire_writer w = wire_writer(data, size);
	size_t expected = 0;

	for (size_t i = 0; i < count; i++) {
		wire_mount_put(&w, &mounts[i]);
		expected += wire_mount_size(&mounts[i]);
	}
	assert_true(w.ok);
	assert_int_equal(w.at, expected);
	return bv_bytes(data, w.at);
}

static bool sound(const struct wire_mount *second)
{
	const struct wire_mount mounts[] = {root, *second};
	uint8_t data[1024];

	return wire_mounts_sound(table(data, sizeof(data), mounts, 2), 2);
}

static void a_table_comes_back_as_it_was(void **state)
{
	const struct wire_mount mounts[] = {root, bind("/usr", "/usr")};
	struct wire_mount got;
	struct wire_reader r;
	uint8_t data[1024];
	struct bv_bytes block = table(data, sizeof(data), mounts, 2);

	(void)state;
	assert_true(wire_mounts_sound(block, 2));
	r = wire_reader(block);
	assert_true(wire_mount_next(&r, &got));
	assert_string_equal(got.destination, "/");
	assert_true(got.size_bytes == 65536 && got.mode == 0755);
	assert_true(wire_mount_next(&r, &got));
	assert_string_equal(got.source, "/usr");
	assert_true(got.flags == mounts[1].flags && got.inode == UINT64_MAX && got.rights == 3 &&
		got.device_major == 8 && got.device_minor == 1 && got.type == 0040000);
	assert_false(wire_mount_next(&r, &got));
	assert_true(wire_end(&r));
}

static void every_cut_table_is_refused(void **state)
{
	const struct wire_mount mounts[] = {root, bind("/usr", "/usr")};
	uint8_t data[1024], *map = edge_open();
	struct bv_bytes block = table(data, sizeof(data), mounts, 2);

	(void)state;
	for (size_t cut = 0; cut < block.len; cut++)
		assert_false(wire_mounts_sound(bv_bytes(edge_put(map, data, cut), cut), 2));
	assert_false(wire_mounts_sound(block, 1) || wire_mounts_sound(block, 3));
	edge_close(map);
}

static void a_path_can_be_read_in_one_way_only(void **state)
{
	static const char *const paths[] = {"", "usr", "//", "/usr/", "/usr//bin", "/.", "/..",
		"/usr/..", "/usr/../etc", "/usr/./bin"};
	struct wire_mount mount;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		mount = bind(paths[i], "/usr");
		assert_false(sound(&mount));
		mount = bind("/usr", paths[i]);
		assert_false(sound(&mount));
	}
	mount = bind("/a/..b", "/.c/d..");
	assert_true(sound(&mount));
}

static void the_root_is_first_and_there_is_one(void **state)
{
	struct wire_mount mounts[] = {bind("/usr", "/usr"), root};
	struct wire_mount second = bind("/", "/");
	uint8_t data[1024];

	(void)state;
	assert_false(wire_mounts_sound(table(data, sizeof(data), mounts, 2), 2));
	assert_false(sound(&second));
	mounts[0] =
		(struct wire_mount){.kind = WIRE_MOUNT_DIRECTORY, .destination = "/", .source = ""};
	assert_false(wire_mounts_sound(table(data, sizeof(data), mounts, 1), 1));
}

/* To tmpfs a size of zero is no limit. */
static void a_tmpfs_has_a_size(void **state)
{
	struct wire_mount mount = root;

	(void)state;
	mount.destination = "/tmp";
	assert_true(sound(&mount));
	mount.size_bytes = WIRE_MOUNT_TMPFS_MIN - 1;
	assert_false(sound(&mount));
	mount.size_bytes = 0;
	assert_false(sound(&mount));
	mount.size_bytes = 65536;
	mount.mode = 04755;
	assert_false(sound(&mount));
}

/* What is in the store comes behind it, and it right behind the root. */
static void the_store_is_second_and_there_is_one(void **state)
{
	struct wire_mount store = {.kind = WIRE_MOUNT_STORE,
		.flags = WIRE_MOUNT_NO_DEV,
		.mode = 0755,
		.size_bytes = 8192,
		.destination = "/",
		.source = ""};
	struct wire_mount stored = {.kind = WIRE_MOUNT_STORED,
		.mode = 0700,
		.destination = "/tmp",
		.source = "t"};
	struct wire_mount mounts[] = {root, store, stored, bind("/usr", "/usr")};
	struct bv_bytes block;
	uint8_t data[1024];

	(void)state;
	mounts[3].kind = WIRE_MOUNT_OVERLAY;
	mounts[3].layer = 7;
	block = table(data, sizeof(data), mounts, 4);
	assert_true(wire_mounts_sound(block, 4));
	assert_int_equal(wire_mounts_store(block), 8192);
	assert_false(sound(&stored) || sound(&mounts[3]));
	mounts[2].source = "a/b";
	assert_false(wire_mounts_sound(table(data, sizeof(data), mounts, 4), 4));
	mounts[2].source = "..";
	assert_false(wire_mounts_sound(table(data, sizeof(data), mounts, 4), 4));
	mounts[2] = store;
	assert_false(wire_mounts_sound(table(data, sizeof(data), mounts, 4), 4));
	mounts[2] = stored;
	mounts[1] = stored;
	assert_false(wire_mounts_sound(table(data, sizeof(data), mounts, 4), 4));
	mounts[1] = store;
	mounts[1].size_bytes = 0;
	assert_false(wire_mounts_sound(table(data, sizeof(data), mounts, 4), 4));
	assert_int_equal(wire_mounts_store(table(data, sizeof(data), mounts, 1)), 0);
}

static void a_layer_has_one_name(void **state)
{
	char name[WIRE_LAYER_NAME_MAX];

	(void)state;
	wire_layer_name('u', 0, name);
	assert_string_equal(name, "u0");
	wire_layer_name('w', UINT32_MAX, name);
	assert_string_equal(name, "w4294967295");
}

static void a_path_is_within_itself_and_what_is_above(void **state)
{
	(void)state;
	assert_true(wire_path_within("/usr", "/") && wire_path_within("/usr", "/usr") &&
		wire_path_within("/usr/bin", "/usr"));
	assert_false(wire_path_within("/usrx", "/usr") || wire_path_within("/", "/usr") ||
		wire_path_within("/us", "/usr"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_comes_back_as_it_was),
		cmocka_unit_test(every_cut_table_is_refused),
		cmocka_unit_test(a_path_can_be_read_in_one_way_only),
		cmocka_unit_test(the_root_is_first_and_there_is_one),
		cmocka_unit_test(a_tmpfs_has_a_size),
		cmocka_unit_test(the_store_is_second_and_there_is_one),
		cmocka_unit_test(a_layer_has_one_name),
		cmocka_unit_test(a_path_is_within_itself_and_what_is_above),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
