/* SPDX-License-Identifier: MIT
 *
 * Planning a private view. What is granted appears where it was granted, and nothing else does,
 * but for what makes programs run: the program itself, an empty working directory, a /proc of the
 * run's own, five devices, and those links in the host's root that lead into a grant (/bin, /lib64
 * and their like, where /usr holds everything).
 *
 * Grants add up, as they do under Landlock: what lies in a granted tree and is granted again has
 * the rights of both.
 */
#include "view.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fail.h"
#include "run.h"
#include "sys/uapi.h"

#define VIEW_BYTES_MAX ((size_t)16 << 20)
#define VIEW_PAGE 4096

static int view_no_memory(struct bv_error *err)
{
	return bv_fail(err, BV_E_NO_MEMORY, "capabilities.filesystem", "no memory for a view");
}

/* An entry with its strings copied; NULL when there is no memory or no room. */
static struct view_entry *view_add(struct view *view, enum view_origin origin,
	enum wire_mount_kind kind, const char *destination, const char *source)
{
	struct view_entry *entry = &view->entries[view->count];

	if (view->count == WIRE_MOUNTS_MAX)
		return NULL;
	*entry = (struct view_entry){.origin = origin,
		.mount = {.kind = kind,
			.destination = bv_arena_str(view->arena, destination),
			.source = bv_arena_str(view->arena, source)}};
	if (!entry->mount.destination || !entry->mount.source)
		return NULL;
	view->count++;
	return entry;
}

static void view_identify(struct wire_mount *mount, const struct stat *st)
{
	mount->device_major = major(st->st_dev);
	mount->device_minor = minor(st->st_dev);
	mount->inode = st->st_ino;
	mount->type = st->st_mode & S_IFMT;
}

/* Where the descriptor's object is, by a path without links. */
static bool view_real_path(int fd, char path[PATH_MAX])
{
	char link[32];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, PATH_MAX - 1);
	path[len > 0 ? len : 0] = 0;
	return path[0] == '/';
}

/* Some granted path holds this one, or lies beneath it. */
static bool view_touches_grant(const struct bv_spec *spec, const char *path)
{
	for (size_t i = 0; i < spec->grant_count; i++)
		if (wire_path_within(path, spec->grants[i].path) ||
			wire_path_within(spec->grants[i].path, path))
			return true;
	return false;
}

static bool view_beneath_link(const struct view *view, const char *path)
{
	for (size_t i = 0; i < view->links; i++)
		if (wire_path_within(path, view->entries[i].mount.destination))
			return true;
	return false;
}

/* Strictly beneath: a grant is not beneath itself. */
static bool view_beneath_grant(const struct bv_spec *spec, const char *path)
{
	for (size_t i = 0; i < spec->grant_count; i++)
		if (wire_path_within(path, spec->grants[i].path) &&
			strcmp(path, spec->grants[i].path) != 0)
			return true;
	return false;
}

/* A path appears as it was written, unless links of the view lead elsewhere on the way: then
 * it is where they lead, and the links find it. */
static const char *view_place(const struct execution *run, const char *path, const char *real)
{
	if (strcmp(path, real) == 0)
		return path;
	return view_beneath_link(&run->view, path) || view_beneath_grant(run->spec, path) ? real
											  : path;
}

static int view_link(struct execution *run, int root, const char *name, struct bv_error *err)
{
	char target[PATH_MAX], path[PATH_MAX], absolute[PATH_MAX + 1];
	ssize_t len = readlinkat(root, name, target, sizeof(target) - 1);

	if (len <= 0)
		return 0;
	target[len] = 0;
	snprintf(path, sizeof(path), "/%.255s", name);
	snprintf(absolute, sizeof(absolute), "%s%s", target[0] == '/' ? "" : "/", target);
	if (strstr(absolute, "/.") || strstr(absolute, "//") ||
		!view_touches_grant(run->spec, absolute))
		return 0;
	if (!view_add(&run->view, VIEW_OWN, WIRE_MOUNT_SYMLINK, path, target))
		return view_no_memory(err);
	run->view.links = run->view.count;
	return 0;
}

