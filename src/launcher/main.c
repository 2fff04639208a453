/* SPDX-License-Identifier: MIT
 *
 * bvisor-launcher: started by the library with an empty environment and one socket, speaks
 * wire/message.h, runs one workload at a time. Not a command for people.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/launcher.h"
#include "sys/raw.h"

static void main_note(struct launcher *launcher, enum machine_event event)
{
	struct wire_done *done = &launcher->run.done;

	if (done->moment_count < WIRE_TRANSCRIPT_MAX)
		done->moments[done->moment_count++] = (struct wire_moment){
			.at_us = (uint32_t)(clock_us() - launcher->run.begun_us),
			.state = (uint8_t)launcher->state,
			.event = (uint8_t)event,
		};
}

static void main_forget(struct run *run)
{
	if (run->pidfd >= 0)
		close(run->pidfd);
	if (run->init_pidfd >= 0)
		close(run->init_pidfd);
	if (run->storage >= 0)
		close(run->storage);
	if (run->channel >= 0)
		close(run->channel);
	if (run->channel_child >= 0)
		close(run->channel_child);
	verify_release(run);
}

/* The report is the last word on a run; if it cannot be sent the host is gone, and the leaf it
 * made is ours to remove. */
static void main_report(struct launcher *launcher)
{
	struct wire_message message = {.type = WIRE_DONE, .body.done = launcher->run.done};

	launcher->host_gone = launcher->host_gone || !census_send(launcher->host, &launcher->run) ||
		!channel_send(launcher->host, &message, -1);
	if (launcher->host_gone)
		leaf_remove(launcher, &launcher->run);
	main_forget(&launcher->run);
}

static bool main_begin(struct launcher *launcher, int memfd)
{
	struct run *run = &launcher->run;

	if (!verify_run(run, memfd))
		return false;
	census_begin(run);
	if (!clone_run(launcher, run))
		return false;
	run->proc_pid = launcher->same_numbers ? run->pid : proc_pid(launcher->proc, run->pidfd);
	if (run->init_pidfd >= 0)
		run->proc_init = proc_pid(launcher->proc, run->init_pidfd);
	watch_begin(run, launcher->cpus);
	return true;
}

/* Attested, told to the host, and only then released. */
static bool main_release(struct launcher *launcher)
{
	struct wire_message message = {.type = WIRE_STARTED};
	const char go = 1;

	if (!attest_run(launcher, &launcher->run, &message.body.attestation))
		return false;
	if (!storage_send(launcher->host, &launcher->run)) {
		launcher->host_gone = true;
		return false;
	}
	/* With the pidfd of what holds the tree: should we die, the host ends what the child's own
	 * parent-death signal does not, because a guest can take that off. An init ends after all
	 * that is in its namespace. */
	if (!channel_send(launcher->host, &message,
		    launcher->run.init_pidfd >= 0 ? launcher->run.init_pidfd
						  : launcher->run.pidfd)) {
		launcher->host_gone = true;
		return false;
	}
	return send(launcher->run.channel, &go, sizeof(go), MSG_NOSIGNAL) == (ssize_t)sizeof(go);
}

static void __attribute__((noreturn)) main_leave(struct launcher *launcher, int status)
{
	if (launcher->state != STATE_IDLE && launcher->run.pid > 0)
		tree_kill(launcher, &launcher->run);
	_exit(status);
}

static void main_handle(struct launcher *launcher, enum machine_event event)
{
	struct machine_cell cell = machine_step(launcher->state, event);

	main_note(launcher, event);
	switch (cell.action) {
	case ACTION_IGNORE:
	case ACTION_BEGIN:
		break;
	case ACTION_RELEASE:
		if (!main_release(launcher)) {
			main_handle(launcher, EVENT_FAILED);
			return;
		}
		break;
	case ACTION_KILL:
		/* A child that ends before it was released says why, or was killed. */
		if (launcher->state == STATE_SETUP && event == EVENT_EXITED) {
			launcher->run.done.ended = WIRE_ENDED_SETUP;
			launcher->run.done.stage = WIRE_STAGE_CLONE;
			launcher->run.done.errnum = ECHILD;
		}
		/* The last look, while those that have ended are not reaped. */
		if (launcher->state == STATE_RELEASED || launcher->state == STATE_RUNNING)
			census_look(launcher, &launcher->run);
		storage_look(&launcher->run);
		launcher->state = cell.next;
		if (event == EVENT_CANCEL || event == EVENT_HOST_GONE)
			launcher->run.done.ended = WIRE_ENDED_CANCEL;
		if (event == EVENT_EXITED)
			tree_reap_first(&launcher->run);
		tree_kill(launcher, &launcher->run);
		main_handle(launcher, EVENT_EMPTY);
		return;
	case ACTION_REPORT:
		main_report(launcher);
		break;
	case ACTION_LEAVE:
		main_leave(launcher, 0);
	case ACTION_FAULT:
	case ACTION_NONE:
		main_leave(launcher, 70);
	}
	launcher->state = cell.next;
	if (launcher->state == STATE_IDLE && launcher->host_gone)
		main_handle(launcher, EVENT_HOST_GONE);
}

