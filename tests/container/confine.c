/* SPDX-License-Identifier: MIT
 *
 * confine: runs a program the way a container engine's default does, as far as it matters to one
 * that wants to make boundaries of its own: the system call profile, the capabilities, namespaces,
 * a /proc with masked and read-only paths, a read-only /sys and cgroup. It is not a container and
 * keeps nothing from anyone; it takes away, so that tests see what is left.
 *
 *     confine [-p docker|podman] [-ciumn] [-a CALL]... [-d CALL]... [--] PROGRAM...
 *
 *     -p  whose profile (docker)               -a  allow a call that the profile blocks, or "all":
 *     -c  no capability at all                     what a profile of one's own would
 *     -u  as an ordinary user                  -d  answer a call with ENOSYS: an engine older
 *     -n  no new privileges                        than the call
 *     -m  /proc not masked
 *     -i  under an init that reaps
 *
 * Root does it directly. A user does it in a user namespace of its own, like a rootless engine.
 * The program is process 1, as it is in a container, unless -i puts an init before it. A machine
 * where this cannot be had answers 77, with the reason.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#else
#define NATIVE AUDIT_ARCH_AARCH64
#endif

#define NONE (-1)
#define CALLS_MAX 160
#define BIT(capability) (UINT64_C(1) << (capability))
/* Numbers above were given after the profiles were written: the engines answer ENOSYS. */
#define NEWEST_KNOWN 450
#define NAMESPACES \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
		CLONE_NEWPID | CLONE_NEWNET)

struct call {
	const char *name;
	unsigned int number;
	int answers[2]; /* of Docker, of Podman */
	int capability;
};

static const struct call profile[] = {
#define CALL(name, docker, podman, capability) {#name, SYS_##name, {docker, podman}, capability},
#include "profile.def"
#undef CALL
};

/* What a container has by default: Docker's list; Podman's is the same without the last three. */
static const uint64_t docker_capabilities = BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) |
	BIT(CAP_FSETID) | BIT(CAP_FOWNER) | BIT(CAP_SETGID) | BIT(CAP_SETUID) | BIT(CAP_SETFCAP) |
	BIT(CAP_SETPCAP) | BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SYS_CHROOT) | BIT(CAP_KILL) |
	BIT(CAP_MKNOD) | BIT(CAP_NET_RAW) | BIT(CAP_AUDIT_WRITE);
static const uint64_t podman_lacks = BIT(CAP_MKNOD) | BIT(CAP_NET_RAW) | BIT(CAP_AUDIT_WRITE);

struct options {
	bool podman, bare, user, no_new_privs, unmasked, init, allow_all;
	const char *allowed[16], *denied[16];
	unsigned int allowed_count, denied_count;
};

static void __attribute__((noreturn, format(printf, 2, 3))) leave(int status, const char *fmt, ...)
{
	int number = errno;
	va_list args;

	va_start(args, fmt);
	fputs(status == 77 ? "# skip: " : "confine: ", stderr);
	vfprintf(stderr, fmt, args);
	fprintf(stderr, ": %s\n", strerror(number));
	va_end(args);
	_exit(status);
}

static bool listed(const char *const *list, unsigned int count, const char *name)
{
	for (unsigned int i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/* Namespaces and mounts. */

static void map(const char *file, unsigned int inside, unsigned int outside)
{
	char text[48];
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	int len = snprintf(text, sizeof(text), "%u %u 1\n", inside, outside);

	if (fd < 0 || write(fd, text, (size_t)len) != len)
		leave(77, "%s cannot be written", file);
	close(fd);
}

static void enter(const struct options *options)
{
	const int flags = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
		CLONE_NEWPID | CLONE_NEWNET;
	unsigned int uid = geteuid(), gid = getegid();
	int fd;

	if (uid == 0) {
		if (unshare(flags))
			leave(77, "no namespaces for root here");
		return;
	}
	if (unshare(CLONE_NEWUSER | flags))
		leave(77, "no user namespace for a user here");
	fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "deny", 4) != 4)
		leave(77, "setgroups cannot be denied");
	close(fd);
	map("/proc/self/uid_map", options->user ? 1000 : 0, uid);
	map("/proc/self/gid_map", options->user ? 1000 : 0, gid);
}

/* A fresh network namespace has its loopback down; engines bring it up. */
static void loopback(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
		leave(77, "the loopback cannot be brought up");
	close(fd);
}

static void mask(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return;
	if (S_ISDIR(st.st_mode) ? mount("tmpfs", path, "tmpfs", MS_RDONLY, "size=0")
				: mount("/dev/null", path, NULL, MS_BIND, NULL))
		leave(77, "%s cannot be masked", path);
}

static void read_only(const char *path)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY;

	if (access(path, F_OK))
		return;
	if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) ||
		mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | flags, NULL))
		leave(77, "%s cannot be made read-only", path);
}

static void mounts(const struct options *options)
{
	static const char *const masked[] = {"/proc/acpi", "/proc/kcore", "/proc/keys",
		"/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
		"/proc/scsi", "/proc/interrupts", "/sys/firmware"};
	static const char *const readonly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
		"/proc/sysrq-trigger"};
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL))
		leave(77, "mounts cannot be made private");
	if (mount("proc", "/proc", "proc", flags, NULL))
		leave(77, "no /proc of its own can be mounted");
	if (mount("sysfs", "/sys", "sysfs", flags | MS_RDONLY, NULL) ||
		mount("cgroup", "/sys/fs/cgroup", "cgroup2", flags | MS_RDONLY, NULL))
		leave(77, "no /sys and cgroup of its own can be mounted");
	if (options->unmasked)
		return;
	for (size_t i = 0; i < sizeof(masked) / sizeof(masked[0]); i++)
		mask(masked[i]);
	for (size_t i = 0; i < sizeof(readonly) / sizeof(readonly[0]); i++)
		read_only(readonly[i]);
}

