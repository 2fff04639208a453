/* SPDX-License-Identifier: MIT
 *
 * The classes.
 */
#include "grid.h"

#include "unit.h"

struct axis {
	int arg;
	size_t count;
	const uint32_t *values;
};

#define AXES_MAX 3

struct grid {
	const char *name;
	struct axis axes[AXES_MAX];
};

static const uint32_t clone_flags[] = {0, 0x11, 0x100, 0x80, 0x3d0f00, 0x10000, 0x10011, 0x50f00,
	0x8000, 0x18000, 0x20000, 0x30000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000,
	0x40000000, 0x7e030000, 0x1200011, 0x4111, 0x80000000, 0xffffffff};
static const uint32_t unshare_flags[] = {0, 0x200, 0x400, 0x40000, 0x40600, 0x80, 0x100, 0x800,
	0x10000, 0x20000, 0x20200, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000,
	0x40000000, 0x80000000, 0xffffffff};
static const uint32_t families[] = {0, 1, 2, 3, 4, 9, 10, 11, 15, 16, 17, 29, 30, 38, 40, 43, 44,
	45, 0x80000001, 0xffffffff};
static const uint32_t types[] = {0, 1, 2, 3, 4, 5, 6, 10, 0x80001, 0x80802, 0x80003, 0x80005, 0x11,
	0xffffffff};
static const uint32_t protocols[] = {0, 1, 2, 5, 6, 7, 15, 17, 33, 58, 59, 132, 136, 255, 262,
	0x80000000, 0xffffffff};
static const uint32_t requests[] = {0, 0x5400, 0x5401, 0x5402, 0x5403, 0x5404, 0x5405, 0x540e,
	0x540f, 0x5410, 0x5411, 0x5412, 0x5413, 0x5414, 0x541a, 0x541b, 0x541c, 0x541d, 0x541e,
	0x5420, 0x5421, 0x5422, 0x5423, 0x5424, 0x5428, 0x5429, 0x542a, 0x544f, 0x5450, 0x5451,
	0x5452, 0x5453, 0x80045430, 0x802c542a, 0x402c542a, 0x402c542b, 0x402c542c, 0x402c542d,
	0x402c542e, 0x8900, 0x8901, 0x8902, 0x8903, 0x8912, 0x8927, 0x40049409, 0x4020940d,
	0xc0189436, 0x5000940e, 0x9400, 0x80086601, 0x40086602, 0xc020660b, 0x40046602, 0x80087601,
	0x40087602, 0x801c581f, 0x401c5820, 0xc0045877, 0x80047210, 0x40047211, 0xf501, 0xf5ff,
	0xbc10, 0xbd10, 0x6500, 0x6700, 0x5700, 0x5900, 0x7100, 0x7300, 0x7500, 0x7700, 0x9300,
	0x9500, 0x85412, 0x80005412, 0xffffffff};
static const uint32_t commands[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 16, 36, 37, 38, 1023,
	1024, 1025, 1026, 1027, 1030, 1031, 1033, 1039, 1040, 1041, 0x80000008, 0xffffffff};
static const uint32_t options[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
	19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41,
	42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66,
	67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 0x53564d40, 0x53564d41, 0x53564d42,
	0x41555855, 0x41555856, 0x41555857, 0x59616d61, 0x80000001, 0xffffffff};
static const uint32_t filter_flags[] = {0, 1, 2, 4, 7, 8, 9, 0x10, 0x18, 0x20, 0x80000008,
	0xffffffff};
static const uint32_t personas[] = {0, 1, 7, 8, 9, 0x20000, 0x40000, 0x400000, 0x400008, 0x7fffff,
	0x80000000, 0xfffffffe, 0xffffffff};
static const uint32_t open_flags[] = {0, 1, 2, 3, 0x40, 0x41, 0x200, 0x201, 0x202, 0x203, 0x240,
	0x241, 0x242, 0x80000, 0x80200, 0x80241, 0x200000, 0x200200, 0x410000, 0x400001, 0x100,
	0x400, 0xffffffff};
static const uint32_t modes[] = {0, 0644, 0x1000, 0x11b4, 0x2000, 0x21b4, 0x2fff, 0x3000, 0x4000,
	0x6000, 0x61b4, 0x7000, 0x8000, 0x81a4, 0xa000, 0xc000, 0xe000, 0xf000, 0x89ed, 0x85ed,
	0x10c00, 0x12000, 0x16000, 0xffff0000, 0xffffffff};
