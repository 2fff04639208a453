/* SPDX-License-Identifier: MIT
 *
 * bvisor probe: what this machine could enforce for any spec, and what keeps it from the rest.
 */
#include "cli/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <bvisor/bvisor.h>

#include "cli/say.h"
#include "cli/session.h"
#include "cli/show.h"

static const char *state_text(enum bv_fact_state state)
{
	switch (state) {
	case BV_FACT_UNKNOWN:
		return "unknown";
	case BV_FACT_ABSENT:
		return "absent";
	case BV_FACT_PRESENT:
		return "present";
	}
	return "unknown";
}

static void show_facts(const struct cli_show *show, const struct bv_snapshot *snapshot)
{
	char text[BV_FACT_NAME_MAX + BV_FACT_DETAIL_MAX + 32];
	size_t i;

	cli_show_heading(show, "What was found");
	for (i = 0; i < snapshot->count; i++) {
		const struct bv_fact *fact = &snapshot->facts[i];
		int n = snprintf(text, sizeof(text), "%s", fact->name);

		if (fact->value)
			n += snprintf(text + n, sizeof(text) - (size_t)n, " %" PRId64, fact->value);
		if (fact->detail[0])
			(void)snprintf(text + n, sizeof(text) - (size_t)n, " (%s)", fact->detail);
		cli_show_entry(show,
			fact->state == BV_FACT_PRESENT ? CLI_TONE_GOOD : CLI_TONE_PLAIN,
			state_text(fact->state), text);
	}
}

static void show_rows(const struct cli_show *show, const struct bv_probe *probe)
{
	struct cli_rows rows = {.probing = true};

	rows.requirements = bv_probe_requirements(probe, &rows.requirement_count);
	rows.budgets = bv_probe_budgets(probe, &rows.budget_count);
	rows.evidence = bv_probe_evidence(probe, &rows.evidence_count);
	cli_show_rows(show, &rows);
}

static void show_probe(const struct bv_backend *backend, const struct bv_probe *probe)
{
	struct cli_show show = cli_show_begin();
	char hex[BV_DIGEST_HEX];

	cli_show_entry(&show, CLI_TONE_PLAIN, "backend", bv_backend_id(backend));
	cli_show_entry(&show, CLI_TONE_PLAIN, "profile",
		bv_digest_hex(&bv_probe_profile(probe)->digest, hex));
	show_rows(&show, probe);
	show_facts(&show, bv_probe_snapshot(probe));
}

static int show(const struct cli_request *request, const struct bv_backend *backend,
	const struct bv_probe *probe)
{
	size_t len = 0;
	const char *json = bv_probe_json(probe, &len);

	if (request->flags[CLI_FLAG_JSON])
		cli_show_json(json, len);
	else
		show_probe(backend, probe);
	return cli_show_end();
}

int cli_probe(struct cli_request *request)
{
	struct bv_backend *backend = NULL;
	struct bv_probe *probe = NULL;
	struct bv_error err = {0};
	int code = 0;
	int status;

	if (request->operand_count + request->command_count > 0)
		code = cli_fail(&err, BV_E_INVALID, NULL, "probe takes no program");
	if (!code)
		code = cli_backend_open(request, &backend, &err);
	if (!code)
		code = bv_probe_new(backend, &probe, &err);
	if (code) {
		cli_say_error(&err);
		status = CLI_EXIT_FAILED;
	} else {
		status = show(request, backend, probe);
	}
	bv_probe_free(probe);
	bv_backend_free(backend);
	return status;
}