/* The filter: one comparison and one answer for each call that is not simply allowed. */

struct program {
	struct sock_filter code[2 * CALLS_MAX + 16];
	unsigned short count;
};

static void emit(struct program *p, struct sock_filter instruction)
{
	p->code[p->count++] = instruction;
}

static void answer(struct program *p, unsigned int number, int errnum)
{
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
	emit(p,
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
			SECCOMP_RET_ERRNO | (unsigned int)errnum));
}

static void clone_rules(struct program *p, const struct options *options)
{
	const char *const *allowed = options->allowed;

	/* Without the word that holds the flags it is refused; podman lets both through. */
	if (options->podman)
		return;
	if (!listed(allowed, options->allowed_count, "clone3"))
		answer(p, SYS_clone3, ENOSYS);
	if (listed(allowed, options->allowed_count, "clone"))
		return;
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4));
	emit(p,
		(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, args[0])));
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1));
	emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
	emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
}

static void filter(const struct options *options, uint64_t capabilities)
{
	static struct program p;
	struct sock_fprog program = {.filter = p.code};

	if (options->allow_all)
		return;
	emit(&p,
		(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, arch)));
	emit(&p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0));
	emit(&p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	emit(&p,
		(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)));
	for (size_t i = 0; i < sizeof(profile) / sizeof(profile[0]); i++) {
		const struct call *call = &profile[i];
		int errnum = call->answers[options->podman];

		if (listed(options->denied, options->denied_count, call->name))
			errnum = ENOSYS;
		else if (listed(options->allowed, options->allowed_count, call->name) ||
			(call->capability != NONE && (capabilities & BIT(call->capability))))
			errnum = 0;
		if (errnum)
			answer(&p, call->number, errnum);
	}
	clone_rules(&p, options);
	emit(&p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, NEWEST_KNOWN, 0, 1));
	emit(&p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
	emit(&p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	program.len = p.count;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		leave(77, "no filter can be installed");
}

/* Who it is, last: what came before needed more. */
static void identity(const struct options *options, uint64_t capabilities)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};
	bool mapped = geteuid() != 1000;

	for (int i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (!(capabilities & BIT(i)) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0))
			leave(1, "capability %d stays in the bounding set", i);
	if (options->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		leave(1, "no_new_privs");
	if (options->user && mapped &&
		(setgroups(0, NULL) || setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000)))
		leave(1, "cannot become a user");
	if (options->user)
		capabilities = 0;
	data[0].effective = data[0].permitted = (uint32_t)capabilities;
	data[1].effective = data[1].permitted = (uint32_t)(capabilities >> 32);
	if (syscall(SYS_capset, &header, data))
		leave(1, "capabilities cannot be dropped");
}

static void add(const char **list, unsigned int *count, const char *name)
{
	bool known = strcmp(name, "clone") == 0 || strcmp(name, "clone3") == 0;

	for (size_t i = 0; i < sizeof(profile) / sizeof(profile[0]); i++)
		known = known || strcmp(name, profile[i].name) == 0;
	errno = known ? E2BIG : ENOENT;
	if (!known || *count == 16)
		leave(2, "%s", name);
	list[(*count)++] = name;
}

static void parse(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt(argc, argv, "+p:cunmia:d:")) >= 0) {
		switch (option) {
		case 'p':
			options->podman = strcmp(optarg, "podman") == 0;
			break;
		case 'c':
			options->bare = true;
			break;
		case 'u':
			options->user = true;
			break;
		case 'n':
			options->no_new_privs = true;
			break;
		case 'i':
			options->init = true;
			break;
		case 'm':
			options->unmasked = true;
			break;
		case 'a':
			options->allow_all |= strcmp(optarg, "all") == 0;
			if (!options->allow_all)
				add(options->allowed, &options->allowed_count, optarg);
			break;
		case 'd':
			add(options->denied, &options->denied_count, optarg);
			break;
		default:
			_exit(2);
		}
	}
}

static int wait_for(pid_t pid)
{
	int status = 0;
	pid_t ended;

	do
		ended = wait(&status);
	while (ended != pid && (ended >= 0 || errno == EINTR));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void __attribute__((noreturn))
inside(const struct options *options, uint64_t capabilities, char **program)
{
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	mounts(options);
	loopback();
	filter(options, capabilities);
	identity(options, capabilities);
	pid = options->init ? fork() : 0;
	if (pid > 0)
		_exit(wait_for(pid));
	if (pid == 0)
		execvp(program[0], program);
	leave(127, "%s", program[0]);
}

int main(int argc, char **argv)
{
	struct options options = {0};
	uint64_t capabilities = docker_capabilities;
	pid_t pid;

	parse(argc, argv, &options);
	if (optind == argc)
		return 2;
	if (options.podman)
		capabilities &= ~podman_lacks;
	if (options.bare)
		capabilities = 0;
	enter(&options);
	pid = fork();
	if (pid < 0)
		leave(77, "no process can be made");
	if (pid == 0)
		inside(&options, capabilities, argv + optind);
	return wait_for(pid);
}
