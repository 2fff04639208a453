/* SPDX-License-Identifier: MIT
 *
 * The codec of a view's table; see mount.h.
 */
#include "wire/mount.h"

#define MOUNT_FIXED (1 + 4 + 4 + 4 + 8 + 4 + 4 + 8 + 4 + 8)

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
	wire_put(w, mount->layer, 4);
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
	mount.layer = wire_get32(r);
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
	case WIRE_MOUNT_OVERLAY:
		return mount_path_normal(mount->source);
	case WIRE_MOUNT_STORED:
		return mount->source[0] && !strchr(mount->source, '/') && mount->source[0] != '.';
	case WIRE_MOUNT_SYMLINK:
		return mount->source[0] != 0;
	case WIRE_MOUNT_TMPFS:
	case WIRE_MOUNT_STORE:
		return mount->source[0] == 0 && mount->size_bytes >= WIRE_MOUNT_TMPFS_MIN;
	case WIRE_MOUNT_PROC:
	case WIRE_MOUNT_DIRECTORY:
		return mount->source[0] == 0;
	}
	return false;
}

static bool mount_needs_store(const struct wire_mount *mount)
{
	return mount->kind == WIRE_MOUNT_STORED || mount->kind == WIRE_MOUNT_OVERLAY;
}

/* The root is the first, and a store the second; nothing else is at "/". */
static bool mount_placed(const struct wire_mount *mount, uint32_t index, bool root)
{
	if (index == 0)
		return root && (mount->kind == WIRE_MOUNT_TMPFS || mount->kind == WIRE_MOUNT_BIND);
	return root == (mount->kind == WIRE_MOUNT_STORE) && (!root || index == 1);
}

bool wire_mounts_sound(struct bv_bytes block, uint32_t count)
{
	struct wire_reader r = wire_reader(block);
	struct wire_mount mount;
	uint32_t seen = 0;
	bool stored = false;

	if (count > WIRE_MOUNTS_MAX)
		return false;
	for (; wire_mount_next(&r, &mount); seen++) {
		bool root = strcmp(mount.destination, "/") == 0;

		stored = stored || (seen == 1 && mount.kind == WIRE_MOUNT_STORE);
		if (!mount_sound(&mount) || !mount_placed(&mount, seen, root) ||
			(mount_needs_store(&mount) && !stored))
			return false;
	}
	return wire_end(&r) && seen == count;
}

uint64_t wire_mounts_store(struct bv_bytes block)
{
	struct wire_reader r = wire_reader(block);
	struct wire_mount mount;

	/* The root, and what is right behind it. */
	if (!wire_mount_next(&r, &mount) || !wire_mount_next(&r, &mount))
		return 0;
	return mount.kind == WIRE_MOUNT_STORE ? mount.size_bytes : 0;
}

/* Also for the child, and so by hand. */
void wire_layer_name(char which, uint32_t layer, char ret[WIRE_LAYER_NAME_MAX])
{
	char digits[12];
	size_t count = 0, at = 0;

	ret[at++] = which;
	do
		digits[count++] = (char)('0' + layer % 10);
	while ((layer /= 10));
	while (count)
		ret[at++] = digits[--count];
	ret[at] = 0;
}

bool wire_path_within(const char *path, const char *above)
{
	size_t len = strlen(above);

	if (len == 1)
		return true;
	return strncmp(path, above, len) == 0 && (path[len] == 0 || path[len] == '/');
}
