/* SPDX-License-Identifier: MIT
 *
 * What collecting many artifacts costs beside reading them: a run leaves N files, is collected,
 * sealed and dropped; the same files, left by the same program without a boundary, are listed and
 * read by `find | xargs sha256sum`. Prints times and their ratio; asserts that all is there.
 *
 *     long-artifacts LAUNCHER LEAVE [N [BYTES]]
 *
 * The workload's own writing is no part of collecting: by the report's clock it is taken away.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "long.h"

#define ROUNDS 3

static double timed(const char *command)
{
	double begun = long_now();
	int status = system(command);

	if (!WIFEXITED(status) || WEXITSTATUS(status))
		long_die(command, NULL);
	return long_now() - begun;
}

static void least(double *value, double now)
{
	if (*value == 0 || now < *value)
		*value = now;
}

/* Of the report: how long the workload lived. */
static double workload_seconds(const struct bv_report *report)
{
	size_t len;
	const char *json = bv_report_json(report, &len), *at;

	at = memmem(json, len, "\"dimension\":\"wall\"", 18);
	at = at ? memmem(at, len - (size_t)(at - json), "\"measured\":", 11) : NULL;
	if (!at)
		long_die("no wall time in the report", NULL);
	return strtod(at + 11, NULL) / 1e6;
}

int main(int argc, char **argv)
{
	const char *count = argc > 3 ? argv[3] : "10000", *bytes = argc > 4 ? argv[4] : "4096";
	double run = 0, inside = 0, read_all = 0, discard = 0;
	char write_command[4600], read_command[256], remove_command[256];
	struct long_boundary b;

	if (argc < 3)
		long_die("usage: long-artifacts LAUNCHER LEAVE [N [BYTES]]", NULL);
	long_open(&b, argv[1], argv[2], count, bytes);
	snprintf(write_command, sizeof(write_command),
		"mkdir %s/plain && env -u TMPDIR BVISOR_OUT=%s/plain '%s' %s %s", b.work, b.work,
		argv[2], count, bytes);
	snprintf(read_command, sizeof(read_command),
		"find %s/plain -type f -print0 | LC_ALL=C sort -z | xargs -0 -n 2000 sha256sum "
		">/dev/null",
		b.work);
	snprintf(remove_command, sizeof(remove_command), "rm -rf %s/plain", b.work);
	for (int i = 0; i < ROUNDS; i++) {
		struct bv_report *report;
		double begun = long_now(), wall;

		report = long_run(&b);
		wall = long_now() - begun;
		least(&inside, workload_seconds(report));
		least(&run, wall - workload_seconds(report));
		begun = long_now();
		long_discard(&b, report, strtoul(count, NULL, 10));
		least(&discard, long_now() - begun);
		bv_report_free(report);
		timed(write_command);
		least(&read_all, timed(read_command));
		timed(remove_command);
	}
	printf("%s artifacts of %s bytes, least of %d rounds, seconds:\n"
	       "written by the workload %.2f\n"
	       "launch, collect, seal %.2f; find | sha256sum of the same %.2f; ratio %.2f\n"
	       "discard %.2f\n",
		count, bytes, ROUNDS, inside, run, read_all, run / read_all, discard);
	return !long_close(&b);
}
