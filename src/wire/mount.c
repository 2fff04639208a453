/* SPDX-License-Identifier: MIT
 *
 * The codec of a view's table; see mount.h.
 */
#include "wire/mount.h"

#define MOUNT_FIXED (1 + 4 + 4 + 4 + 8 + 4 + 4 + 8 + 8)

static void mount_put_path(struct wire_writer *w, const char *path)
{
	wire_put_bytes(w, bv_bytes(path, strlen(path) + 1));
}

void wire_mount_put(struct wire_writer *w, const struct wire_mount *mount)
{
	wire_put(w, mount->kind, 1);
	wire_put(w, mount->flags, 4);
	wire_put(w, mount->device_major, 4);
	wire_put(w, mount->device_minor, 4);
	wire_put(w, mount->inode, 8);
	wire_put(w, mount->type, 4);
	wire_put(w, mount->mode, 4);
	wire_put(w, mount->size_bytes, 8);
	wire_put(w, mount->rights, 8);
	mount_put_path(w, mount->destination);
	mount_put_path(w, mount->source);
}

size_t wire_mount_size(const struct wire_mount *mount)
{
	return MOUNT_FIXED + 4 + strlen(mount->destination) + 1 + 4 + strlen(mount->source) + 1;
}

/* One NUL-terminated string, of a path's length at most. */
static const char *mount_get_path(struct wire_reader *r)
{
	struct bv_bytes bytes = wire_get_bytes(r);

	if (bytes.len == 0 || bytes.len > WIRE_MOUNT_PATH_MAX + 1 ||
		memchr(bytes.data, 0, bytes.len) != bytes.data + bytes.len - 1) {
		r->ok = false;
		return "";
	}
	return (const char *)bytes.data;
}

bool wire_mount_next(struct wire_reader *r, struct wire_mount *ret)
{
	struct wire_mount mount = {0};
	unsigned int kind;

	if (!r->ok || r->at == r->len)
		return false;
	kind = wire_get8(r);
	mount.kind = (enum wire_mount_kind)kind;
	mount.flags = wire_get32(r);
	mount.device_major = wire_get32(r);
	mount.device_minor = wire_get32(r);
	mount.inode = wire_get64(r);
	mount.type = wire_get32(r);
	mount.mode = wire_get32(r);
	mount.size_bytes = wire_get64(r);
	mount.rights = wire_get64(r);
	mount.destination = mount_get_path(r);
	mount.source = mount_get_path(r);
	r->ok = r->ok && kind < WIRE_MOUNT_KIND_COUNT;
	if (r->ok)
		*ret = mount;
	return r->ok;
}

/* Absolute, without an empty word, "." or "..": there is one way to read it. */
static bool mount_path_normal(const char *path)
{
	if (path[0] != '/')
		return false;
	for (const char *at = path; *at;) {
		size_t len = strcspn(++at, "/");

		if (len == 0)
			return path[1] == 0;
		if ((len == 1 && at[0] == '.') || (len == 2 && at[0] == '.' && at[1] == '.'))
			return false;
		at += len;
	}
	return true;
}

static bool mount_sound(const struct wire_mount *mount)
{
	if ((mount->flags & ~WIRE_MOUNT_FLAGS_ALL) || (mount->mode & ~UINT32_C(01777)) ||
		!mount_path_normal(mount->destination))
		return false;
	switch (mount->kind) {
	case WIRE_MOUNT_BIND:
		return mount_path_normal(mount->source);
	case WIRE_MOUNT_SYMLINK:
		return mount->source[0] != 0;
	case WIRE_MOUNT_TMPFS:
		return mount->source[0] == 0 && mount->size_bytes >= WIRE_MOUNT_TMPFS_MIN;
	case WIRE_MOUNT_PROC:
	case WIRE_MOUNT_DIRECTORY:
		return mount->source[0] == 0;
	}
	return false;
}

bool wire_mounts_sound(struct bv_bytes block, uint32_t count)
{
	struct wire_reader r = wire_reader(block);
	struct wire_mount mount;
	uint32_t seen = 0;

	if (count > WIRE_MOUNTS_MAX)
		return false;
	for (; wire_mount_next(&r, &mount); seen++) {
		bool root = strcmp(mount.destination, "/") == 0;
		bool whole = mount.kind == WIRE_MOUNT_TMPFS || mount.kind == WIRE_MOUNT_BIND;

		if (!mount_sound(&mount) || root != (seen == 0) || (root && !whole))
			return false;
	}
	return wire_end(&r) && seen == count;
}

bool wire_path_within(const char *path, const char *above)
{
	size_t len = strlen(above);

	if (len == 1)
		return true;
	return strncmp(path, above, len) == 0 && (path[len] == 0 || path[len] == '/');
}