static int view_links(struct execution *run, struct bv_error *err)
{
	DIR *root = opendir("/");
	struct dirent *entry;
	int code = 0;

	if (!root)
		return bv_fail_os(err, BV_E_OS, errno, "capabilities.filesystem",
			"the root cannot be listed");
	while (!code && (entry = readdir(root)))
		if (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN)
			code = view_link(run, dirfd(root), entry->d_name, err);
	closedir(root);
	return code;
}

static bool view_grants(const struct bv_spec *spec, const char *path)
{
	for (size_t i = 0; i < spec->grant_count; i++)
		if (strcmp(spec->grants[i].path, path) == 0)
			return true;
	return false;
}

int view_begin(struct execution *run, struct bv_error *err)
{
	struct view *view = &run->view;
	struct view_entry *root;
	int code;

	view->block.max = VIEW_BYTES_MAX;
	view->arena = bv_arena_new(VIEW_BYTES_MAX);
	if (!view->arena)
		return view_no_memory(err);
	view->entries = malloc(WIRE_MOUNTS_MAX * sizeof(view->entries[0]));
	view->pins = malloc(WIRE_MOUNTS_MAX * sizeof(view->pins[0]));
	if (!view->entries || !view->pins)
		return view_no_memory(err);
	if (view_grants(run->spec, "/"))
		return 0;
	/* The links first: whatever is placed asks where they lead. */
	code = view_links(run, err);
	if (code)
		return code;
	root = view_add(view, VIEW_ROOT, WIRE_MOUNT_TMPFS, "/", "");
	if (!root)
		return view_no_memory(err);
	root->mount.flags = WIRE_MOUNT_RESTRICTIONS;
	root->mount.mode = 0755;
	root->mount.rights = run->choice.rights_own;
	return 0;
}

/* A device, a pipe or a socket that is granted by itself is written to on a read-only mount as
 * well, and stays what and whose it is. */
static uint32_t view_restrictions(const char *path, uint32_t access, const struct stat *st)
{
	bool special = !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode);
	bool devices =
		S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode) || wire_path_within(path, "/dev");
	uint32_t flags = devices ? 0 : WIRE_MOUNT_NO_DEV;

	if (special || !(access & BV_WRITE))
		flags |= WIRE_MOUNT_READ_ONLY;
	if (!(access & BV_EXECUTE))
		flags |= WIRE_MOUNT_NO_EXEC;
	return flags;
}

static int view_add_bind(struct execution *run, enum view_origin origin, const char *path, int fd,
	uint32_t access, struct bv_error *err)
{
	struct view_entry *entry;
	char real[PATH_MAX];
	struct stat st;

	if (fstat(fd, &st))
		return bv_fail_os(err, BV_E_OS, errno, "capabilities.filesystem", "'%s'", path);
	if (!view_real_path(fd, real))
		snprintf(real, sizeof(real), "%s", path);
	entry = view_add(&run->view, origin, WIRE_MOUNT_BIND, view_place(run, path, real), real);
	if (!entry)
		return view_no_memory(err);
	view_identify(&entry->mount, &st);
	entry->mount.flags = view_restrictions(path, access, &st);
	entry->everybodys = mapped_needless(st.st_mode);
	return 0;
}

int view_grant(struct execution *run, const char *path, uint32_t access, int take_fd,
	struct bv_error *err)
{
	struct view *view = &run->view;
	bool root = strcmp(path, "/") == 0;

	if (view->pin_count == WIRE_MOUNTS_MAX) {
		close(take_fd);
		return view_no_memory(err);
	}
	view->pins[view->pin_count++] = take_fd;
	return view_add_bind(run, root ? VIEW_ROOT : VIEW_GRANT, path, take_fd, access, err);
}

/* What the host's nodes are, so that only these are shown. */
static const struct view_device {
	const char *path;
	unsigned int minor; /* of major 1, drivers/char/mem.c */
	bool writable;
} view_devices[] = {
	{"/dev/null", 3, true},
	{"/dev/zero", 5, true},
	{"/dev/full", 7, true},
	{"/dev/random", 8, false},
	{"/dev/urandom", 9, false},
};