/* Of what an open makes, and for chmod(2). */
static const uint32_t bits[] = {0, 0755, 01777, 02000, 04755, 0x10800, 0xf7ff, 0xf3ff, 0xffffffff};
static const uint32_t protections[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 0x1000000, 0x1000004, 0xfffffffb,
	0xffffffff};
static const uint32_t map_flags[] = {0, 1, 2, 3, 8, 0x20, 0x21, 0x22, 0x23, 0x28, 0x11, 0x31, 0x32,
	0x40021, 0x40022, 0x20022, 0x80021, 0xffffffde, 0xffffffff};
static const uint32_t attach_flags[] = {0, 0x1000, 0x2000, 0x4000, 0x8000, 0xf000, 0xffff7fff,
	0xffffffff};
static const uint32_t ids[] = {0, 1, 2, GRID_SELF - 1, GRID_SELF, GRID_SELF + 1, 0x7fffffff,
	0x80000000, (uint32_t)-GRID_SELF, 0xffffffff};
static const uint32_t whose[] = {0, 1, 2, 3, 0xffffffff};

#define AXIS(arg, values) \
	{ \
		arg, sizeof(values) / sizeof((values)[0]), values \
	}

static const struct grid anything = {"", {{0}}};

static const struct grid grids[] = {
	{"clone", {AXIS(0, clone_flags)}},
	{"unshare", {AXIS(0, unshare_flags)}},
	{"socket", {AXIS(0, families), AXIS(1, types), AXIS(2, protocols)}},
	{"socketpair", {AXIS(0, families), AXIS(1, types)}},
	{"ioctl", {AXIS(1, requests)}},
	{"fcntl", {AXIS(1, commands)}},
	{"prctl", {AXIS(0, options)}},
	{"seccomp", {AXIS(0, whose), AXIS(1, filter_flags)}},
	{"personality", {AXIS(0, personas)}},
	{"open", {AXIS(1, open_flags), AXIS(2, bits)}},
	{"openat", {AXIS(2, open_flags), AXIS(3, bits)}},
	{"creat", {AXIS(1, bits)}},
	{"chmod", {AXIS(1, bits)}},
	{"fchmod", {AXIS(1, bits)}},
	{"fchmodat", {AXIS(2, bits)}},
	{"fchmodat2", {AXIS(2, bits)}},
	{"mknod", {AXIS(1, modes)}},
	{"mknodat", {AXIS(2, modes)}},
	{"mmap", {AXIS(2, protections), AXIS(3, map_flags)}},
	{"mprotect", {AXIS(2, protections)}},
	{"pkey_mprotect", {AXIS(2, protections)}},
	{"shmat", {AXIS(2, attach_flags)}},
	{"prlimit64", {AXIS(0, ids)}},
	{"sched_setparam", {AXIS(0, ids)}},
	{"sched_setscheduler", {AXIS(0, ids)}},
	{"sched_setaffinity", {AXIS(0, ids)}},
	{"sched_setattr", {AXIS(0, ids)}},
	{"get_robust_list", {AXIS(0, ids)}},
	{"setpriority", {AXIS(0, whose), AXIS(1, ids)}},
	{"ioprio_set", {AXIS(0, whose), AXIS(1, ids)}},
	{"kill", {AXIS(0, ids)}},
	{"tkill", {AXIS(0, ids)}},
	{"tgkill", {AXIS(0, ids)}},
	{"rt_sigqueueinfo", {AXIS(0, ids)}},
	{"rt_tgsigqueueinfo", {AXIS(0, ids)}},
};

const struct grid *grid_of(const char *name)
{
	for (size_t i = 0; name && i < sizeof(grids) / sizeof(grids[0]); i++) {
		if (!strcmp(grids[i].name, name))
			return &grids[i];
	}
	return &anything;
}

size_t grid_size(const struct grid *grid)
{
	size_t size = 2;

	for (int i = 0; i < AXES_MAX && grid->axes[i].count; i++)
		size *= grid->axes[i].count;
	return size;
}

void grid_at(const struct grid *grid, size_t i, __u64 args[6])
{
	bool dirty = i % 2;

	/* What no axis names is zero or garbage, whole. */
	for (int arg = 0; arg < 6; arg++)
		args[arg] = dirty ? UINT64_C(0xdeadbeef9e3779b9) : 0;
	i /= 2;
	for (int axis = 0; axis < AXES_MAX && grid->axes[axis].count; axis++) {
		const struct axis *a = &grid->axes[axis];
		uint64_t upper = dirty ? UINT64_C(0xdeadbeef00000000) : 0;

		args[a->arg] = upper | a->values[i % a->count];
		i /= a->count;
	}
}

uint32_t grid_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 32);
}
