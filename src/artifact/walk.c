/* SPDX-License-Identifier: MIT
 *
 * The walk keeps its own stack of open directories, no deeper than its bound, so that a deep tree
 * costs neither stack nor descriptors. RESOLVE_BENEATH and its like are of openat2(2), Linux 5.6.
 */
#include "artifact/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "sys/call.h"

/* openat2 answers EAGAIN when something was renamed meanwhile, for ever if one goes on doing so. */
#define OPEN_TRIES 16

struct level {
	DIR *dir;
	size_t path_len; /* of the directory's own path */
};

struct stack {
	struct level level[WALK_DEPTH_MAX];
	size_t depth;
	char path[WALK_PATH_MAX + 1];
};

int walk_open(int directory, const char *name, uint64_t flags)
{
	const uint64_t resolve =
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
	int fd = -1;

	/* With O_PATH nothing is opened that could block, and openat2 refuses the flags. */
	flags |= O_NOFOLLOW | O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY);
	for (int i = 0; i < OPEN_TRIES && fd < 0; i++) {
		fd = sys_openat2(directory, name, flags, resolve);
		if (fd < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
	}
	return fd;
}

int walk_reopen(int directory)
{
	return walk_open(directory, ".", O_RDONLY | O_DIRECTORY);
}

static void incomplete(struct walk *walk, const char *why)
{
	walk->complete = false;
	walk->missed = why;
}

static const char *why_not_opened(int errnum)
{
	switch (errnum) {
	case ELOOP:
		return "a symbolic link";
	case ENXIO:
		return "a socket or a pipe";
	case EACCES:
	case EPERM:
		return "it cannot be read";
	case EXDEV:
		return "it is on another file system";
	case ENOENT:
	case EAGAIN:
		return "it was moved while it was looked at";
	default:
		return "it cannot be opened";
	}
}

static const char *why_not_taken(const struct stat *st)
{
	if (S_ISFIFO(st->st_mode))
		return "a pipe";
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		return "a device";
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	if (st->st_nlink != 1)
		return "it has other names (hard links)";
	return NULL;
}

static bool directory_enter(struct walk *walk, struct stack *stack, int fd)
{
	struct level *level = &stack->level[stack->depth];

	if (stack->depth == WALK_DEPTH_MAX) {
		if (!walk->measure)
			walk->refused(walk->context, stack->path, "directories lie too deep");
		incomplete(walk, "what lies deeper than 64 directories");
		close(fd);
		return false;
	}
	level->dir = fdopendir(fd);
	level->path_len = strlen(stack->path);
	if (!level->dir) {
		close(fd);
		incomplete(walk, "a directory, for want of memory");
		return false;
	}
	stack->depth++;
	return true;
}

/* The name behind the path of the innermost directory; false if it does not fit, or is no text. */
static bool name_append(struct walk *walk, struct stack *stack, const char *name)
{
	size_t len = stack->level[stack->depth - 1].path_len, add = strlen(name);
	bool fits = len + 1 + add <= WALK_PATH_MAX;

	if (!fits && walk->measure) {
		incomplete(walk, "paths that are too long");
		return false;
	}
	if (!fits) {
		stack->path[len] = '\0';
		walk->refused(walk->context, stack->path, "a path in it is too long");
		return false;
	}
	if (len)
		stack->path[len++] = '/';
	memcpy(stack->path + len, name, add + 1);
	if (walk->measure || bv_utf8_line(bv_bytes_str(name)))
		return true;
	walk->refused(walk->context, stack->path, "its name is not text");
	return false;
}

/* d_type spares opening what is refused anyway; it is believed for that only. */
static const char *why_not_tried(unsigned char type)
{
	switch (type) {
	case DT_LNK:
		return "a symbolic link";
	case DT_FIFO:
		return "a pipe";
	case DT_SOCK:
		return "a socket";
	case DT_CHR:
	case DT_BLK:
		return "a device";
	default:
		return NULL;
	}
}

static void entry_visit(struct walk *walk, struct stack *stack, int directory,
	const struct dirent *entry)
{
	const char *why = why_not_tried(entry->d_type);
	struct stat st;
	int fd = -1;

	if (!why)
		fd = walk_open(directory, entry->d_name, O_RDONLY);
	if (!why && fd < 0)
		why = why_not_opened(errno);
	if (!why && fstat(fd, &st))
		why = "it cannot be looked at";
	if (!why && S_ISDIR(st.st_mode)) {
		(void)directory_enter(walk, stack, fd);
		return;
	}
	if (!why)
		why = why_not_taken(&st);
	if (why)
		walk->refused(walk->context, stack->path, why);
	else
		walk->file(walk->context, fd, stack->path, &st);
	if (fd >= 0)
		close(fd);
}

static void entry_measure(struct walk *walk, struct stack *stack, int directory, const char *name)
{
	struct stat st;
	int fd;

	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW))
		return;
	walk->bytes += (uint64_t)st.st_blocks * 512;
	if (!S_ISDIR(st.st_mode))
		return;
	fd = walk_open(directory, name, O_RDONLY | O_DIRECTORY);
	if (fd >= 0)
		(void)directory_enter(walk, stack, fd);
	else if (errno == EACCES || errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		incomplete(walk, "a directory that cannot be entered");
	/* Otherwise it went while it was looked at, and is seen the next time. */
}

/* One name of the innermost directory, or out of it. */
static void walk_step(struct walk *walk, struct stack *stack)
{
	struct level *level = &stack->level[stack->depth - 1];
	const struct dirent *entry;

	errno = 0;
	entry = walk->names < walk->names_max ? readdir(level->dir) : NULL;
	if (!entry) {
		if (walk->names >= walk->names_max)
			incomplete(walk, "what comes after so many names");
		else if (errno)
			incomplete(walk, "a directory that cannot be read to its end");
		stack->path[level->path_len] = '\0';
		if (walk->left && !walk->measure)
			walk->left(walk->context, dirfd(level->dir), stack->path);
		closedir(level->dir);
		stack->depth--;
		return;
	}
	if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
		return;
	walk->names++;
	if (!name_append(walk, stack, entry->d_name))
		return;
	if (walk->measure)
		entry_measure(walk, stack, dirfd(level->dir), entry->d_name);
	else
		entry_visit(walk, stack, dirfd(level->dir), entry);
}

void walk_tree(struct walk *walk)
{
	struct stack stack = {.depth = 0};
	int fd = walk_reopen(walk->root);
	struct stat st;

	walk->names = 0;
	walk->bytes = 0;
	walk->complete = true;
	walk->missed = "";
	if (fd < 0) {
		incomplete(walk, "all of it: the directory cannot be opened");
		return;
	}
	/* Empty files cost their directory, and nothing else. */
	if (walk->measure && fstat(fd, &st) == 0)
		walk->bytes = (uint64_t)st.st_blocks * 512;
	(void)directory_enter(walk, &stack, fd);
	while (stack.depth)
		walk_step(walk, &stack);
}