static void main_run(struct launcher *launcher, int *fds, size_t count)
{
	struct run *run = &launcher->run;

	if (launcher->state != STATE_IDLE || count == 0)
		main_leave(launcher, 71);
	memset(run, 0, offsetof(struct run, argv));
	run->pidfd = run->init_pidfd = run->storage = run->channel = run->channel_child = -1;
	run->begun_us = clock_us();
	run->census.wanted = false;
	run->fd_count = count - 1;
	memcpy(run->fds, fds + 1, run->fd_count * sizeof(fds[0]));
	main_note(launcher, EVENT_RUN);
	if (main_begin(launcher, fds[0])) {
		launcher->state = STATE_SETUP;
	} else {
		/* Whatever was cloned before the failure does not outlive it. */
		tree_kill(launcher, run);
		main_report(launcher);
	}
	close(fds[0]);
}

static void main_probe(struct launcher *launcher, uint32_t wanted, const int *fds, size_t count)
{
	struct wire_message message = {.type = WIRE_PROBED};
	struct canary_given given = {.proc = launcher->proc};
	int userns = -1;

	if (launcher->state != STATE_IDLE || count > 1)
		main_leave(launcher, 72);
	given.cgroup = count ? fds[0] : -1;
	canary_probe(wanted, given, message.body.findings, &userns);
	if (count)
		close(fds[0]);
	if (!channel_send(launcher->host, &message, userns))
		main_leave(launcher, 0);
	if (userns >= 0)
		close(userns);
}

static void main_host_ended(struct launcher *launcher)
{
	launcher->host_gone = true;
	main_handle(launcher, EVENT_HOST_GONE);
}

static void main_message(struct launcher *launcher)
{
	static int fds[1 + WIRE_SLOTS_MAX];
	struct wire_message message;
	size_t count = 0;
	int got = channel_receive(launcher->host, &message, fds, 1 + WIRE_SLOTS_MAX, &count);

	if (got == 0)
		return;
	if (got < 0)
		main_host_ended(launcher);
	else if (message.type == WIRE_RUN)
		main_run(launcher, fds, count);
	else if (message.type == WIRE_PROBE)
		main_probe(launcher, message.body.canaries, fds, count);
	else if (message.type == WIRE_KILL && count == 0)
		main_handle(launcher, EVENT_CANCEL);
	else
		main_leave(launcher, 73);
}

/* The child's record, or the end of its pipe. */
static void main_status(struct launcher *launcher)
{
	struct run *run = &launcher->run;
	struct child_record record;
	ssize_t len = storage_receive(run, &record);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len == (ssize_t)sizeof(record) && record.step == CHILD_STORE)
		return;
	if (len == (ssize_t)sizeof(record) && record.step == CHILD_READY) {
		main_handle(launcher, EVENT_READY);
		return;
	}
	close(run->channel);
	run->channel = -1;
	/* A reset says the same as an end: the child is gone, and had not read everything. */
	if (len != (ssize_t)sizeof(record)) {
		verify_forget(run);
		main_handle(launcher, EVENT_EXECUTED);
		return;
	}
	run->done.ended = WIRE_ENDED_SETUP;
	run->done.stage = WIRE_STAGE_STEP;
	run->done.step = record.step;
	run->done.item = record.item;
	run->done.errnum = record.errnum;
	main_handle(launcher, EVENT_FAILED);
}

static int main_timeout(const struct launcher *launcher, struct timespec *ret)
{
	uint64_t now = clock_us(), next;

	if (launcher->state == STATE_IDLE)
		return 0;
	next = watch_next(&launcher->run);
	if (next == UINT64_MAX)
		return 0;
	next = next > now ? next - now : 0;
	*ret = (struct timespec){(time_t)(next / 1000000), (long)(next % 1000000) * 1000};
	return 1;
}

/* One turn. The child's record is read before its end is looked at, and either before the host:
 * so the order in which things happened is the order in which they are handled. */
static void main_turn(struct launcher *launcher)
{
	bool busy = launcher->state != STATE_IDLE;
	struct pollfd polled[4] = {
		{.fd = busy ? launcher->run.channel : -1, .events = POLLIN},
		{.fd = busy ? launcher->run.pidfd : -1, .events = POLLIN},
		{.fd = launcher->host, .events = POLLIN},
		{.fd = launcher->host_process, .events = POLLIN},
	};
	struct timespec timeout;
	int timed = main_timeout(launcher, &timeout);

	if (ppoll(polled, 4, timed ? &timeout : NULL, NULL) < 0 && errno != EINTR)
		main_leave(launcher, 74);
	if (polled[0].revents)
		main_status(launcher);
	else if (polled[1].revents)
		main_handle(launcher, EVENT_EXITED);
	else if (polled[3].revents)
		main_host_ended(launcher);
	else if (polled[2].revents)
		main_message(launcher);
	else if (busy && watch_look(launcher, &launcher->run))
		main_handle(launcher, EVENT_EXCEEDED);
}

