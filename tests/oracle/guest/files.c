/* SPDX-License-Identifier: MIT
 *
 * Attempts on files: what Landlock judges.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

static int files_put(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);
	int code;

	if (fd < 0)
		return errno;
	code = write(fd, "guest", 5) == 5 ? 0 : errno;
	close(fd);
	return code;
}

int files_read(char **args)
{
	char byte;
	int fd = open(args[0], O_RDONLY | O_CLOEXEC);
	int code;

	if (fd < 0)
		return errno;
	code = guest_result(read(fd, &byte, 1));
	close(fd);
	return code;
}

int files_write(char **args)
{
	return files_put(args[0], O_WRONLY);
}

int files_append(char **args)
{
	return files_put(args[0], O_WRONLY | O_APPEND);
}

int files_create(char **args)
{
	return files_put(args[0], O_WRONLY | O_CREAT | O_EXCL);
}

int files_truncate(char **args)
{
	return guest_result(truncate(args[0], 1));
}

int files_read_truncate(char **args)
{
	return guest_close(open(args[0], O_RDONLY | O_TRUNC | O_CLOEXEC));
}

int files_rename(char **args)
{
	return guest_result(rename(args[0], args[1]));
}

int files_exchange(char **args)
{
	return guest_result(renameat2(AT_FDCWD, args[0], AT_FDCWD, args[1], RENAME_EXCHANGE));
}

int files_link(char **args)
{
	return guest_result(link(args[0], args[1]));
}

int files_link_fd(char **args)
{
	char path[48];
	int fd = open(args[0], O_PATH | O_CLOEXEC);

	if (fd < 0)
		return errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return guest_result(linkat(AT_FDCWD, path, AT_FDCWD, args[1], AT_SYMLINK_FOLLOW));
}

int files_symlink(char **args)
{
	return guest_result(symlink(args[0], args[1]));
}

int files_unlink(char **args)
{
	return guest_result(unlink(args[0]));
}

int files_rmdir(char **args)
{
	return guest_result(rmdir(args[0]));
}

int files_mkdir(char **args)
{
	return guest_result(mkdir(args[0], 0755));
}

int files_mkfifo(char **args)
{
	return guest_result(mkfifo(args[0], 0644));
}

int files_mksock(char **args)
{
	return guest_result(mknod(args[0], S_IFSOCK | 0644, 0));
}

/* The null device, by another name. */
int files_mknod(char **args)
{
	return guest_result(mknod(args[0], S_IFCHR | 0666, 0x103));
}

int files_list(char **args)
{
	DIR *dir = opendir(args[0]);

	if (!dir)
		return errno;
	errno = 0;
	return readdir(dir) ? 0 : errno;
}

int files_names(char **args)
{
	DIR *dir = opendir(args[0]);
	struct dirent *entry;

	if (!dir)
		return errno;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			guest_say("%s\n", entry->d_name);
	closedir(dir);
	return 0;
}

int files_fill(char **args)
{
	static const char block[4096];
	int fd = open(args[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ssize_t len = 1;
	int code;

	if (fd < 0)
		return errno;
	for (unsigned long left = guest_number(args[1]) / sizeof(block); left && len > 0; left--)
		len = write(fd, block, sizeof(block));
	code = len > 0 ? 0 : errno;
	close(fd);
	return code;
}

int files_stat(char **args)
{
	struct stat st;

	return guest_result(lstat(args[0], &st));
}

int files_openat2(char **args)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC};

	return guest_close((int)syscall(SYS_openat2, AT_FDCWD, args[0], &how, sizeof(how)));
}

int files_reopen(char **args)
{
	char path[48];
	int fd = open(args[0], O_PATH | O_CLOEXEC);

	if (fd < 0)
		return errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return guest_close(open(path, O_RDONLY | O_CLOEXEC));
}

int files_reopen_empty(char **args)
{
	int fd = open(args[0], O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? errno : guest_close(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

int files_tmpfile(char **args)
{
	return guest_close(open(args[0], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

static int files_map(const char *path, int first, int then)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *map;

	if (fd < 0)
		return errno;
	map = mmap(NULL, 4096, first, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return errno;
	return then ? guest_result(mprotect(map, 4096, then)) : 0;
}

int files_map_exec(char **args)
{
	return files_map(args[0], PROT_READ | PROT_EXEC, 0);
}

int files_protect_exec(char **args)
{
	return files_map(args[0], PROT_READ, PROT_READ | PROT_EXEC);
}

int files_handle(char **args)
{
	struct {
		struct file_handle head;
		unsigned char bytes[128];
	} handle = {.head.handle_bytes = 128};
	int mount;

	return guest_result(name_to_handle_at(AT_FDCWD, args[0], &handle.head, &mount, 0));
}

int files_enter_out(char **args)
{
	const char *out = getenv("BVISOR_OUT");

	(void)args;
	return out ? guest_result(chdir(out)) : ENOENT;
}

int files_tool(char **args)
{
	static const char kib[1024] = "filled";
	unsigned long count = guest_number(args[1]);
	int fd = open(args[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	int code = fd < 0 ? errno : 0;

	for (unsigned long i = 0; !code && i < count; i++)
		code = write(fd, kib, sizeof(kib)) == (ssize_t)sizeof(kib) ? 0 : errno;
	guest_close(fd);
	return code;
}

int files_deep(char **args)
{
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int code = here < 0 ? errno : 0;

	for (unsigned long i = guest_number(args[0]); !code && i; i--)
		code = guest_result(mkdir("d", 0700) || chdir("d") ? -1 : 0);
	if (here >= 0 && fchdir(here))
		code = errno;
	guest_close(here);
	return code;
}
