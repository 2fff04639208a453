/* SPDX-License-Identifier: MIT
 *
 * Whole calls by name. The looks at arguments are in oracle_arguments.c.
 */
#include "oracle.h"

#include <errno.h>

#include <linux/audit.h>

#include "names.h"
#include "oracle_arguments.h"
#include "unit.h"

#define END NULL

/* Authority that no program under the baseline has. */
static const char *const baseline[] = {
	/* namespaces and mounts */
	"setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree",
	"open_tree_attr", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
	/* work that no filter sees, and programs in the kernel */
	"io_uring_setup", "io_uring_enter", "io_uring_register", "bpf", "userfaultfd",
	"perf_event_open", "vmsplice",
	/* keys */
	"add_key", "request_key", "keyctl",
	/* the machine */
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
	"swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "syslog", "vhangup", "iopl",
	"ioperm", "modify_ldt", "sethostname", "setdomainname", "lsm_set_self_attr",
	/* clocks */
	"settimeofday", "clock_settime", "adjtimex", "clock_adjtime",
	/* files by handle, and watches over whole mounts */
	"open_by_handle_at", "fanotify_init", "fanotify_mark", END};

/* Obsolete, or lists of the host's mounts and namespaces, for which /proc is the substitute. */
static const char *const baseline_nosys[] = {"lookup_dcookie", "nfsservctl", "uselib", "ustat",
	"sysfs", "_sysctl", "create_module", "get_kernel_syms", "query_module", "getpmsg",
	"putpmsg", "afs_syscall", "tuxcall", "security", "set_thread_area", "get_thread_area",
	"epoll_ctl_old", "epoll_wait_old", "vserver", "remap_file_pages", "statmount", "listmount",
	"listns", END};

static const char *const network[] = {"io_uring_setup", "io_uring_enter", "io_uring_register", END};

static const char *const ipc[] = {"shmget", "shmat", "shmctl", "shmdt", "semget", "semop", "semctl",
	"semtimedop", "msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink",
	"mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr", "add_key", "request_key",
	"keyctl", "io_uring_setup", "io_uring_enter", "io_uring_register", END};

static const char *const processes[] = {"ptrace", "process_vm_readv", "process_vm_writev",
	"pidfd_getfd", "pidfd_open", "pidfd_send_signal", "kcmp", "process_madvise",
	"process_mrelease", "move_pages", "migrate_pages", "perf_event_open", "open_by_handle_at",
	END};

static const char *const processes_nosys[] = {"listns", END};

static const char *const modes[] = {"chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown",
	"lchown", "fchownat", "setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr",
	"lremovexattr", "fremovexattr", "removexattrat", "io_uring_setup", "io_uring_enter",
	"io_uring_register", END};

static const char *const set_id[] = {"io_uring_setup", "io_uring_enter", "io_uring_register", END};

static const char *const opening_nosys[] = {"openat2", END};

static const char *const metadata[] = {"file_setattr", "inotify_init", "inotify_init1",
	"inotify_add_watch", "inotify_rm_watch", "fanotify_init", "fanotify_mark",
	"name_to_handle_at", "open_by_handle_at", "io_uring_setup", "io_uring_enter",
	"io_uring_register", END};

static const char *const times[] = {"utime", "utimes", "futimesat", "utimensat", END};

static const char *const truncating[] = {"truncate", "open_by_handle_at", "io_uring_setup",
	"io_uring_enter", "io_uring_register", END};

static const char *const truncating_nosys[] = {"openat2", END};

static const char *const devices[] = {"io_uring_setup", "io_uring_enter", "io_uring_register", END};

static const char *const memory[] = {"memfd_create", "memfd_secret", "shmget", "io_uring_setup",
	"io_uring_enter", "io_uring_register", END};

static const char *const signals[] = {"pidfd_send_signal", "ptrace", END};

static const char *const nobody[] = {END};

static const char *const deny[] = {"clone", "fork", "vfork", "io_uring_setup", "io_uring_enter",
	"io_uring_register", END};

static const char *const threads[] = {"fork", "vfork", END};

static const char *const spawn_nosys[] = {"clone3", END};

struct rule {
	uint32_t flag;
	const char *const *eperm;
	const char *const *enosys;
};