static int view_device(struct execution *run, const struct view_device *device,
	struct bv_error *err)
{
	struct view_entry *entry;
	struct stat st;

	if (lstat(device->path, &st) || !S_ISCHR(st.st_mode) ||
		st.st_rdev != makedev(1, device->minor))
		return 0;
	entry = view_add(&run->view, VIEW_OWN, WIRE_MOUNT_BIND, device->path, device->path);
	if (!entry)
		return view_no_memory(err);
	view_identify(&entry->mount, &st);
	entry->mount.flags = WIRE_MOUNT_READ_ONLY | WIRE_MOUNT_NO_EXEC;
	entry->mount.rights = BV_LANDLOCK_FS_READ_FILE |
		(device->writable ? BV_LANDLOCK_FS_WRITE_FILE | BV_LANDLOCK_FS_TRUNCATE : 0);
	entry->mount.rights &= run->choice.handled_fs;
	return 0;
}

static int view_own(struct execution *run, struct bv_error *err)
{
	static const char *const links[][2] = {{"/dev/fd", "/proc/self/fd"},
		{"/dev/stdin", "/proc/self/fd/0"}, {"/dev/stdout", "/proc/self/fd/1"},
		{"/dev/stderr", "/proc/self/fd/2"}};
	struct view_entry *entry;
	int code = 0;

	for (size_t i = 0; !code && i < sizeof(view_devices) / sizeof(view_devices[0]); i++)
		code = view_device(run, &view_devices[i], err);
	if (code || !run->choice.proc)
		return code;
	entry = view_add(&run->view, VIEW_OWN, WIRE_MOUNT_PROC, "/proc", "");
	if (!entry)
		return view_no_memory(err);
	entry->mount.flags = WIRE_MOUNT_RESTRICTIONS;
	entry->mount.rights =
		(BV_LANDLOCK_FS_READ_FILE | BV_LANDLOCK_FS_READ_DIR) & run->choice.handled_fs;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (!view_add(&run->view, VIEW_OWN, WIRE_MOUNT_SYMLINK, links[i][0], links[i][1]))
			return view_no_memory(err);
	return 0;
}

/* A grant of everything shows no device, but those of /dev. */
static int view_all_devices(struct execution *run, struct bv_error *err)
{
	for (size_t i = 0; i < run->spec->grant_count; i++) {
		const struct bv_grant *grant = &run->spec->grants[i];
		int fd;

		if (strcmp(grant->path, "/") != 0)
			continue;
		fd = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
		return fd < 0 ? 0 : view_grant(run, "/dev", grant->access, fd, err);
	}
	return 0;
}

static int view_program(struct execution *run, struct bv_error *err)
{
	const struct program *program = &run->program;
	int code = view_add_bind(run, VIEW_PROGRAM, program->image.path, program->image.fd,
		BV_READ | BV_EXECUTE, err);

	if (!code) {
		struct view_entry *entry = &run->view.entries[run->view.count - 1];

		entry->through = run->choice.modes || run->choice.mapped;
		run->view.program = entry->mount.destination;
	}
	if (!code && program->script.fd >= 0)
		code = view_add_bind(run, VIEW_PROGRAM, program->script.path, program->script.fd,
			BV_READ, err);
	return code;
}

static int view_directory(struct execution *run, struct bv_error *err)
{
	const char *path = run->spec->workload.directory;
	char real[PATH_MAX];

	if (strcmp(path, "/") == 0)
		return 0;
	if (!view_real_path(run->directory, real))
		snprintf(real, sizeof(real), "%s", path);
	if (!view_add(&run->view, VIEW_DIRECTORY, WIRE_MOUNT_DIRECTORY, view_place(run, path, real),
		    ""))
		return view_no_memory(err);
	return 0;
}

