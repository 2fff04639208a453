/* SPDX-License-Identifier: MIT
 *
 * The read-back. The child has applied every step and waits; the launcher reads what the kernel
 * says of it (/proc/<pid>/status, ns/, cgroup, fd/) and compares that with the frame. Only a
 * child whose state is the plan's is told to execute.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/launcher.h"

/* What `step` means with WIRE_STAGE_ATTEST; the host names them the same way. */
enum attest_item {
	ATTEST_READ = 0,
	ATTEST_SECCOMP = 1,
	ATTEST_NO_NEW_PRIVS = 2,
	ATTEST_CAPABILITIES = 3,
	ATTEST_THREADS = 4,
	ATTEST_DESCRIPTORS = 5,
	ATTEST_CGROUP = 6,
	ATTEST_NAMESPACE = 7,
	ATTEST_VIEW = 8,
	ATTEST_STORAGE = 9,
	ATTEST_IDENTITY = 10,
};

static bool attest_status(int proc, pid_t pid, struct wire_attestation *a)
{
	static const char *const sets[WIRE_CAPABILITY_SETS] = {"CapInh:", "CapPrm:", "CapEff:",
		"CapBnd:", "CapAmb:"};
	char text[4096];
	uint64_t mode, filters, nnp, threads, parent, uid, gid;

	if (proc_read(proc, pid, "status", text, sizeof(text)) < 0)
		return false;
	for (size_t i = 0; i < WIRE_CAPABILITY_SETS; i++)
		if (!proc_number(text, sets[i], 16, &a->capabilities[i]))
			return false;
	if (!proc_number(text, "Seccomp:", 10, &mode) ||
		!proc_number(text, "NoNewPrivs:", 10, &nnp) ||
		!proc_number(text, "Threads:", 10, &threads) ||
		!proc_number(text, "PPid:", 10, &parent) || !proc_number(text, "Uid:", 10, &uid) ||
		!proc_number(text, "Gid:", 10, &gid))
		return false;
	/* The count came with Linux 5.9. */
	a->seccomp_filters =
		proc_number(text, "Seccomp_filters:", 10, &filters) ? (uint32_t)filters : 0;
	a->seccomp_mode = (uint8_t)mode;
	a->no_new_privs = (uint8_t)nnp;
	a->threads = (uint32_t)threads;
	a->parent = (uint32_t)parent;
	a->uid = (uint32_t)uid;
	a->gid = (uint32_t)gid;
	return true;
}

bool attest_namespaces(int proc, pid_t pid, uint64_t ret[WIRE_NAMESPACES])
{
	static const char *const names[WIRE_NAMESPACES] = {"cgroup", "ipc", "mnt", "net", "pid",
		"user", "uts"};
	char path[64], text[64];

	for (size_t i = 0; i < WIRE_NAMESPACES; i++) {
		const char *bracket;
		ssize_t len;

		snprintf(path, sizeof(path), "%d/ns/%s", (int)pid, names[i]);
		len = readlinkat(proc, path, text, sizeof(text) - 1);
		if (len < 0)
			return false;
		text[len] = 0;
		bracket = strchr(text, '[');
		if (!bracket)
			return false;
		ret[i] = strtoull(bracket + 1, NULL, 10);
	}
	return true;
}

/* The v2 line, "0::/path". No such line is no cgroup v2, and leaves the field empty. */
static bool attest_cgroup(int proc, pid_t pid, struct wire_attestation *a)
{
	char text[2048];
	const char *line;

	if (proc_read(proc, pid, "cgroup", text, sizeof(text)) < 0)
		return false;
	line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (!line)
		return true;
	line = strstr(line, "0::") + 3;
	snprintf(a->cgroup, sizeof(a->cgroup), "%.*s", (int)strcspn(line, "\n"), line);
	return true;
}

static bool attest_planned(const struct run *run, unsigned long fd)
{
	for (size_t i = 0; i < run->frame.slot_count; i++) {
		const struct wire_slot *slot = &run->frame.slots[i];

		if ((slot->role == WIRE_ROLE_STREAM || slot->role == WIRE_ROLE_INHERITED) &&
			slot->target == fd)
			return true;
	}
	return false;
}

/* A descriptor that is not planned is fine only if it ends with the execution. */
static bool attest_closes_on_exec(int proc, pid_t pid, const char *fd)
{
	char name[64], text[256];
	uint64_t flags;

	snprintf(name, sizeof(name), "fdinfo/%.16s", fd);
	return proc_read(proc, pid, name, text, sizeof(text)) > 0 &&
		proc_number(text, "flags:", 8, &flags) && (flags & O_CLOEXEC);
}

/* Every descriptor is a planned one, or ends with the execution; and every planned one is there. */
static bool attest_entries(int fd, int proc, pid_t pid, const struct run *run, int *planned)
{
	_Alignas(struct dirent64) char entries[4096];
	bool exact = true;
	ssize_t len;

	while ((len = getdents64(fd, entries, sizeof(entries))) > 0) {
		for (ssize_t at = 0; at < len;) {
			const struct dirent64 *entry = (const void *)(entries + at);

			at += entry->d_reclen;
			if (entry->d_name[0] == '.')
				continue;
			if (attest_planned(run, strtoul(entry->d_name, NULL, 10)))
				(*planned)++;
			else
				exact = exact && attest_closes_on_exec(proc, pid, entry->d_name);
		}
	}
	return exact && len == 0;
}