/* All of them, by the kernel's own call: libc keeps 32 and 33 to itself and will not touch them,
 * but a caller may have been started with them ignored. Zero is SIG_DFL, no flag, an empty mask. */
static void main_signals(void)
{
	static const uint64_t fresh[4];
	sigset_t none;

	for (int signal = 1; signal < NSIG; signal++)
		if (signal != SIGKILL && signal != SIGSTOP)
			raw_call4(SYS_rt_sigaction, signal, fresh, NULL, sizeof(uint64_t));
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Descriptors at declared numbers may be as high as the hard limit allows. */
static void main_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

/* A caller that the kernel may not kill for memory hands that on (proc(5): oom_score_adj), and a
 * workload at its memory limit would then wait for ever instead of dying. Here, because what shares
 * our memory shares this too; and before we are undumpable, when the file becomes root's. */
static void main_mortal(void)
{
	int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	char text[16] = "";

	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) > 0 && text[0] == '-' && pwrite(fd, "0", 1, 0) != 1)
		text[0] = 0; /* the canary of the memory limit will tell */
	close(fd);
}

/* In a user and a pid namespace of our own. This process stays behind to end with the launcher,
 * and the launcher dies with it; whatever the launcher runs dies with the launcher, which is the
 * process 1 of the namespace. Where no user namespace can be had it is a launcher like any other,
 * and says why. */
static int main_namespace(uint32_t *ret_refused)
{
	int code, status;
	bool entered;
	pid_t pid;

	code = userns_enter(&entered);
	if (code && !entered) {
		*ret_refused = (uint32_t)code;
		return 0;
	}
	if (code)
		return code;
	if (unshare(CLONE_NEWPID))
		return errno;
	pid = fork();
	if (pid < 0)
		return errno;
	if (pid == 0)
		return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) ? errno : 0;
	close_range(0, ~0U, 0);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 75);
}

static unsigned int main_cpus(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 0;

	return count > 0 ? (unsigned int)count : 1024; /* too many only means looking too often */
}

/* The end of the socket tells that the host is gone, unless a process that the host forked still
 * holds a copy of it; so the host itself is watched as well. -1: it is outside of our namespace. */
static int main_watch_host(void)
{
	struct ucred host;
	socklen_t len = sizeof(host);

	if (getsockopt(LAUNCHER_SOCKET, SOL_SOCKET, SO_PEERCRED, &host, &len) || host.pid <= 0)
		return -1;
	return (int)syscall(SYS_pidfd_open, host.pid, 0);
}

static int main_open(struct launcher *launcher)
{
	char self[24] = "";

	launcher->host = LAUNCHER_SOCKET;
	launcher->cpus = main_cpus();
	launcher->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	launcher->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	launcher->namespace = open("/proc/thread-self/ns/pid", O_RDONLY | O_CLOEXEC);
	if (launcher->root < 0 || launcher->proc < 0 || launcher->namespace < 0 ||
		readlinkat(launcher->proc, "self", self, sizeof(self) - 1) < 0)
		return errno;
	launcher->proc_self = (pid_t)strtol(self, NULL, 10);
	if (!attest_namespaces(launcher->proc, launcher->proc_self, launcher->namespaces))
		return errno;
	launcher->same_numbers = launcher->proc_self == getpid();
	return 0;
}

int main(int argc, char **argv)
{
	static struct launcher launcher;
	struct wire_message hello = {.type = WIRE_HELLO, .body.hello.protocol = WIRE_PROTOCOL};
	struct stat st;
	int code = 0;

	if (fstat(LAUNCHER_SOCKET, &st) || !S_ISSOCK(st.st_mode)) {
		static const char text[] =
			"bvisor-launcher: started by the bvisor library, not by hand\n";

		return write(2, text, sizeof(text) - 1) < 0 ? 63 : 64;
	}
	if (fcntl(LAUNCHER_SOCKET, F_SETFD, FD_CLOEXEC) || close_range(LAUNCHER_SOCKET + 1, ~0U, 0))
		return 65;
	main_signals();
	main_limits();
	main_mortal();
	launcher.host_process = main_watch_host();
	if (argc > 1 && strcmp(argv[1], "--namespace") == 0)
		code = main_namespace(&hello.body.hello.namespace_errnum);
	if (!code)
		code = (int)-identity_drop_bounding();
	if (!code &&
		(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)))
		code = errno;
	if (!code)
		code = main_open(&launcher);
	/* An errno value where the protocol's number is expected: the host says so, and stops. */
	if (code)
		hello.body.hello.protocol = 0x80000000U | (uint32_t)code;
	if (!channel_send(LAUNCHER_SOCKET, &hello, -1) || code)
		return 66;
	for (;;)
		main_turn(&launcher);
}
