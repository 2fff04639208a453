/* SPDX-License-Identifier: MIT
 *
 * The cgroup leaf: what the probe says of its controllers is what the host finds in a group that
 * it makes there itself; probing leaves no group; and a workload can be killed for memory.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "oracle.h"

static bool offered(const char *group, const char *file)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", group, file);
	return access(path, F_OK) == 0;
}

static void a_controller_is_present_exactly_where_a_group_has_its_limit(void **state)
{
	char group[400];
	bool memory, pids;

	(void)state;
	oracle_needs("cgroup.canary", 0);
	snprintf(group, sizeof(group), "%s/oracle-%d", oracle_cgroup(), (int)getpid());
	assert_int_equal(mkdir(group, 0755), 0);
	memory = offered(group, "memory.max");
	pids = offered(group, "pids.max");
	assert_int_equal(rmdir(group), 0);
	assert_int_equal(oracle_has("cgroup.memory", 0), memory);
	assert_int_equal(oracle_has("cgroup.pids", 0), pids);
	assert_true(oracle_has("cgroup.cpu", 0));
}

static void a_controller_that_is_taken_away_is_absent_and_says_why(void **state)
{
	const char *const facts[] = {"cgroup.memory", "cgroup.pids"};
	struct bv_probe *probe = NULL;
	const struct oracle *o = *state;

	oracle_without("memory,pids");
	assert_int_equal(bv_probe_new(o->backend, &probe, NULL), 0);
	oracle_without(NULL);
	for (size_t i = 0; i < 2; i++) {
		const struct bv_fact *fact = bv_snapshot_find(bv_probe_snapshot(probe), facts[i]);

		assert_non_null(fact);
		assert_int_equal(fact->state, BV_FACT_ABSENT);
		assert_true(strlen(fact->detail) > 10);
	}
	bv_probe_free(probe);
}

/* What a workload may see of it in its own /proc: nothing of the host's memory. */
static void a_leafs_name_tells_nothing_that_can_be_guessed_from(void **state)
{
	struct oracle *o = *state;
	char name[2][32] = {"", ""}, prefix[64];

	oracle_needs("cgroup.canary", 0);
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	oracle_attempts(o, "alive");
	snprintf(prefix, sizeof(prefix), "\"bvisor-%d-", (int)getpid());
	for (int i = 0; i < 2; i++) {
		size_t len;
		const char *json, *at;

		oracle_again(o);
		oracle_run(o);
		oracle_completed(o, 0);
		json = bv_report_json(o->report, &len);
		at = memmem(json, len, prefix, strlen(prefix));
		assert_non_null(at);
		at += strlen(prefix);
		snprintf(name[i], sizeof(name[i]), "%.*s", (int)strcspn(at, "\""), at);
		assert_int_equal(strlen(name[i]), 16);
		assert_int_equal(strspn(name[i], "0123456789abcdef"), 16);
	}
	/* Of 64 random bits the same half comes twice once in four thousand million times. */
	assert_int_not_equal(memcmp(name[0], name[1], 8), 0);
}

static size_t probing_groups(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		count += strncmp(entry->d_name, "bvisor-probe-", 13) == 0;
	closedir(dir);
	return count;
}

/* Another program's probe may be under way beside this one; it ends. */
static void probing_leaves_no_group(void **state)
{
	unsigned int tries = 0;

	(void)state;
	oracle_needs("cgroup.canary", 0);
	while (probing_groups(oracle_cgroup()) && tries++ < 100)
		world_sleep(50);
	assert_int_equal(probing_groups(oracle_cgroup()), 0);
}

static void look_at_the_score(struct oracle *o)
{
	char text[32];

	if (world_processes(o->marker, &o->pid, 1) == 1 &&
		world_proc(o->pid, "oom_score_adj", text, sizeof(text)))
		o->seen[0] = strtol(text, NULL, 10);
}

/* A service manager may have made its own service unkillable for memory. */
static void an_unkillable_hosts_workload_can_be_killed_for_memory(void **state)
{
	struct oracle *o = *state;
	char before[16] = "";
	int fd;

	o->seen[0] = -1;
	oracle_attempts(o, "say ready wait-input");
	oracle_hold(o, look_at_the_score);
	oracle_plan(o); /* so that nothing ends the test while the score is another */
	fd = o->held[0] = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0 && read(fd, before, sizeof(before) - 1) > 0);
	if (pwrite(fd, "-500", 4, 0) != 4)
		oracle_skip("only root can make a process harder to kill for memory");
	oracle_run(o);
	assert_true(pwrite(fd, before, strlen(before), 0) > 0);
	oracle_completed(o, 0);
	assert_int_equal(o->seen[0], 0);
}

#define TESTS(T) \
	T(a_controller_is_present_exactly_where_a_group_has_its_limit) \
	T(a_controller_that_is_taken_away_is_absent_and_says_why) \
	T(a_leafs_name_tells_nothing_that_can_be_guessed_from) \
	T(probing_leaves_no_group) \
	T(an_unkillable_hosts_workload_can_be_killed_for_memory)

ORACLE_MAIN(TESTS)
