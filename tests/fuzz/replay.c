/* SPDX-License-Identifier: MIT
 *
 * Replays a corpus through a fuzz target as an ordinary test, with any compiler. Each file goes
 * in whole, cut short at many places, and with bytes changed at many places: a decoder must take
 * or refuse all of it without a crash. Every input ends where an unmapped page begins, so that
 * one byte read too far is seen even without a sanitizer.
 *
 *     fuzz_NAME DIRECTORY        the whole corpus
 *     fuzz_NAME DIRECTORY/FILE   one input, as it is
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a file, how many cuts and how many changes are tried at most. */
#define VARIANTS_MAX 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is being replayed, for the one line that a crash leaves behind. */
static char current[512];

static void crashed(int signum)
{
	static const char text[] = "\ncrashed in ";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	(void)!write(STDERR_FILENO, current, strlen(current));
	(void)!write(STDERR_FILENO, "\n", 1);
	(void)signal(signum, SIG_DFL);
	(void)raise(signum);
}

static void die(const char *what, const char *path)
{
	fprintf(stderr, "%s: ", what);
	perror(path);
	exit(1);
}

struct edge {
	uint8_t *map;
	size_t size;
	size_t page;
};

/* Room for `len` bytes before an unmapped page. */
static struct edge edge_open(size_t len)
{
	struct edge edge = {.page = (size_t)sysconf(_SC_PAGESIZE)};
	void *map;

	edge.size = (len / edge.page + 1) * edge.page;
	map = mmap(NULL, edge.size + edge.page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		-1, 0);
	if (map == MAP_FAILED)
		die("mmap", "edge");
	edge.map = map;
	if (mprotect(edge.map + edge.size, edge.page, PROT_NONE))
		die("mprotect", "edge");
	return edge;
}

static void edge_close(struct edge *edge)
{
	munmap(edge->map, edge->size + edge->page);
}

static void replay_one(struct edge *edge, const uint8_t *data, size_t len)
{
	uint8_t *at = edge->map + edge->size - len;

	if (len)
		memmove(at, data, len);
	(void)LLVMFuzzerTestOneInput(at, len);
}

static void replay_cuts(struct edge *edge, const char *name, const uint8_t *data, size_t len)
{
	size_t step = len / VARIANTS_MAX + 1;

	for (size_t cut = 0; cut < len; cut += step) {
		(void)snprintf(current, sizeof(current), "%.400s cut to %zu bytes", name, cut);
		replay_one(edge, data, cut);
	}
}

/* One byte at a time becomes another; which one follows from where it stands. */
static void replay_changes(struct edge *edge, const char *name, uint8_t *data, size_t len)
{
	static const uint8_t change[] = {0x01, 0x80, 0xff, 0x20, 0x10};
	size_t step = len / VARIANTS_MAX + 1;

	for (size_t at = 0; at < len; at += step) {
		uint8_t by = change[at % sizeof(change)];

		(void)snprintf(current, sizeof(current), "%.400s with byte %zu ^ 0x%02x", name, at,
			by);
		data[at] ^= by;
		replay_one(edge, data, len);
		data[at] ^= by;
	}
}

static uint8_t *slurp(const char *path, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *data;
	size_t have = 0;

	if (fd < 0 || fstat(fd, &st))
		die("open", path);
	data = malloc((size_t)st.st_size + 1);
	while (data && have < (size_t)st.st_size) {
		ssize_t n = read(fd, data + have, (size_t)st.st_size - have);

		if (n <= 0)
			die("read", path);
		have += (size_t)n;
	}
	if (!data)
		die("malloc", path);
	close(fd);
	*ret_len = have;
	return data;
}

static void replay_file(const char *path, int variants)
{
	size_t len;
	uint8_t *data = slurp(path, &len);
	struct edge edge = edge_open(len);

	printf("%s\n", path);
	(void)fflush(stdout);
	(void)snprintf(current, sizeof(current), "%.500s", path);
	replay_one(&edge, data, len);
	if (variants) {
		replay_cuts(&edge, path, data, len);
		replay_changes(&edge, path, data, len);
	}
	edge_close(&edge);
	free(data);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int replay_directory(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, visible, alphasort);
	char path[4096];

	if (count < 0)
		die("scandir", directory);
	for (int i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		replay_file(path, 1);
		free(entries[i]);
	}
	free(entries);
	return count;
}

int main(int argc, char **argv)
{
	static const int signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};
	struct stat st;
	int count = 1;

	if (argc != 2 || stat(argv[1], &st)) {
		fprintf(stderr, "usage: %s CORPUS, a directory or a file that exists\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)signal(signals[i], crashed);
	if (S_ISDIR(st.st_mode))
		count = replay_directory(argv[1]);
	else
		replay_file(argv[1], 0);
	printf("%d inputs\n", count);
	if (!count)
		fprintf(stderr, "%s holds no input, so nothing was tried\n", argv[1]);
	return count ? 0 : 1;
}