static const struct rule by_flag[] = {
	{BV_FILTER_BASELINE, baseline, baseline_nosys},
	{BV_FILTER_NO_NETWORK, network, nobody},
	{BV_FILTER_IPC_PRIVATE, ipc, nobody},
	{BV_FILTER_HIDE_PROCESSES, processes, processes_nosys},
	{BV_FILTER_METADATA, metadata, nobody},
	{BV_FILTER_TRUNCATE, truncating, truncating_nosys},
	{BV_FILTER_IOCTL_DEV, devices, nobody},
	{BV_FILTER_NO_MEMFD, memory, nobody},
	{BV_FILTER_NO_SIGNALS, signals, nobody},
	{BV_FILTER_NO_WRITE_EXEC, nobody, nobody},
	{BV_FILTER_TIMES, times, nobody},
	{BV_FILTER_MODES, modes, nobody},
	{BV_FILTER_SET_ID, set_id, nobody},
	{BV_FILTER_OPENAT2, nobody, opening_nosys},
};

static const struct rule by_spawn[] = {
	{BV_FILTER_SPAWN_DENY, deny, spawn_nosys},
	{BV_FILTER_SPAWN_THREADS, threads, spawn_nosys},
	{BV_FILTER_SPAWN_DESCENDANTS, nobody, spawn_nosys},
};

/* The lists, looked up once for each number, because they are asked millions of times. */
struct fact {
	uint32_t flags_eperm, flags_enosys;
	uint32_t spawn_eperm, spawn_enosys;
	oracle_look look;
	bool known;
};

static bool listed(const char *const *list, const char *name)
{
	while (*list && strcmp(*list, name))
		list++;
	return *list != NULL;
}

static struct fact fact_make(const char *name)
{
	struct fact fact = {.known = true, .look = oracle_look_find(name)};

	for (size_t i = 0; i < sizeof(by_flag) / sizeof(by_flag[0]); i++) {
		fact.flags_eperm |= listed(by_flag[i].eperm, name) ? by_flag[i].flag : 0;
		fact.flags_enosys |= listed(by_flag[i].enosys, name) ? by_flag[i].flag : 0;
	}
	for (size_t i = 0; i < sizeof(by_spawn) / sizeof(by_spawn[0]); i++) {
		uint32_t bit = UINT32_C(1) << by_spawn[i].flag;

		fact.spawn_eperm |= listed(by_spawn[i].eperm, name) ? bit : 0;
		fact.spawn_enosys |= listed(by_spawn[i].enosys, name) ? bit : 0;
	}
	return fact;
}

static const struct fact *fact_of(enum bv_filter_arch arch, int number)
{
	static struct fact facts[2][NAMES_MAX];
	static const struct fact unknown;
	static bool made[2];
	const struct names *names = names_of(arch);

	for (int i = 0; !made[arch] && i < NAMES_MAX; i++) {
		if (names_at(names, i))
			facts[arch][i] = fact_make(names_at(names, i));
	}
	made[arch] = true;
	return number >= 0 && number < NAMES_MAX ? &facts[arch][number] : &unknown;
}

/* Entered by this machine's own ABI? x32 has bit 30; what is larger still has no meaning. */
static bool native(enum bv_filter_arch arch, const struct seccomp_data *data)
{
	switch (arch) {
	case BV_FILTER_X86_64:
		return data->arch == AUDIT_ARCH_X86_64 &&
			(data->nr == -1 || (uint32_t)data->nr < 0x40000000);
	case BV_FILTER_AARCH64:
		return data->arch == AUDIT_ARCH_AARCH64;
	}
	return false;
}

static uint32_t refusal(int errnum)
{
	return SECCOMP_RET_ERRNO | (uint32_t)errnum;
}

uint32_t oracle_answer(const struct bv_filter_policy *policy, uint32_t self,
	const struct seccomp_data *data)
{
	const struct fact *fact = fact_of(policy->arch, data->nr);
	uint32_t spawn = UINT32_C(1) << policy->spawn;
	int errnum = 0;

	if (!native(policy->arch, data))
		return SECCOMP_RET_KILL_PROCESS;
	if (!fact->known)
		return policy->flags & BV_FILTER_BASELINE ? refusal(ENOSYS) : SECCOMP_RET_ALLOW;
	if (fact->flags_eperm & policy->flags || fact->spawn_eperm & spawn)
		return refusal(EPERM);
	if (fact->flags_enosys & policy->flags || fact->spawn_enosys & spawn)
		return refusal(ENOSYS);
	if (fact->look)
		errnum = fact->look(policy, self, data->args);
	return errnum ? refusal(errnum) : SECCOMP_RET_ALLOW;
}

bool oracle_looks(const char *name)
{
	return oracle_look_find(name) != NULL;
}
