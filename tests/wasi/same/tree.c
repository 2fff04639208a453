/* SPDX-License-Identifier: MIT
 *
 * Makes a tree of files below the working directory, walks it, changes it, and takes it away.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX 64

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void put(const char *path, int bytes)
{
	FILE *file = fopen(path, "w");

	if (!file) {
		printf("%s: %s\n", path, strerror(errno));
		return;
	}
	for (int i = 0; i < bytes; i++)
		fputc('a' + i % 26, file);
	fclose(file);
}

static long walk(const char *path, int depth)
{
	char names[NAMES_MAX][64];
	char full[512];
	size_t n = 0;
	long total = 0;
	struct dirent *entry;
	DIR *dir = opendir(path);

	if (!dir) {
		printf("%s: %s\n", path, strerror(errno));
		return 0;
	}
	while ((entry = readdir(dir)) && n < NAMES_MAX) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			snprintf(names[n++], sizeof(names[0]), "%.63s", entry->d_name);
	}
	closedir(dir);
	qsort(names, n, sizeof(names[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		struct stat st;

		snprintf(full, sizeof(full), "%s/%s", path, names[i]);
		if (lstat(full, &st)) {
			printf("%s: %s\n", full, strerror(errno));
			continue;
		}
		printf("%*s%s %s %ld\n", depth * 2, "", names[i],
			S_ISDIR(st.st_mode)           ? "dir"
				: S_ISLNK(st.st_mode) ? "link"
						      : "file",
			S_ISREG(st.st_mode) ? (long)st.st_size : 0L);
		total += S_ISDIR(st.st_mode) ? walk(full, depth + 1) : (long)st.st_size;
	}
	return total;
}

static void clear(const char *path)
{
	char full[512];
	struct dirent *entry;
	DIR *dir = opendir(path);

	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(full, sizeof(full), "%s/%s", path, entry->d_name);
		if (unlink(full))
			clear(full);
	}
	if (dir)
		closedir(dir);
	printf("rmdir %s: %d\n", path, rmdir(path));
}

int main(void)
{
	char path[64];
	char target[64];
	ssize_t n;

	printf("%d\n", mkdir("tree", 0755));
	printf("%d %s\n", mkdir("tree", 0755), strerror(errno));
	for (int i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "tree/dir-%d", i);
		mkdir(path, 0755);
		for (int j = 0; j <= i; j++) {
			snprintf(path, sizeof(path), "tree/dir-%d/file-%d", i, j);
			put(path, 100 * i + 7 * j);
		}
	}
	printf("%d\n", symlink("dir-1/file-0", "tree/link"));
	n = readlink("tree/link", target, sizeof(target));
	printf("%.*s\n", (int)(n > 0 ? n : 0), target);
	printf("%d\n", rename("tree/dir-4/file-4", "tree/dir-0/moved"));
	printf("%d\n", link("tree/dir-0/moved", "tree/hard"));
	printf("%d %s\n", rmdir("tree/dir-3"), strerror(errno));
	printf("%d %s\n", unlink("tree/none"), strerror(errno));
	printf("%ld bytes\n", walk("tree", 0));
	printf("%d\n", truncate("tree/hard", 3));
	printf("%ld bytes\n", walk("tree/dir-0", 0));
	clear("tree");
	printf("%d\n", access("tree", F_OK));
	return 7;
}
