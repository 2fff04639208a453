/* SPDX-License-Identifier: MIT
 *
 * What the host does around the guest: flags and policies here, what appears in the boundary in
 * spec_inside.c. What is left in outputs is always listed, so there the flag is set.
 */
#include "contract/spec_check.h"

static int flags_check(struct bv_check *check, const struct bv_spec *in)
{
	int code = bv_check_flag(check, "controls.temp_root", in->temp_root);

	if (!code)
		code = bv_check_flag(check, "controls.discard_artifact", in->discard);
	if (!code)
		code = bv_check_flag(check, "controls.list_outputs", in->list_outputs);
	return code;
}

int bv_check_controls(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret)
{
	int code = flags_check(check, in);

	if (!code)
		code = bv_check_word(check, "controls.commit_artifact", (unsigned int)in->commit,
			&bv_words_commit);
	if (!code)
		code = bv_check_word(check, "controls.kill", (unsigned int)in->kill,
			&bv_words_kill);
	if (code)
		return code;
	ret->temp_root = in->temp_root;
	ret->discard = in->discard;
	ret->list_outputs = in->list_outputs;
	ret->commit = in->commit;
	ret->kill = in->kill;
	return bv_check_inside(check, in, ret);
}
