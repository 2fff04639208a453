/* SPDX-License-Identifier: MIT
 *
 * The run tree: every task that descends from the launcher is the run's. It is measured through
 * /proc (proc(5): stat, fd, smaps_rollup, task/<tid>/children) and killed by whatever holds it
 * together: the one process, the cgroup leaf, the namespace's init, or, at the weakest, a loop
 * that kills descendants until there are none.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/launcher.h"
#include "sys/call.h"

#define TREE_MAX 4096
#define TREE_DRAIN_US 10000000

struct tree_list {
	pid_t pids[TREE_MAX];
	size_t count;
	bool full;
};

/* The children of one thread, appended. Of a list that does not fit the last number may be cut
 * short, and would be someone else's. */
static void tree_add_children(int proc, pid_t pid, pid_t tid, struct tree_list *list)
{
	static char text[65536];
	char name[64];
	char *at, *end;
	ssize_t len;

	snprintf(name, sizeof(name), "task/%d/children", (int)tid);
	len = proc_read(proc, pid, name, text, sizeof(text));
	if (len <= 0)
		return;
	if (len == (ssize_t)sizeof(text) - 1) {
		list->full = true;
		*strrchr(text, ' ') = 0;
	}
	for (at = text; list->count < TREE_MAX; at = end) {
		long child = strtol(at, &end, 10);

		if (end == at)
			return;
		list->pids[list->count++] = (pid_t)child;
	}
	list->full = true;
}

/* Any thread of a process may have children. */
static void tree_add_process(int proc, pid_t pid, struct tree_list *list)
{
	_Alignas(struct dirent64) char entries[4096];
	char path[32];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "%d/task", (int)pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	while ((len = getdents64(fd, entries, sizeof(entries))) > 0)
		for (ssize_t at = 0; at < len;) {
			const struct dirent64 *entry = (const void *)(entries + at);

			at += entry->d_reclen;
			if (entry->d_name[0] != '.')
				tree_add_children(proc, pid, (pid_t)strtol(entry->d_name, NULL, 10),
					list);
		}
	close(fd);
}

/* Everything below `root`, breadth first. */
static void tree_list(int proc, pid_t root, struct tree_list *list)
{
	tree_add_process(proc, root, list);
	for (size_t i = 0; i < list->count; i++)
		tree_add_process(proc, list->pids[i], list);
}

uint32_t tree_walk(const struct launcher *launcher, pid_t root, int signal)
{
	static struct tree_list list; /* too large for the stack; this process has one thread */
	uint32_t alive = 0;

	list.count = 0;
	tree_list(launcher->proc, root, &list);
	for (size_t i = 0; i < list.count; i++) {
		if (signal)
			kill(list.pids[i], signal);
		alive++;
	}
	return alive;
}

/* Field numbers as in proc_pid_stat(5), counted from the state, the first after the name. */
bool tree_stat(int proc, pid_t pid, struct tree_stat *ret)
{
	char text[1024];
	const char *at, *name;
	char *end;
	uint64_t fields[25] = {0};
	size_t len;

	if (proc_read(proc, pid, "stat", text, sizeof(text)) <= 0)
		return false;
	name = strchr(text, '(');
	at = strrchr(text, ')'); /* the name may hold anything, also a ')' */
	if (!name || !at || at[1] != ' ')
		return false;
	len = (size_t)(at - name - 1) < sizeof(ret->name) - 1 ? (size_t)(at - name - 1)
							      : sizeof(ret->name) - 1;
	*ret = (struct tree_stat){0};
	memcpy(ret->name, name + 1, len);
	ret->state = at[2];
	at += 3;
	for (int i = 4; i <= 24; i++, at = end)
		fields[i] = strtoull(at, &end, 10);
	ret->cpu_ticks = fields[14] + fields[15] + fields[16] + fields[17];
	ret->parent = (pid_t)fields[4];
	ret->threads = fields[20];
	ret->began_ticks = fields[22];
	ret->mapped_bytes = fields[23];
	ret->resident_pages = fields[24];
	return true;
}

