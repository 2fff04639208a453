/* SPDX-License-Identifier: MIT
 *
 * Which refusals a machine explains: those of what holds the files, where the kernel itself, asked
 * here and not by the backend, has neither Landlock nor a private view that could serve the spec;
 * and that of hiding processes, where the test itself took the namespaces away. Any other refusal
 * is a failure of the test.
 */
#include "oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

static long kernel_landlock(void)
{
	const unsigned int version = 1;

	return syscall(SYS_landlock_create_ruleset, NULL, 0, version);
}

/* A mount namespace may be made and changed, and its mounts given flags (Linux 5.12). */
static bool kernel_has_views(void)
{
	int status = 1, own = oracle_root() ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(own) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
			(syscall(SYS_mount_setattr, -1, "", 0, NULL, 0) && errno == ENOSYS));
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
	return status == 0;
}

/* Without Landlock a view keeps no reading from a grant, and a user's has no sight of the host's
 * processes. */
static bool view_could_serve(const struct oracle *o)
{
	for (size_t i = 0; i < o->spec.grant_count; i++)
		if (!(o->spec.grants[i].access & BV_READ))
			return false;
	return (o->spec.host_processes == BV_ISOLATED || oracle_root()) && !o->viewless &&
		kernel_has_views();
}

/* Signals are scoped by Landlock from ABI 6: until then hiding takes a pid namespace. */
static bool excused(const struct oracle *o, enum bv_kind kind)
{
	if (kind == BV_KIND_HOST_PROCESSES_HIDDEN)
		return o->spaceless && kernel_landlock() < 6;
	return (kind == BV_KIND_FILESYSTEM || kind == BV_KIND_EXPOSE_PATH ||
		       kind == BV_KIND_TEMP_ROOT) &&
		kernel_landlock() <= 0 && !view_could_serve(o);
}

const char *excuse_of_the_machine(const struct oracle *o)
{
	const char *missing = NULL;
	size_t count;
	const struct bv_requirement_row *rows = bv_admission_requirements(o->admission, &count);

	for (size_t i = 0; i < count; i++) {
		if (rows[i].admitted)
			continue;
		if (!excused(o, rows[i].kind))
			return NULL;
		if (!missing)
			missing = rows[i].missing;
	}
	return missing;
}

void excuse_note_open(struct oracle *o)
{
	for (int fd = 0; fd < ORACLE_DESCRIPTORS; fd++)
		o->open[fd] = fcntl(fd, F_GETFD) >= 0;
}

void excuse_close_opened(const struct oracle *o)
{
	for (int fd = 0; fd < ORACLE_DESCRIPTORS; fd++)
		if (!o->open[fd])
			(void)close(fd);
}
