/* SPDX-License-Identifier: MIT
 *
 * Any bytes as two paths of a guest's, over a host that is a fake and only watches. The first byte
 * says which walks fail and how the paths are cut from the rest. Whatever comes:
 *  - the host is asked to resolve only what the path says, and never an absolute path;
 *  - a name it would act on is one bare component, the path's last;
 *  - every handle it gave is closed once;
 *  - whether a link leads out agrees with a second, plainer reading of the text.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "wasi/path.h"

#define HANDLES_MAX 8
#define ROOT 100

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fake {
	bool open[HANDLES_MAX];
	int next;
	uint8_t fails; /* bit n: the n-th resolve does */
	const struct bv_wasi_path *path;
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static enum bv_wasi_errno fake_resolve(void *user, int dir, const char *path, unsigned int flags,
	int *ret)
{
	struct fake *fake = user;

	require(dir == ROOT || (dir >= 0 && dir < HANDLES_MAX && fake->open[dir]));
	require(path[0] != '\0' && path[0] != '/');
	require(!(flags & ~(unsigned int)(BV_WASI_OPEN_DIRECTORY | BV_WASI_OPEN_FOLLOW)));
	if (dir == ROOT && flags)
		require(strncmp(path, fake->path->text, strlen(path)) == 0);
	require(fake->next < HANDLES_MAX);
	if (fake->fails >> fake->next & 1) {
		fake->next++;
		return BV_WASI_NOENT;
	}
	fake->open[fake->next] = true;
	*ret = fake->next++;
	return BV_WASI_SUCCESS;
}

static void fake_close(void *user, int handle)
{
	struct fake *fake = user;

	require(handle >= 0 && handle < HANDLES_MAX && fake->open[handle]);
	fake->open[handle] = false;
}

static enum bv_wasi_errno fake_stat(void *user, int handle, struct bv_wasi_stat *ret)
{
	struct fake *fake = user;

	require(fake->open[handle]);
	*ret = (struct bv_wasi_stat){.type = BV_WASI_TYPE_DIRECTORY};
	return BV_WASI_SUCCESS;
}

static const struct bv_wasi_host_ops fake_ops = {.resolve = fake_resolve,
	.close = fake_close,
	.stat = fake_stat};

/* The last component by walking forward, where the code walks back. */
static void last_of(const struct bv_wasi_path *path, char *name, size_t room)
{
	char copy[BV_WASI_PATH_MAX + 1];
	char *rest = copy;
	char *part;

	memcpy(copy, path->text, path->len + 1);
	name[0] = '\0';
	while ((part = strsep(&rest, "/"))) {
		if (part[0] && strlen(part) < room)
			memcpy(name, part, strlen(part) + 1);
	}
}

/* The least depth on the way, from `depth` on, over all components but the last `leave`. */
static long least(const struct bv_wasi_path *path, long *depth, unsigned int leave)
{
	char copy[BV_WASI_PATH_MAX + 1];
	const char *parts[BV_WASI_PATH_MAX];
	char *rest = copy;
	char *part;
	size_t count = 0;
	long low = *depth;

	memcpy(copy, path->text, path->len + 1);
	while ((part = strsep(&rest, "/"))) {
		if (part[0])
			parts[count++] = part;
	}
	for (size_t i = 0; i < count; i++) {
		if (strcmp(parts[i], "..") == 0)
			--*depth;
		else if (strcmp(parts[i], ".") != 0 && i + leave < count)
			++*depth;
		low = *depth < low ? *depth : low;
	}
	return low;
}

static void try_split(struct bv_wasi *wasi, struct fake *fake)
{
	struct bv_wasi_target target = {0};
	enum bv_wasi_filetype type = BV_WASI_TYPE_UNKNOWN;
	char last[BV_WASI_PATH_MAX + 1];

	last_of(fake->path, last, sizeof(last));
	if (bv_wasi_path_split(wasi, ROOT, fake->path, BV_WASI_BUSY, &target)) {
		require(!target.owned || fake->fails);
	} else {
		require(strcmp(last, target.name) == 0 && target.place.name == target.name);
		require(target.name[0] && !strchr(target.name, '/'));
		require(strcmp(target.name, ".") != 0 && strcmp(target.name, "..") != 0);
		require(strlen(target.name) <= BV_WASI_NAME_MAX);
		require(target.slash == (fake->path->text[fake->path->len - 1] == '/'));
		(void)bv_wasi_target_type(wasi, &target, &type);
		bv_wasi_target_close(wasi, &target);
	}
	for (int i = 0; i < HANDLES_MAX; i++)
		require(!fake->open[i]);
}

static bool take(struct bv_wasi_path *path, const uint8_t *data, size_t size)
{
	struct bv_bytes bytes = bv_bytes(data, size);
	enum bv_wasi_errno error = bv_wasi_path_check(bytes);

	if (error)
		return false;
	require(size && size <= BV_WASI_PATH_MAX && data[0] != '/' && bv_utf8_text(bytes));
	memcpy(path->text, data, size);
	path->text[size] = '\0';
	path->len = size;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bv_wasi_path paths[2];
	struct fake fake = {.path = &paths[0]};
	struct bv_wasi *wasi;
	const uint8_t *cut;
	size_t first;
	long depth = 0;
	long low;

	if (!size)
		return 0;
	fake.fails = data[0];
	cut = memchr(data + 1, '\n', size - 1);
	first = cut ? (size_t)(cut - data) - 1 : size - 1;
	if (!take(&paths[0], data + 1, first))
		return 0;
	wasi = calloc(1, sizeof(*wasi));
	if (!wasi)
		return 0;
	wasi->ops = &fake_ops;
	wasi->host = &fake;
	try_split(wasi, &fake);
	free(wasi);
	if (!cut || !take(&paths[1], cut + 1, size - first - 2))
		return 0;
	low = least(&paths[0], &depth, 1);
	if (low >= 0)
		low = least(&paths[1], &depth, 0);
	require(bv_wasi_path_leaves(&paths[1], &paths[0]) == (low < 0));
	return 0;
}