/* Since Linux 6.2 the size of fd/ is the number of descriptors; before, it is counted. */
static bool tree_handles(int proc, pid_t pid, uint64_t *ret)
{
	_Alignas(struct dirent64) char entries[4096];
	char path[32];
	struct stat st;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "%d/fd", (int)pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ESRCH;
	if (fstat(fd, &st) == 0 && st.st_size > 0) {
		*ret += (uint64_t)st.st_size;
		close(fd);
		return true;
	}
	while ((len = getdents64(fd, entries, sizeof(entries))) > 0)
		for (ssize_t at = 0; at < len;) {
			const struct dirent64 *entry = (const void *)(entries + at);

			at += entry->d_reclen;
			*ret += entry->d_name[0] != '.';
		}
	/* ENOENT: it ended between the opening and the reading. */
	if (len < 0 && (errno == ENOENT || errno == ESRCH))
		len = 0;
	close(fd);
	return len == 0;
}

static uint64_t tree_proportional(int proc, pid_t pid)
{
	char text[2048];
	uint64_t kib = 0;

	if (proc_read(proc, pid, "smaps_rollup", text, sizeof(text)) > 0)
		proc_number(text, "Pss:", 10, &kib);
	return kib * 1024;
}

/* What of a task could not be read counts only if it is alive: the files of one that ends belong
 * to root from the moment it has given up its memory. */
static bool tree_ends(int proc, pid_t pid)
{
	struct tree_stat stat;

	return !tree_stat(proc, pid, &stat) || strchr("ZXx", stat.state) || stat.mapped_bytes == 0;
}

static void tree_add(const struct launcher *launcher, const struct run *run, pid_t pid, bool exact,
	struct tree_totals *totals)
{
	static const char dead[] = "ZXx";
	uint64_t tick_us = 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	struct tree_stat stat;

	if (!tree_stat(launcher->proc, pid, &stat))
		return; /* it ended meanwhile, and its parent has its time */
	totals->cpu_us += stat.cpu_ticks * tick_us;
	if (strchr(dead, stat.state) || (run->init && pid == run->proc_init))
		return;
	totals->tasks_count += stat.threads;
	totals->memory_bytes += stat.resident_pages * (uint64_t)sysconf(_SC_PAGESIZE);
	if (exact)
		totals->proportional_bytes += tree_proportional(launcher->proc, pid);
	if (!tree_handles(launcher->proc, pid, &totals->handles_count) &&
		run->frame.handles_count != UINT64_MAX)
		totals->blind = totals->blind || !tree_ends(launcher->proc, pid);
}

size_t tree_pids(const struct launcher *launcher, const struct run *run, const pid_t **ret,
	bool *ret_full)
{
	static struct tree_list list;

	list.count = 0;
	list.full = false;
	if (run->frame.containment == WIRE_CONTAIN_PROCESS)
		list.pids[list.count++] = run->proc_pid;
	else
		tree_list(launcher->proc, launcher->proc_self, &list);
	*ret = list.pids;
	*ret_full = list.full;
	return list.count;
}

void tree_measure(const struct launcher *launcher, const struct run *run, bool exact,
	struct tree_totals *ret)
{
	struct tree_totals totals = {.cpu_us = run->reaped_cpu_us};
	const pid_t *pids;
	bool full;
	size_t count = tree_pids(launcher, run, &pids, &full);

	for (size_t i = 0; i < count; i++)
		tree_add(launcher, run, pids[i], exact, &totals);
	totals.blind = totals.blind || full;
	*ret = totals;
}

/* One child is gone: its status if it is the first process, its use in any case. */
static void tree_account(struct run *run, pid_t pid, int status, const struct rusage *usage)
{
	uint64_t cpu_us = (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 +
		(uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
	uint64_t memory = (uint64_t)usage->ru_maxrss * 1024;

	run->reaped_cpu_us += cpu_us;
	if (memory > run->done.memory_bytes && pid != run->init)
		run->done.memory_bytes = memory;
	if (pid != run->pid)
		return;
	run->done.reaped = 1;
	run->done.wait_status = (uint32_t)status;
	run->done.wall_us = clock_us() - run->begun_us;
}

void tree_reap_first(struct run *run)
{
	struct rusage usage;
	int status;

	if (!run->done.reaped && wait4(run->pid, &status, __WALL, &usage) == run->pid)
		tree_account(run, run->pid, status, &usage);
}

/* Orphans of a leaf or of a subreaper's run come to the launcher. Those that have ended are reaped
 * while the run goes on, or they would use up process numbers; the first process is not, because
 * its end is an event. One that ended since the last look is still there to be looked at. */
void tree_reap_orphans(const struct launcher *launcher, struct run *run)
{
	struct rusage usage;
	int status;

	for (;;) {
		siginfo_t info = {0};

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) ||
			info.si_pid == 0 || info.si_pid == run->pid || info.si_pid == run->init)
			return;
		census_see(launcher, run, info.si_pid);
		if (wait4(info.si_pid, &status, WNOHANG | __WALL, &usage) != info.si_pid)
			return;
		tree_account(run, info.si_pid, status, &usage);
	}
}

