/* SPDX-License-Identifier: MIT
 *
 * What the report says was used, against what the host measured itself; the budgets of nothing at
 * all; and memory as the cause of a death, told from a kill.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include "oracle.h"

static void limit(struct oracle *o, enum bv_dimension dimension, uint64_t value,
	enum bv_enforcement guarantee)
{
	o->spec.budgets[dimension].limit = value;
	o->spec.budgets[dimension].guarantee = guarantee;
}

static uint64_t measured(const struct oracle *o, enum bv_dimension dimension)
{
	uint64_t value = 0;

	assert_true(bv_report_usage(o->report, dimension, &value));
	return value;
}

static void every_budget_has_its_measured_use(void **state)
{
	struct oracle *o = *state;

	for (int spawn = 0; spawn < 3; spawn++) {
		o->spec.spawn = (enum bv_spawn)spawn;
		oracle_attempts(o, "alive");
		oracle_again(o);
		oracle_run(o);
		oracle_completed(o, 0);
		for (int i = 0; i < BV_DIMENSION_COUNT; i++)
			(void)measured(o, (enum bv_dimension)i);
		assert_true(measured(o, BV_WALL) > 0 && measured(o, BV_CPU) > 0);
		assert_true(measured(o, BV_MEMORY) > 0);
		assert_in_range(measured(o, BV_TASKS), 1, 1);
		assert_in_range(measured(o, BV_HANDLES), 3, 16);
		assert_false(oracle_report_has(o, "\"measured\":null"));
		assert_false(oracle_report_has(o, "\"source\":\"\""));
	}
}

static void look_at_the_use(struct oracle *o)
{
	char text[4096];

	assert_int_equal(world_processes(o->marker, &o->pid, 1), 1);
	assert_true(world_proc(o->pid, "status", text, sizeof(text)));
	o->seen[0] = world_number(text, "VmHWM:\t");
	world_sleep(50); /* longer than between two samples */
}

static void memory_and_handles_are_no_less_than_the_host_saw(void **state)
{
	struct oracle *o = *state;

	o->spec.evidence |= BV_EVIDENCE_BIT(BV_EVIDENCE_RESOURCE_USAGE);
	oracle_attempts(o, "memory 20 handles 40 say ready wait-input");
	oracle_hold(o, look_at_the_use);
	oracle_run(o);
	oracle_completed(o, 0);
	assert_true(o->seen[0] >= 20 << 10);
	/* Both are the kernel's, which adds up what each processor counted now and then. */
	assert_true(measured(o, BV_MEMORY) + (1 << 20) >= (uint64_t)o->seen[0] * 1024);
	assert_true(measured(o, BV_HANDLES) >= 40);
	assert_true(oracle_report_has(o, "open handles between two samples"));
}

static void nothing_can_be_kept_where_storage_is_zero(void **state)
{
	struct oracle *o = *state;

	limit(o, BV_STORAGE, 0, BV_ENFORCED);
	oracle_attempts(o, "create file mkdir dir tmpfile . create /tmp/file-of-the-oracle");
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_no_line(o, "create=OK");
	oracle_no_line(o, "mkdir=OK");
	oracle_no_line(o, "tmpfile=OK");
	assert_false(world_exists(o, "file"));
	assert_int_equal(access("/tmp/file-of-the-oracle", F_OK), -1);
	assert_int_equal(measured(o, BV_STORAGE), 0);
	/* What the caller grants is the caller's, and none of the boundary's. */
	world_mkdir(o, "granted");
	oracle_grant(o, "granted", BV_READ | BV_WRITE);
	oracle_attempts(o, "create granted/file");
	oracle_again(o);
	oracle_run(o);
	oracle_completed(o, 0);
	world_same(o, "granted/file", "guest");
	assert_int_equal(measured(o, BV_STORAGE), 0);
}

static void the_temporary_root_stops_hard_and_is_measured(void **state)
{
	struct oracle *o = *state;

	oracle_needs("view.canary", 0);
	o->spec.temp_root = 1;
	o->spec.temp_path = "/tmp";
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	limit(o, BV_STORAGE, 1 << 20, BV_ENFORCED);
	oracle_grant_system(o);
	oracle_program(o, "/bin/sh", "-c",
		"dd if=/dev/zero of=/tmp/f bs=4096 count=100 2>/dev/null && echo fits; "
		"sleep 0.1; rm /tmp/f; "
		"dd if=/dev/zero of=/tmp/f bs=65536 count=100 2>&1 | grep -o 'No space left'; "
		"rm /tmp/f; dd if=/dev/zero of=/tmp/f bs=4096 count=10 2>/dev/null && echo again",
		NULL);
	oracle_run(o);
	oracle_completed(o, 0);
	assert_string_equal(o->out, "fits\nNo space left\nagain\n");
	assert_in_range(measured(o, BV_STORAGE), 100 * 4096, 1 << 20);
	oracle_program(o, "/bin/sh", "-c", "echo small > /tmp/f", NULL);
	oracle_again(o);
	oracle_run(o);
	oracle_completed(o, 0);
	assert_in_range(measured(o, BV_STORAGE), 4096, 8192);
}

