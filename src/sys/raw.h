/* SPDX-License-Identifier: MIT
 *
 * System calls without libc: a result is the kernel's own, negative errno on failure. For the
 * child between clone and execveat, which shares the launcher's memory and so must not touch its
 * errno, nor anything else libc keeps.
 */
#ifndef SYS_RAW_H
#define SYS_RAW_H

#include <errno.h>
#include <linux/sched.h>
#include <stdint.h>
#include <sys/syscall.h>

#if defined(__x86_64__)

static inline long raw_call6(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* clone or clone3 with a stack of the child's own: the child calls `entry` there, which does not
 * return. */
static inline long raw_spawn(long number, const long call[3], void (*entry)(void *), void *argument)
{
	register void *where __asm__("r12") = (void *)(uintptr_t)entry;
	register void *what __asm__("r13") = argument;
	long result;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r13, %%rdi\n\t"
			 "call *%%r12\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(result)
			 : "a"(number), "D"(call[0]), "S"(call[1]), "d"(call[2]), "r"(where),
			 "r"(what)
			 : "rcx", "r11", "memory");
	return result;
}

#elif defined(__aarch64__)

static inline long raw_call6(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

static inline long raw_spawn(long number, const long call[3], void (*entry)(void *), void *argument)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = call[0];
	register long x1 __asm__("x1") = call[1];
	register long x2 __asm__("x2") = call[2];
	register void *where __asm__("x20") = (void *)(uintptr_t)entry;
	register void *what __asm__("x21") = argument;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "mov x30, xzr\n\t"
			 "mov x0, x21\n\t"
			 "blr x20\n\t"
			 "brk #1\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(where), "r"(what)
			 : "memory");
	return x0;
}

#else
#error "x86-64 and aarch64 only"
#endif

/* What a child left on its stack when it was killed there is not the next one's. */
#ifdef __SANITIZE_ADDRESS__
void __asan_unpoison_memory_region(const volatile void *address, unsigned long size);
#define RAW_STACK_FRESH(address, size) \
	__asan_unpoison_memory_region((const void *)(uintptr_t)(address), size)
#else
#define RAW_STACK_FRESH(address, size) (void)0
#endif

/* Containers' system call profiles answer clone3 with ENOSYS, some with EPERM, because a filter
 * cannot read its flags. What clone can ask for is then asked of clone, whose pidfd comes where the
 * parent's thread number did (Linux 5.2); a cgroup to be born into it cannot name. */
static inline long raw_clone(const struct clone_args *args, void (*entry)(void *), void *argument)
{
	const long clone3[3] = {(long)(uintptr_t)args, (long)sizeof(*args), 0};
	const long clone[3] = {(long)(args->flags | args->exit_signal),
		(long)(args->stack + args->stack_size), (long)args->pidfd};
	long result;

	RAW_STACK_FRESH(args->stack, args->stack_size);
	result = raw_spawn(SYS_clone3, clone3, entry, argument);
	if ((result == -ENOSYS || result == -EPERM) && !(args->flags >> 32))
		result = raw_spawn(SYS_clone, clone, entry, argument);
	return result;
}
/* openat2(2), whose header cannot be included beside every other. */
struct raw_open_how {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};
#define RAW_RESOLVE_NO_MAGICLINKS UINT64_C(0x02)
#define RAW_RESOLVE_NO_SYMLINKS UINT64_C(0x04)
#define RAW_RESOLVE_IN_ROOT UINT64_C(0x10)

#define raw_call0(n) raw_call6((n), 0, 0, 0, 0, 0, 0)
#define raw_call1(n, a) raw_call6((n), (long)(a), 0, 0, 0, 0, 0)
#define raw_call2(n, a, b) raw_call6((n), (long)(a), (long)(b), 0, 0, 0, 0)
#define raw_call3(n, a, b, c) raw_call6((n), (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define raw_call4(n, a, b, c, d) raw_call6((n), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define raw_call5(n, a, b, c, d, e) \
	raw_call6((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

static inline long raw_prctl(int option, unsigned long argument)
{
	return raw_call5(SYS_prctl, option, argument, 0, 0, 0);
}

static inline void __attribute__((noreturn)) raw_exit(int status)
{
	for (;;)
		raw_call1(SYS_exit_group, status);
}

#endif
