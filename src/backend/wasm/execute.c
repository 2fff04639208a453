/* SPDX-License-Identifier: MIT
 *
 * One run of a guest: have it done outside, in a worker, or inside, in this process; as the plan
 * said. Its time counts from here on.
 */
#include "base/buf.h"
#include "state.h"

#define STRINGS_BYTES_MAX ((size_t)4 << 20)

int execute_prepare(struct wasm_run *run, bool inside, struct bv_error *err)
{
	int code = module_open(run->state, run->spec->workload.program, &run->patience,
		&run->module, err);

	if (!code)
		code = out_open(run, inside, err);
	return code ? code : order_make(run, err);
}

int wasm_execute(void *opaque, const struct bv_plan *plan, const struct bv_run_options *options,
	struct bv_report_body *body, struct bv_error *err)
{
	struct bv_buf arguments = BV_BUF(STRINGS_BYTES_MAX), environment = {0};
	struct wasm_run run = {
		.state = opaque,
		.spec = bv_plan_spec(plan),
		.plan = plan,
		.options = options,
		.body = body,
		.patience = patience_make(&bv_plan_spec(plan)->budgets[BV_WALL],
			options->cancel_borrow_fd),
		.module.file = -1,
		.out.outputs = OUTPUTS_NONE,
		.arguments = &arguments,
		.environment = &environment,
	};
	bool outside = nest_stands(bv_plan_snapshot(plan), run.spec, NULL);
	int code = outside ? outside_run(&run, err) : inside_run(&run, err);

	if (!code && run.module.held)
		fill_module(&run);
	out_close(&run);
	order_clear(&run);
	module_close(opaque, &run.module);
	return code;
}