/* Reaps whoever is dead. True if there is no child left at all. */
static bool tree_reap(struct run *run)
{
	struct rusage usage;
	int status;
	pid_t pid;

	while ((pid = wait4(-1, &status, WNOHANG | __WALL, &usage)) > 0)
		tree_account(run, pid, status, &usage);
	return pid < 0 && errno == ECHILD;
}

static void tree_kill_once(const struct launcher *launcher, const struct run *run)
{
	int leaf;

	switch (run->frame.containment) {
	case WIRE_CONTAIN_PROCESS:
		break;
	case WIRE_CONTAIN_CGROUP:
		leaf = run_slot(run, WIRE_ROLE_CGROUP);
		if (!leaf_write(leaf, "cgroup.kill", "1"))
			leaf_kill_each(leaf);
		break;
	case WIRE_CONTAIN_NAMESPACE:
		break;
	case WIRE_CONTAIN_SUBREAPER:
		tree_walk(launcher, launcher->proc_self, SIGKILL);
		break;
	}
	/* The init of a pid namespace, whatever else holds the tree: it is not in the leaf. */
	if (run->init_pidfd >= 0)
		sys_pidfd_send_signal(run->init_pidfd, SIGKILL);
	/* Not in the leaf or the namespace only if its clone failed half-way. */
	if (run->pidfd >= 0 && !run->done.reaped)
		sys_pidfd_send_signal(run->pidfd, SIGKILL);
}

static bool tree_empty(const struct run *run)
{
	char text[256];
	uint64_t populated = 1;

	if (run->frame.containment != WIRE_CONTAIN_CGROUP)
		return true;
	leaf_read(run_slot(run, WIRE_ROLE_CGROUP), "cgroup.events", text, sizeof(text));
	return proc_number(text, "populated", 10, &populated) && populated == 0;
}

/* Tasks other than the first process, before anything is killed. */
static uint32_t tree_stragglers(const struct launcher *launcher, const struct run *run)
{
	uint32_t alive;

	if (run->frame.containment == WIRE_CONTAIN_PROCESS)
		return 0;
	alive = tree_walk(launcher, launcher->proc_self, 0);
	alive -= run->init > 0 && alive > 0;
	return alive - (!run->done.reaped && run->pid > 0 && alive > 0);
}

void tree_kill(const struct launcher *launcher, struct run *run)
{
	uint64_t deadline = clock_us() + TREE_DRAIN_US;

	tree_reap(run);
	if (run->done.ended == WIRE_ENDED_SELF)
		run->done.stragglers = tree_stragglers(launcher, run);
	for (;;) {
		struct pollfd first = {.fd = run->done.reaped ? -1 : run->pidfd, .events = POLLIN};

		tree_kill_once(launcher, run);
		if (tree_reap(run) && tree_empty(run)) {
			run->done.drained = 1;
			break;
		}
		if (clock_us() > deadline)
			break;
		poll(&first, 1, 1); /* wakes at once when the first process ends */
	}
	/* What a namespace's tasks used since they were last looked at is lost with its init. */
	run->done.cpu_us =
		run->reaped_cpu_us > run->sampled_cpu_us ? run->reaped_cpu_us : run->sampled_cpu_us;
	if (run->frame.containment == WIRE_CONTAIN_CGROUP)
		leaf_account(run);
	if (!run->done.reaped)
		run->done.wall_us = clock_us() - run->begun_us;
}
