/* SPDX-License-Identifier: MIT
 *
 * Going down to a place. RESOLVE_BENEATH (Linux 5.6) keeps every step inside, whatever is moved
 * meanwhile; mounts are the caller's own, and may be crossed.
 */
#include "artifact/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "sys/call.h"
#include "sys/fd.h"

static int open_beneath(int top, const char *path)
{
	return sys_openat2(top, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

static int note_made(struct destination *destination, const char *path, struct bv_error *err)
{
	if (destination->made_count == destination->made_capacity) {
		size_t capacity = destination->made_capacity ? 2 * destination->made_capacity : 16;
		char **grown = realloc(destination->made, capacity * sizeof(*grown));

		if (!grown)
			return bv_fail(err, BV_E_NO_MEMORY, "directory", "no memory");
		destination->made = grown;
		destination->made_capacity = capacity;
	}
	destination->made[destination->made_count] = strdup(path);
	if (!destination->made[destination->made_count])
		return bv_fail(err, BV_E_NO_MEMORY, "directory", "no memory");
	destination->made_count++;
	return 0;
}

/* The directory at the first `len` bytes of the path, made in its parent if it is missing. */
static int component_enter(struct destination *destination, char *path, size_t len, bool make,
	struct bv_error *err)
{
	char kept = path[len], *slash;
	CLEANUP_FD int parent = -1;
	int code = 0;

	path[len] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	parent = open_beneath(destination->top, slash ? path : ".");
	if (slash)
		*slash = '/';
	if (make && parent >= 0) {
		if (mkdirat(parent, slash ? slash + 1 : path, 0777) == 0)
			code = note_made(destination, path, err);
		else if (errno != EEXIST)
			code = bv_fail_os(err, BV_E_OS, errno, "directory",
				"'%.80s' cannot be made", path);
	}
	path[len] = kept;
	return code;
}

static int here_open(struct destination *destination, char *path, bool make, struct bv_error *err)
{
	int fd = open_beneath(destination->top, path[0] ? path : ".");
	int code = 0;

	if (fd < 0 && errno == ENOENT && make) {
		for (size_t len = strcspn(path, "/"); !code;
			len += 1 + strcspn(path + len + 1, "/")) {
			code = component_enter(destination, path, len, make, err);
			if (!path[len])
				break;
		}
		if (code)
			return code;
		fd = open_beneath(destination->top, path);
	}
	if (fd < 0)
		return bv_fail_os(err, BV_E_OS, errno, "directory",
			"'%.80s' cannot be entered (links are not followed)", path);
	if (destination->here >= 0)
		close(destination->here);
	destination->here = fd;
	return 0;
}

const char *destination_enter(struct destination *destination, const char *place, bool make,
	struct bv_error *err)
{
	char path[sizeof(destination->path)];
	const char *slash = strrchr(place, '/');
	size_t len = slash ? (size_t)(slash - place) : 0;

	if (len >= sizeof(path)) {
		(void)bv_fail(err, BV_E_LIMIT, "directory", "a path is too long");
		return NULL;
	}
	memcpy(path, place, len);
	path[len] = '\0';
	if (destination->here < 0 || strcmp(path, destination->path) != 0) {
		if (here_open(destination, path, make, err))
			return NULL;
		memcpy(destination->path, path, len + 1);
	}
	return slash ? slash + 1 : place;
}

static bool flush(int fd)
{
	return fd >= 0 && fsync(fd) == 0;
}

bool destination_flush(struct destination *destination)
{
	char path[sizeof(destination->path)];
	bool flushed = flush(destination->here);

	memcpy(path, destination->path, sizeof(path));
	for (char *slash = strrchr(path, '/'); slash; slash = strrchr(path, '/')) {
		CLEANUP_FD int fd = -1;

		*slash = '\0';
		fd = open_beneath(destination->top, path);
		flushed = flush(fd) && flushed;
	}
	if (path[0]) {
		CLEANUP_FD int top = open_beneath(destination->top, ".");

		flushed = flush(top) && flushed;
	}
	return flushed;
}

void destination_unmake(struct destination *destination)
{
	while (destination->made_count) {
		char *path = destination->made[--destination->made_count];
		char *slash = strrchr(path, '/');
		CLEANUP_FD int parent = -1;

		if (slash)
			*slash = '\0';
		parent = open_beneath(destination->top, slash ? path : ".");
		if (parent >= 0)
			(void)unlinkat(parent, slash ? slash + 1 : path, AT_REMOVEDIR);
		free(path);
	}
}

void destination_close(struct destination *destination)
{
	while (destination->made_count)
		free(destination->made[--destination->made_count]);
	free(destination->made);
	destination->made = NULL;
	if (destination->here >= 0)
		close(destination->here);
	destination->here = -1;
}