/* By path, with what is beneath right behind; then by origin. */
static int view_order(const void *a, const void *b)
{
	const struct view_entry *x = a, *y = b;
	const unsigned char *p = (const unsigned char *)x->mount.destination;
	const unsigned char *q = (const unsigned char *)y->mount.destination;

	while (*p && *p == *q) {
		p++;
		q++;
	}
	if (*p == *q)
		return (int)x->origin - (int)y->origin;
	if (!*p || !*q)
		return *p ? 1 : -1;
	return (*p == '/' ? 1 : *p + 1) - (*q == '/' ? 1 : *q + 1);
}

/* The temporary root is no such tree: mount points are made in it as they are in the root. */
static bool view_is_tree(const struct wire_mount *mount)
{
	return mount->kind == WIRE_MOUNT_PROC || mount->kind == WIRE_MOUNT_OVERLAY ||
		(mount->kind == WIRE_MOUNT_BIND && mount->type == S_IFDIR);
}

/* The tree that is there already shows the same object at this place. */
static bool view_same_place(const struct wire_mount *mount, const struct wire_mount *above)
{
	size_t at = strcmp(above->destination, "/") == 0 ? 0 : strlen(above->destination);
	size_t from = strcmp(above->source, "/") == 0 ? 0 : strlen(above->source);

	return above->kind == WIRE_MOUNT_BIND && strncmp(mount->source, above->source, from) == 0 &&
		strcmp(mount->source + from, mount->destination + at) == 0;
}

/* Whether an entry in a tree that was bound is needed at all; if so it is nested. */
static bool view_nest(struct view_entry *entry, const struct wire_mount *above)
{
	if (entry->origin == VIEW_OWN || entry->origin == VIEW_DIRECTORY)
		return false;
	/* What is executed through the view is not so where nothing may be. */
	if (entry->origin == VIEW_PROGRAM && view_same_place(&entry->mount, above) &&
		!(entry->through && (above->flags & WIRE_MOUNT_NO_EXEC)))
		return false;
	if (entry->origin == VIEW_GRANT)
		entry->mount.flags &= above->flags | ~WIRE_MOUNT_RESTRICTIONS;
	if (entry->origin == VIEW_GRANT &&
		!(~entry->mount.flags & above->flags & WIRE_MOUNT_RESTRICTIONS) &&
		view_same_place(&entry->mount, above))
		return false;
	entry->mount.flags |= WIRE_MOUNT_NESTED;
	return true;
}

/* Links go last, see wire/mount.h. */
static void view_links_last(struct view *view)
{
	struct view_entry links[WIRE_MOUNTS_MAX / 8];
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < view->count; i++)
		if (view->entries[i].mount.kind != WIRE_MOUNT_SYMLINK)
			view->entries[kept++] = view->entries[i];
		else if (count < sizeof(links) / sizeof(links[0]))
			links[count++] = view->entries[i];
	memcpy(view->entries + kept, links, count * sizeof(links[0]));
	view->count = kept + count;
}

/* Texts may differ and lead to one place, by the links of the host's root. */
static bool view_differ(const struct view_entry *a, const struct view_entry *b)
{
	return a->mount.kind != b->mount.kind || strcmp(a->mount.source, b->mount.source) != 0;
}

/* In order, what is at one place or in one tree becomes one. `above` holds, for each entry that
 * stays, the innermost tree it lies in. */
static int view_fold(struct view *view, struct bv_error *err)
{
	const struct wire_mount *trees[WIRE_MOUNTS_MAX];
	size_t depth = 0, kept = 0;

	for (size_t i = 0; i < view->count; i++) {
		struct view_entry entry = view->entries[i];
		struct view_entry *last = kept ? &view->entries[kept - 1] : NULL;

		if (last && strcmp(last->mount.destination, entry.mount.destination) == 0) {
			if (entry.origin <= VIEW_EXPOSED && view_differ(&entry, last))
				return bv_fail(err, BV_E_INVALID, "controls",
					"'%s' would have to show two things",
					entry.mount.destination);
			if (entry.origin == last->origin)
				last->mount.flags &= entry.mount.flags | ~WIRE_MOUNT_RESTRICTIONS;
			continue;
		}
		while (depth &&
			!wire_path_within(entry.mount.destination, trees[depth - 1]->destination))
			depth--;
		if (depth && !view_nest(&entry, trees[depth - 1]))
			continue;
		view->entries[kept] = entry;
		if (view_is_tree(&entry.mount))
			trees[depth++] = &view->entries[kept].mount;
		kept++;
	}
	view->count = kept;
	return 0;
}

