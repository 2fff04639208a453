/* SPDX-License-Identifier: MIT
 *
 * Filters by libseccomp, exported and run by the simulator.
 */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/table.h"
#include "model_rules.h"
#include "unit.h"

#define PROGRAM_MAX 4096
#define RULES_MAX 64

struct program {
	struct sock_filter insns[PROGRAM_MAX];
	size_t count;
};

struct model {
	struct bv_filter_policy policy;
	uint32_t self;
	struct program whole;
	struct program *rule[RULES_MAX]; /* NULL where the policy does not ask for it */
};

static const uint32_t token[] = {SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64};

static scmp_filter_ctx context_new(enum bv_filter_arch arch, uint32_t standard)
{
	scmp_filter_ctx context = seccomp_init(standard);

	assert_non_null(context);
	if (token[arch] != seccomp_arch_native()) {
		assert_int_equal(seccomp_arch_remove(context, SCMP_ARCH_NATIVE), 0);
		assert_int_equal(seccomp_arch_add(context, token[arch]), 0);
	}
	assert_int_equal(seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
		0);
	return context;
}

static void context_export(scmp_filter_ctx context, struct program *ret)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	ssize_t size = 0;

	assert_true(fd >= 0);
	assert_int_equal(seccomp_export_bpf(context, fd), 0);
	size = pread(fd, ret->insns, sizeof(ret->insns), 0);
	assert_true(size > 0 && size < (ssize_t)sizeof(ret->insns));
	ret->count = (size_t)size / sizeof(ret->insns[0]);
	(void)close(fd);
	seccomp_release(context);
}

/*
 * The number to give to libseccomp, which takes the host's and translates by name; -1 if the call
 * does not exist on the machine, or if libseccomp does not know it by name and would have to.
 */
static int host_number(enum bv_filter_arch arch, const struct bv_call *call)
{
	if (call->number[arch] == BV_CALL_ABSENT)
		return -1;
	if (token[arch] == seccomp_arch_native())
		return call->number[arch];
	if (seccomp_syscall_resolve_name_arch(token[arch], call->name) != call->number[arch])
		return -1;
	return seccomp_syscall_resolve_name(call->name);
}

static void whole_make(const struct bv_filter_policy *policy, struct program *ret)
{
	bool baseline = policy->flags & BV_FILTER_BASELINE;
	uint32_t standard = baseline ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_ALLOW;
	scmp_filter_ctx context = context_new(policy->arch, standard);
	size_t count = 0;
	const struct bv_call *calls = bv_calls(&count);

	for (size_t i = 0; i < count; i++) {
		bool refused = calls[i].refused_by & bv_policy_causes(policy);
		uint32_t action = refused ? SCMP_ACT_ERRNO(calls[i].errnum) : SCMP_ACT_ALLOW;
		int number = host_number(policy->arch, &calls[i]);

		if (number >= 0 && action != standard)
			assert_int_equal(seccomp_rule_add(context, action, number, 0), 0);
	}
	context_export(context, ret);
}

static void rule_make(const struct bv_filter_policy *policy, const struct model_rule *rule,
	uint32_t self, struct program *ret)
{
	static struct form forms[FORMS_MAX];
	uint32_t refuse = SCMP_ACT_ERRNO((unsigned int)rule->errnum);
	scmp_filter_ctx context = context_new(policy->arch, rule->only ? refuse : SCMP_ACT_ALLOW);
	uint32_t action = rule->only ? SCMP_ACT_ALLOW : refuse;
	char calls[256];
	char *rest = NULL;
	unsigned int count = 0;

	rule->fill(forms, &count, self);
	assert_true(strlen(rule->calls) < sizeof(calls));
	strcpy(calls, rule->calls);
	for (char *call = strtok_r(calls, " ", &rest); call; call = strtok_r(NULL, " ", &rest)) {
		if (seccomp_syscall_resolve_name_arch(token[policy->arch], call) < 0)
			continue;
		for (unsigned int i = 0; i < count; i++)
			assert_int_equal(seccomp_rule_add_array(context, action,
						 seccomp_syscall_resolve_name(call), forms[i].count,
						 forms[i].cmp),
				0);
	}
	context_export(context, ret);
}

/* Rules do not depend on the policy but for its machine: each is made once. */
static struct program *rule_program(const struct bv_filter_policy *policy, size_t i, uint32_t self)
{
	static struct program *made[2][2][RULES_MAX];
	struct program **program = &made[policy->arch][self != 0][i];

	assert_true(i < RULES_MAX);
	if (!*program) {
		*program = calloc(1, sizeof(**program));
		assert_non_null(*program);
		rule_make(policy, &model_rules[i], self, *program);
	}
	return *program;
}

struct model *model_make(const struct bv_filter_policy *policy, uint32_t self)
{
	struct model *model = calloc(1, sizeof(*model));

	assert_non_null(model);
	model->policy = *policy;
	model->self = policy->spawn == BV_FILTER_SPAWN_DESCENDANTS ? 0 : self;
	whole_make(policy, &model->whole);
	for (size_t i = 0; i < model_rule_count; i++) {
		if (model_rules[i].flags & policy->flags ||
			model_rules[i].spawn == (int)policy->spawn)
			model->rule[i] = rule_program(policy, i, model->self);
	}
	return model;
}

struct model *model_free(struct model *model)
{
	free(model);
	return NULL;
}

static bool rule_is_about(const struct model_rule *rule, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strstr(rule->calls, name); at; at = strstr(at + 1, name)) {
		if ((at == rule->calls || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	}
	return false;
}

static const char *call_name(enum bv_filter_arch arch, int number)
{
	size_t count = 0;
	const struct bv_call *calls = bv_calls(&count);

	for (size_t i = 0; i < count; i++) {
		if (calls[i].number[arch] == number)
			return calls[i].name;
	}
	return NULL;
}

uint32_t model_answer(const struct model *model, const struct seccomp_data *data)
{
	const char *name = call_name(model->policy.arch, data->nr);
	uint32_t answer = bv_filter_run(model->whole.insns, model->whole.count, data, NULL);

	for (size_t i = 0; i < model_rule_count && answer == SECCOMP_RET_ALLOW && name; i++) {
		const struct program *program = model->rule[i];

		/* A list of the only forms says nothing of other calls. */
		if (program && rule_is_about(&model_rules[i], name))
			answer = bv_filter_run(program->insns, program->count, data, NULL);
	}
	return answer;
}

bool model_knows(const struct model *model, int number)
{
	const char *name = call_name(model->policy.arch, number);

	if (token[model->policy.arch] == seccomp_arch_native() || !name)
		return true;
	return seccomp_syscall_resolve_name_arch(token[model->policy.arch], name) == number;
}
