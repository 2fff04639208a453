/* SPDX-License-Identifier: MIT
 *
 * Checking and splitting paths. Nothing here decides what lies inside: that is the kernel's word,
 * at the moment of the call.
 */
#include <string.h>

#include "base/utf8.h"
#include "wasi/guest.h"
#include "wasi/path.h"

enum bv_wasi_errno bv_wasi_path_check(struct bv_bytes path)
{
	if (path.len > BV_WASI_PATH_MAX)
		return BV_WASI_NAMETOOLONG;
	if (!path.len)
		return BV_WASI_NOENT;
	if (memchr(path.data, 0, path.len))
		return BV_WASI_INVAL;
	if (!bv_utf8_valid(path))
		return BV_WASI_ILSEQ;
	return path.data[0] == '/' ? BV_WASI_NOTCAPABLE : BV_WASI_SUCCESS;
}

enum bv_wasi_errno bv_wasi_path_read(struct bv_wasi *wasi, uint32_t which, uint32_t pointer,
	uint32_t len)
{
	struct bv_wasi_path *path = &wasi->paths[which];
	const uint8_t *text = bv_wasi_guest(wasi, pointer, len);

	wasi->call_path = which;
	if (!text)
		return BV_WASI_FAULT;
	if (len > BV_WASI_PATH_MAX)
		return BV_WASI_NAMETOOLONG;
	memcpy(path->text, text, len);
	path->text[len] = '\0';
	path->len = len;
	return bv_wasi_path_check(bv_bytes(path->text, len));
}

static bool is_dots(const char *name, size_t len)
{
	return name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
}

/* Where "." or ".." leads; only whether it leads anywhere matters. */
static enum bv_wasi_errno walk_dots(struct bv_wasi *wasi, int dir, const char *path,
	enum bv_wasi_errno dots)
{
	int handle = -1;
	enum bv_wasi_errno error = wasi->ops->resolve(wasi->host, dir, path,
		BV_WASI_OPEN_DIRECTORY | BV_WASI_OPEN_FOLLOW, &handle);

	if (error)
		return error;
	wasi->ops->close(wasi->host, handle);
	return dots;
}

/* The directory that the part before the last component names; none: `dir` itself. */
static enum bv_wasi_errno open_parent(struct bv_wasi *wasi, int dir, const char *path, size_t len,
	struct bv_wasi_target *target)
{
	char prefix[BV_WASI_PATH_MAX + 1];

	target->place.parent = dir;
	target->owned = false;
	if (!len)
		return BV_WASI_SUCCESS;
	memcpy(prefix, path, len);
	prefix[len] = '\0';
	target->owned = true;
	return wasi->ops->resolve(wasi->host, dir, prefix,
		BV_WASI_OPEN_DIRECTORY | BV_WASI_OPEN_FOLLOW, &target->place.parent);
}

enum bv_wasi_errno bv_wasi_path_split(struct bv_wasi *wasi, int dir,
	const struct bv_wasi_path *path, enum bv_wasi_errno dots, struct bv_wasi_target *ret)
{
	size_t end = path->len;
	size_t start;
	enum bv_wasi_errno error;

	while (end > 1 && path->text[end - 1] == '/')
		end--;
	start = end;
	while (start > 0 && path->text[start - 1] != '/')
		start--;
	if (is_dots(path->text + start, end - start))
		return walk_dots(wasi, dir, path->text, dots);
	if (end - start > BV_WASI_NAME_MAX)
		return BV_WASI_NAMETOOLONG;
	error = open_parent(wasi, dir, path->text, start, ret);
	if (error)
		return error;
	memcpy(ret->name, path->text + start, end - start);
	ret->name[end - start] = '\0';
	ret->place.name = ret->name;
	ret->slash = end < path->len;
	return BV_WASI_SUCCESS;
}

void bv_wasi_target_close(struct bv_wasi *wasi, struct bv_wasi_target *target)
{
	if (target->owned)
		wasi->ops->close(wasi->host, target->place.parent);
	target->owned = false;
}

enum bv_wasi_errno bv_wasi_target_type(struct bv_wasi *wasi, const struct bv_wasi_target *target,
	enum bv_wasi_filetype *ret)
{
	struct bv_wasi_stat st = {0};
	int handle = -1;
	enum bv_wasi_errno error =
		wasi->ops->resolve(wasi->host, target->place.parent, target->name, 0, &handle);

	if (error)
		return error;
	error = wasi->ops->stat(wasi->host, handle, &st);
	wasi->ops->close(wasi->host, handle);
	if (error)
		return error;
	*ret = st.type;
	return BV_WASI_SUCCESS;
}

/* How deep below its start a path stands, going by the text; false when it dips below 0. The last
 * component counts only if `whole`. */
static bool walk_text(const struct bv_wasi_path *path, bool whole, size_t *depth)
{
	size_t at = 0;
	size_t end = path->len;

	while (end > 0 && path->text[end - 1] == '/')
		end--;
	while (at < end) {
		const char *slash = memchr(path->text + at, '/', end - at);
		size_t len = slash ? (size_t)(slash - path->text) - at : end - at;

		if (len == 2 && memcmp(path->text + at, "..", 2) == 0) {
			if (!*depth)
				return false;
			--*depth;
		} else if (len && !is_dots(path->text + at, len) && (whole || slash)) {
			++*depth;
		}
		at += len + 1;
	}
	return true;
}

bool bv_wasi_path_leaves(const struct bv_wasi_path *target, const struct bv_wasi_path *link)
{
	size_t depth = 0;

	return !walk_text(link, false, &depth) || !walk_text(target, true, &depth);
}