/* The host's devices are everybody's, and stay as they are. */
static void view_map(struct view *view)
{
	for (size_t i = 0; i < view->count; i++) {
		struct wire_mount *mount = &view->entries[i].mount;

		if (mount->kind == WIRE_MOUNT_TMPFS || mount->kind == WIRE_MOUNT_STORED)
			mount->flags |= WIRE_MOUNT_OWNED;
		if (mount->kind == WIRE_MOUNT_BIND && view->entries[i].origin != VIEW_OWN &&
			!view->entries[i].everybodys)
			mount->flags |= WIRE_MOUNT_MAPPED;
	}
}

static int view_encode(struct execution *run, struct bv_error *err)
{
	struct view *view = &run->view;
	uint64_t words = 64;
	size_t size = 0;
	struct wire_writer w;

	if (run->choice.mapped)
		view_map(view);
	for (size_t i = 0; i < view->count; i++) {
		const struct wire_mount *mount = &view->entries[i].mount;

		for (const char *at = mount->destination; *at; at++)
			words += *at == '/';
		size += wire_mount_size(mount);
		if (view->entries[i].origin == VIEW_DIRECTORY)
			view->own_directory = true;
	}
	/* Each word of a path may be an object of the root's own. */
	if (view->entries[0].mount.kind == WIRE_MOUNT_TMPFS)
		view->entries[0].mount.size_bytes = words * VIEW_PAGE;
	if (strcmp(run->spec->workload.directory, "/") == 0)
		view->own_directory = true;
	view->block.data = malloc(size);
	if (!view->block.data)
		return view_no_memory(err);
	w = wire_writer(view->block.data, size);
	for (size_t i = 0; i < view->count; i++)
		wire_mount_put(&w, &view->entries[i].mount);
	view->block.len = view->block.capacity = w.at;
	view->mounts = (uint32_t)view->count;
	return 0;
}

/* What is to appear at a path of its own. In the way of a link of the view it is where that leads.
 */
static int view_destination_of(struct execution *run, const char *path, char ret[PATH_MAX],
	struct bv_error *err)
{
	const struct wire_mount *link = NULL;

	for (size_t i = 0; i < run->view.links; i++)
		if (wire_path_within(path, run->view.entries[i].mount.destination))
			link = &run->view.entries[i].mount;
	if (snprintf(ret, PATH_MAX, "%s%s%s", link && link->source[0] != '/' ? "/" : "",
		    link ? link->source : "",
		    path + (link ? strlen(link->destination) : 0)) < PATH_MAX)
		return 0;
	return bv_fail(err, BV_E_LIMIT, "controls", "'%s' leads to a path that is too long", path);
}

/* A bind's source, identified like it. What it is granted is granted of the overlay. */
static int view_overlay(struct execution *run, const struct bv_exposure *exposure,
	struct wire_mount *mount, struct bv_error *err)
{
	mount->kind = WIRE_MOUNT_OVERLAY;
	mount->layer = run->view.layers++;
	mount->rights = choice_rights(&run->choice, run->spec, exposure->access, true);
	return overlay_check(exposure, mount, err);
}

int view_expose(struct execution *run, const struct bv_exposure *exposure, int take_fd,
	struct bv_error *err)
{
	char path[PATH_MAX];
	size_t at = run->view.count;
	struct view_entry *entry;
	int code = view_destination_of(run, exposure->destination, path, err);

	if (code) {
		close(take_fd);
		return code;
	}
	code = view_grant(run, exposure->source, exposure->access, take_fd, err);
	if (code)
		return code;
	entry = &run->view.entries[at];
	entry->origin = VIEW_EXPOSED;
	entry->mount.destination = bv_arena_str(run->view.arena, path);
	if (!entry->mount.destination)
		return view_no_memory(err);
	return exposure->overlay ? view_overlay(run, exposure, &entry->mount, err) : 0;
}