static bool attest_descriptors(int proc, pid_t pid, const struct run *run,
	struct wire_attestation *a)
{
	char path[32];
	int fd, planned = 0;
	bool exact;

	snprintf(path, sizeof(path), "%d/fd", (int)pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	for (size_t i = 0; i < run->frame.slot_count; i++)
		a->descriptor_count += run->frame.slots[i].role == WIRE_ROLE_STREAM ||
			run->frame.slots[i].role == WIRE_ROLE_INHERITED;
	exact = attest_entries(fd, proc, pid, run, &planned);
	close(fd);
	a->descriptors_exact = exact && planned == (int)a->descriptor_count;
	return true;
}

/* The leaf the child was to be born in, by its directory's inode. */
static bool attest_in_leaf(const struct run *run)
{
	char text[64];
	uint64_t pid = 0;
	int leaf = run_slot(run, WIRE_ROLE_CGROUP);
	int fd = leaf < 0 ? -1 : openat(leaf, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return false;
	text[len] = 0;
	return proc_number(text, "", 10, &pid) && pid == (uint64_t)run->pid;
}

static bool attest_fail(struct run *run, enum attest_item item, int errnum)
{
	run->done.ended = WIRE_ENDED_SETUP;
	run->done.stage = WIRE_STAGE_ATTEST;
	run->done.step = item;
	run->done.errnum = errnum;
	return false;
}

static bool attest_has_step(const struct run *run, step_apply apply)
{
	for (size_t i = 0; i < run->frame.step_count; i++)
		if (run->steps[i] == apply)
			return true;
	return false;
}

static bool attest_compare(const struct launcher *launcher, struct run *run,
	const struct wire_attestation *a)
{
	if (attest_has_step(run, child_seccomp) && a->seccomp_mode != 2)
		return attest_fail(run, ATTEST_SECCOMP, a->seccomp_mode);
	if (a->no_new_privs != 1)
		return attest_fail(run, ATTEST_NO_NEW_PRIVS, a->no_new_privs);
	/* All but the bounding set, which only a privileged launcher can empty. */
	if (a->capabilities[0] | a->capabilities[1] | a->capabilities[2] | a->capabilities[4])
		return attest_fail(run, ATTEST_CAPABILITIES, 0);
	if (a->threads != 1)
		return attest_fail(run, ATTEST_THREADS, (int)a->threads);
	if (!a->descriptors_exact)
		return attest_fail(run, ATTEST_DESCRIPTORS, 0);
	if (run->frame.containment == WIRE_CONTAIN_CGROUP && !attest_in_leaf(run))
		return attest_fail(run, ATTEST_CGROUP, 0);
	if (mapped_wanted(&run->frame) && (a->uid != WIRE_HOST_ID || a->gid != WIRE_HOST_ID))
		return attest_fail(run, ATTEST_IDENTITY, 0);
	for (unsigned int i = 0; i < WIRE_NAMESPACES; i++) {
		bool planned = run->frame.namespaces & WIRE_NAMESPACE_BIT(i);

		if (planned != (a->namespaces[i] != launcher->namespaces[i]))
			return attest_fail(run, ATTEST_NAMESPACE, (int)i);
	}
	return true;
}

static bool attest_read(int proc, struct run *run, struct wire_attestation *a)
{
	*a = (struct wire_attestation){.pid = (uint32_t)run->proc_pid};
	return attest_status(proc, run->proc_pid, a) &&
		attest_namespaces(proc, run->proc_pid, a->namespaces) &&
		attest_cgroup(proc, run->proc_pid, a) &&
		attest_descriptors(proc, run->proc_pid, run, a);
}

/* Until it executes, the child shares the launcher's memory, and so cannot be looked into by
 * anyone without CAP_SYS_PTRACE over it: where the launcher itself is such a one, its memory may
 * be looked into for the time of one look. Who could use that time is whoever may trace the same
 * user's processes, and so the host itself at any time. Nothing in a boundary can: a launcher in a
 * user namespace has capabilities there that no workload has, which forbids it (ptrace(2), access
 * mode checking); any other has no private view, so that its workloads are under Landlock, which
 * does not let a domain trace what is outside it. */
static bool attest_read_openly(int proc, struct run *run, struct wire_attestation *a)
{
	bool ok;

	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
		return false;
	ok = attest_read(proc, run, a);
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && ok;
}

bool attest_run(struct launcher *launcher, struct run *run, struct wire_attestation *ret)
{
	struct wire_attestation a;
	bool read = !launcher->openly && attest_read(launcher->proc, run, &a);

	if (!read && (launcher->openly || errno == EACCES || errno == EPERM)) {
		launcher->openly = true;
		read = attest_read_openly(launcher->proc, run, &a);
	}
	if (!read)
		return attest_fail(run, ATTEST_READ, errno);
	a.canary_errno = run->frame.canary.len ? EACCES : 0;
	if (!attest_compare(launcher, run, &a))
		return false;
	if (run->frame.mount_count && !attest_view(launcher->proc, run, &a.mount_count))
		return attest_fail(run, ATTEST_VIEW, errno);
	if (!storage_attest(run))
		return attest_fail(run, ATTEST_STORAGE, errno);
	*ret = a;
	return true;
}
