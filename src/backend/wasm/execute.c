/* SPDX-License-Identifier: MIT
 *
 * One run of a guest: open the module, say what is to be done, and have it done outside, in a
 * worker, or inside, in this process; as the plan said.
 */
#include "base/buf.h"
#include "state.h"

#define STRINGS_BYTES_MAX ((size_t)4 << 20)

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
		.module.file = -1,
		.out.outputs = OUTPUTS_NONE,
		.arguments = &arguments,
		.environment = &environment,
	};
	bool outside = nest_stands(bv_plan_snapshot(plan), run.spec, NULL);
	int code = module_open(opaque, run.spec->workload.program, &run.module, err);

	if (!code)
		code = out_open(&run, !outside, err);
	if (!code)
		code = order_make(&run, err);
	if (!code)
		code = outside ? outside_run(&run, err) : inside_run(&run, err);
	if (!code)
		fill_module(&run);
	out_close(&run);
	order_clear(&run);
	module_close(opaque, &run.module);
	return code;
}