int view_store(struct execution *run, const char *path, const char *name, uint32_t mode,
	struct bv_error *err)
{
	struct view_entry *entry;
	char place[PATH_MAX];
	int code = view_destination_of(run, path, place, err);

	if (code)
		return code;
	entry = view_add(&run->view, VIEW_EXPOSED, WIRE_MOUNT_STORED, place, name);
	if (!entry)
		return view_no_memory(err);
	entry->mount.flags = WIRE_MOUNT_NO_EXEC | WIRE_MOUNT_NO_DEV;
	entry->mount.mode = mode;
	entry->mount.rights = choice_rights(&run->choice, run->spec, BV_READ | BV_WRITE, true);
	return 0;
}

/* Behind the root, which is the first in the order that is final by now. */
static int view_make_store(struct execution *run, struct bv_error *err)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t size = choice_storage(&run->choice, run->spec);
	struct view *view = &run->view;
	struct view_entry store, *last;

	if (!run->choice.store)
		return 0;
	if (size < page)
		return bv_fail(err, BV_E_LIMIT, "budgets.storage",
			"%llu bytes are less than a page of storage", (unsigned long long)size);
	last = view_add(view, VIEW_ROOT, WIRE_MOUNT_STORE, "/", "");
	if (!last)
		return view_no_memory(err);
	last->mount.flags = WIRE_MOUNT_NO_EXEC | WIRE_MOUNT_NO_DEV;
	last->mount.mode = 0755;
	/* The kernel would round up. */
	last->mount.size_bytes = size / page * page;
	store = *last;
	memmove(view->entries + 2, view->entries + 1, (view->count - 2) * sizeof(store));
	view->entries[1] = store;
	return 0;
}

/* The child makes the view over the root, so that a copy of the root would have the view in it:
 * only the one that everything else is put into is made before. */
static int view_root_once(const struct view *view, struct bv_error *err)
{
	for (size_t i = 0; i < view->count; i++) {
		const struct view_entry *entry = &view->entries[i];

		if ((entry->mount.kind == WIRE_MOUNT_BIND ||
			    entry->mount.kind == WIRE_MOUNT_OVERLAY) &&
			strcmp(entry->mount.source, "/") == 0 &&
			strcmp(entry->mount.destination, "/") != 0)
			return bv_fail(err, BV_E_INVALID,
				entry->origin == VIEW_EXPOSED ? "controls.expose_paths"
							      : "capabilities.filesystem",
				"the root cannot be shown at '%.40s', nor overlaid; name the "
				"directories of it that are needed, or grant \"/\" itself",
				entry->mount.destination);
	}
	return 0;
}

int view_finish(struct execution *run, struct bv_error *err)
{
	struct view *view = &run->view;
	int code = view_all_devices(run, err);

	if (!code && run->spec->temp_root)
		code = view_store(run, run->spec->temp_path, "t", 01777, err);
	if (!code)
		code = view_program(run, err);
	if (!code)
		code = view_own(run, err);
	if (!code)
		code = view_directory(run, err);
	if (code)
		return code;
	qsort(view->entries, view->count, sizeof(view->entries[0]), view_order);
	code = view_root_once(view, err);
	if (!code)
		code = view_fold(view, err);
	if (code)
		return code;
	view_links_last(view);
	code = view_make_store(run, err);
	return code ? code : view_encode(run, err);
}

bool view_is_exposed(const struct view *view, uint32_t item)
{
	return item < view->count && view->entries[item].origin == VIEW_EXPOSED;
}

const char *view_destination(const struct view *view, uint32_t item)
{
	return item < view->count ? view->entries[item].mount.destination : "";
}

void view_unpin(struct view *view)
{
	while (view->pin_count)
		close(view->pins[--view->pin_count]);
}

void view_close(struct execution *run)
{
	struct view *view = &run->view;

	view_unpin(view);
	free(view->pins);
	free(view->entries);
	view->pins = NULL;
	view->entries = NULL;
	view->count = 0;
	bv_buf_free(&view->block);
	view->arena = bv_arena_free(view->arena);
}
