/* SPDX-License-Identifier: MIT
 *
 * System calls that glibc 2.36 has no wrapper for. They set errno like every other wrapper.
 */
#ifndef SYS_CALL_H
#define SYS_CALL_H

#include <errno.h>
#include <linux/openat2.h>
#include <sys/types.h>
#include <unistd.h>

#include "sys/uapi.h"

/* For what runs on a stack that is unmapped before its frames are left: a sanitizer would take what
 * is mapped there next for those frames. */
#define SYS_ON_A_LENT_STACK __attribute__((no_sanitize_address))

/* A fork with flags. Where clone3 is kept from us, by clone; see raw_clone. */
static inline pid_t sys_clone(const struct clone_args *args)
{
	long pid = syscall(SYS_clone3, args, sizeof(*args));

	if (pid < 0 && (errno == ENOSYS || errno == EPERM) && !(args->flags >> 32))
		pid = syscall(SYS_clone, args->flags | args->exit_signal, NULL, args->pidfd, NULL,
			NULL);
	return (pid_t)pid;
}

static inline int sys_pidfd_send_signal(int pidfd, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

static inline int sys_openat2(int dirfd, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = {.flags = flags, .resolve = resolve};

	return (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
}

static inline int sys_execveat(int fd, char *const argv[], char *const envp[])
{
	return (int)syscall(SYS_execveat, fd, "", argv, envp, 0x1000 /* AT_EMPTY_PATH */);
}

static inline int sys_landlock_create_ruleset(const struct bv_landlock_ruleset_attr *attr,
	size_t size, uint32_t flags)
{
	return (int)syscall(SYS_landlock_create_ruleset, attr, size, flags);
}

static inline int sys_landlock_add_path(int ruleset, int parent, uint64_t access)
{
	struct landlock_path_beneath_attr attr = {.allowed_access = access, .parent_fd = parent};

	return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr, 0);
}

static inline int sys_landlock_restrict_self(int ruleset)
{
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}

#endif