static void no_byte_is_sent_where_the_network_is_zero(void **state)
{
	struct oracle *o = *state;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int ear = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(ear, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(ear, 4), 0);
	assert_int_equal(getsockname(ear, (struct sockaddr *)&at, &len), 0);
	limit(o, BV_NETWORK, 0, BV_ENFORCED);
	oracle_attempts(o, "tcp4 %d udp4 %d", ntohs(at.sin_port), ntohs(at.sin_port));
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_no_line(o, "tcp4=OK");
	oracle_no_line(o, "udp4=OK");
	assert_int_equal(accept(ear, NULL, NULL), -1);
	assert_int_equal(measured(o, BV_NETWORK), 0);
	close(ear);
	/* Where there is traffic it is not counted, so the budget is not promised. */
	o->spec.network = BV_NETWORK_AMBIENT;
	oracle_again(o);
	oracle_admit(o);
	assert_null(bv_admission_plan(o->admission));
	oracle_again(o);
}

static void kill_the_first(struct oracle *o)
{
	char text[4096];
	pid_t pids[8];
	size_t count = world_processes(o->marker, pids, 8), killed = 0;

	for (size_t i = 0; i < count && i < 8; i++) {
		assert_true(world_proc(pids[i], "status", text, sizeof(text)));
		/* The launcher of a namespace of its own is no child of ours, but has the name. */
		if (!world_proc((pid_t)world_number(text, "PPid:\t"), "comm", text, sizeof(text)) ||
			strcmp(text, "bvisor-launcher\n") != 0)
			continue;
		assert_int_equal(kill(pids[i], SIGKILL), 0);
		killed++;
	}
	assert_int_equal(killed, 1);
}

static void a_descendants_death_for_memory_is_told_from_a_kill(void **state)
{
	struct oracle *o = *state;

	oracle_needs("cgroup.memory", 0);
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	limit(o, BV_MEMORY, 64 << 20, BV_ENFORCED);
	o->spec.host_processes = BV_AMBIENT; /* a leaf, also where hiding takes a namespace */
	/* The first process itself touches nothing. */
	oracle_attempts(o, "memory-tree 1 100");
	oracle_run(o);
	oracle_ended(o, BV_OUTCOME_KILLED, BV_REASON_OUT_OF_MEMORY);
	assert_in_range(measured(o, BV_MEMORY), 60 << 20, 64 << 20);
	assert_true(oracle_report_has(o, "cgroup memory."));
	oracle_attempts(o, "memory-tree 1 30");
	oracle_again(o);
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_attempts(o, "say ready sleep 20000");
	o->look = kill_the_first;
	o->looked = false;
	oracle_again(o);
	oracle_run(o);
	oracle_ended(o, BV_OUTCOME_KILLED, BV_REASON_KILLED_OUTSIDE);
}

/* Refused at the limit exactly, and not below it. */
static void a_leaf_counts_tasks_exactly(void **state)
{
	struct oracle *o = *state;

	oracle_needs("cgroup.pids", 0);
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	o->spec.host_processes = BV_AMBIENT;
	limit(o, BV_TASKS, 5, BV_ENFORCED);
	oracle_attempts(o, "forks 4 100");
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_line(o, "forks=OK");
	oracle_attempts(o, "forks 5 100");
	oracle_again(o);
	oracle_run(o);
	oracle_line(o, "forks=EAGAIN");
}

/* The last look is no later than the limit by more than what all processors can use until then. */
static void processor_time_of_a_leaf_ends_near_its_limit(void **state)
{
	struct oracle *o = *state;

	oracle_needs("cgroup.cpu", 0);
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	o->spec.host_processes = BV_AMBIENT;
	limit(o, BV_CPU, 300000, BV_ENFORCED);
	oracle_attempts(o, "burn-tree 4");
	oracle_run(o);
	oracle_spent(o, BV_OUTCOME_TIMEOUT, BV_CPU);
	assert_in_range(measured(o, BV_CPU), 300000, 600000);
	assert_true(oracle_report_has(o, "\"source\":\"cgroup cpu.stat\""));
	oracle_attempts(o, "burn 50");
	oracle_again(o);
	oracle_run(o);
	oracle_completed(o, 0);
	assert_in_range(measured(o, BV_CPU), 50000, 300000);
}

#define TESTS(T) \
	T(every_budget_has_its_measured_use) \
	T(memory_and_handles_are_no_less_than_the_host_saw) \
	T(nothing_can_be_kept_where_storage_is_zero) \
	T(the_temporary_root_stops_hard_and_is_measured) \
	T(no_byte_is_sent_where_the_network_is_zero) \
	T(a_descendants_death_for_memory_is_told_from_a_kill) \
	T(a_leaf_counts_tasks_exactly) \
	T(processor_time_of_a_leaf_ends_near_its_limit)

ORACLE_MAIN(TESTS)
