/* SPDX-License-Identifier: MIT
 *
 * A guest of ours, through the libc that guests have: makes, lists, moves and removes files in its
 * first directory, and prints what it saw.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRY(what) \
	do { \
		if (!(what)) { \
			printf("%s: %s\n", #what, strerror(errno)); \
			exit(1); \
		} \
	} while (0)

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path)
{
	char *names[64];
	size_t count = 0;
	struct dirent *entry;
	DIR *dir = opendir(path);

	TRY(dir != NULL);
	while (count < 64 && (entry = readdir(dir)) != NULL)
		names[count++] = strdup(entry->d_name);
	closedir(dir);
	qsort(names, count, sizeof(names[0]), by_name);
	for (size_t i = 0; i < count; i++)
		printf("%s%c", names[i], i + 1 < count ? ' ' : '\n');
}

static void write_and_read(void)
{
	char text[64] = "";
	FILE *file = fopen("dir/one", "w+");
	struct stat st;

	TRY(file != NULL);
	TRY(fprintf(file, "line %d\n", 1) == 7);
	TRY(fseek(file, 5, SEEK_SET) == 0);
	TRY(fgets(text, sizeof(text), file) != NULL);
	TRY(fclose(file) == 0);
	TRY(stat("dir/one", &st) == 0 && S_ISREG(st.st_mode));
	printf("%s%lld bytes\n", text, (long long)st.st_size);
	TRY(truncate("dir/one", 3) == 0);
	TRY(stat("dir/one", &st) == 0 && st.st_size == 3);
}

static void links(void)
{
	char target[64] = "";

	TRY(symlink("one", "dir/link") == 0);
	TRY(readlink("dir/link", target, sizeof(target)) == 3);
	TRY(link("dir/one", "dir/hard") == 0);
	TRY(rename("dir/hard", "dir/two") == 0);
	printf("%s\n", target);
	list("dir");
}

static void refused(void)
{
	TRY(open("../outside", O_RDONLY) < 0);
	printf("%s\n", strerror(errno));
	TRY(open("/etc/passwd", O_RDONLY) < 0);
	TRY(symlink("/etc/passwd", "dir/abs") < 0);
	printf("%s\n", strerror(errno));
	TRY(rmdir("dir") < 0 && errno == ENOTEMPTY);
}

int main(int argc, char **argv)
{
	struct timespec nap = {.tv_nsec = 1000000};

	printf("%d %s %s\n", argc, argv[argc - 1], getenv("WORD"));
	TRY(mkdir("dir", 0755) == 0);
	write_and_read();
	links();
	refused();
	TRY(unlink("dir/one") == 0 && unlink("dir/two") == 0 && unlink("dir/link") == 0);
	TRY(rmdir("dir/") == 0);
	TRY(nanosleep(&nap, NULL) == 0);
	list(".");
	return 7;
}
