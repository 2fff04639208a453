/* SPDX-License-Identifier: MIT
 *
 * The workload of the long programs: leave COUNT BYTES writes that many files of that many bytes,
 * no two alike, into the output, and one into the temporary root if there is one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int leave(const char *directory, const char *name, const char *data, size_t len)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len || close(fd)) {
		perror(path);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *out = getenv("BVISOR_OUT"), *temp = getenv("TMPDIR");
	unsigned long count = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
	size_t len = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	char *data = calloc(1, len + 32), name[64], path[4096];

	if (!data || !out)
		return 2;
	memset(data, 'x', len);
	if (temp && leave(temp, "temporary", data, len))
		return 3;
	for (unsigned long i = 0; i < count; i++) {
		/* A hundred to a directory, as a build or a download leaves them. */
		if (i % 100 == 0) {
			snprintf(path, sizeof(path), "%s/%03lu", out, i / 100);
			if (mkdir(path, 0700))
				return 4;
		}
		snprintf(data, len + 32, "%lu\n", i);
		snprintf(name, sizeof(name), "%03lu/%05lu", i / 100, i);
		if (leave(out, name, data, len))
			return 5;
	}
	return 0;
}
