/* SPDX-License-Identifier: MIT
 *
 * Setters of budgets, of the evidence wanted, and of the id a report must have.
 */
#include "cli/setters.h"

#include <string.h>

#include "cli/quantity.h"
#include "cli/say.h"

static const struct {
	const char *word;
	enum bv_enforcement guarantee;
} guarantees[] = {
	{"enforced", BV_ENFORCED},
	{"mediated", BV_MEDIATED},
	{"none", BV_UNSUPPORTED},
};

static int read_guarantee(const char *word, enum bv_enforcement *ret)
{
	size_t i;

	for (i = 0; i < sizeof(guarantees) / sizeof(guarantees[0]); i++) {
		if (strcmp(guarantees[i].word, word) == 0) {
			*ret = guarantees[i].guarantee;
			return 0;
		}
	}
	return -1;
}

CLI_SETTER(cli_set_budget)
{
	enum bv_dimension dimension = (enum bv_dimension)option->detail;
	enum cli_unit unit = cli_unit_of(dimension);
	struct bv_budget budget = request->spec.budgets[dimension];
	size_t len = strcspn(value, ",");

	if (cli_quantity_parse(value, len, unit, &budget.limit) < 0)
		return cli_fail(err, BV_E_INVALID, option->name, "%.*s is not a limit: %s",
			(int)len, value, cli_unit_hint(unit));
	/* A limit without a word is wanted at least mediated, or as the spec file wants it. */
	if (!value[len] && budget.guarantee == BV_UNSUPPORTED)
		budget.guarantee = BV_MEDIATED;
	if (value[len] && read_guarantee(value + len + 1, &budget.guarantee) < 0)
		return cli_fail(err, BV_E_INVALID, option->name,
			"%s is not one of enforced, mediated, none", value + len + 1);
	budget.waived = budget.guarantee == BV_UNSUPPORTED;
	if (dimension == BV_NETWORK)
		request->network_bytes_given = true;
	if (dimension == BV_STORAGE)
		request->storage_given = true;
	request->spec.budgets[dimension] = budget;
	return 0;
}

/* The claim that the first `len` bytes name, as a bit; 0 if none. */
static uint32_t read_claim(const char *text, size_t len)
{
	char word[48];
	enum bv_evidence claim;

	if (len >= sizeof(word))
		return 0;
	memcpy(word, text, len);
	word[len] = '\0';
	return bv_evidence_parse(word, &claim) ? BV_EVIDENCE_BIT(claim) : 0;
}

CLI_SETTER(cli_set_evidence)
{
	uint32_t claims = 0;
	const char *text = value;

	for (;;) {
		size_t len = strcspn(text, ",");
		uint32_t claim = read_claim(text, len);

		if (!claim)
			return cli_fail(err, BV_E_INVALID, option->name,
				"%.*s is not a claim; bvisor probe lists them", (int)len, text);
		claims |= claim;
		if (!text[len])
			break;
		text += len + 1;
	}
	request->spec.evidence |= claims;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

CLI_SETTER(cli_set_id)
{
	struct bv_report_id id = {0};
	const char *text = strncmp(value, "sha256:", 7) == 0 ? value + 7 : value;
	size_t i;

	if (strlen(text) != BV_DIGEST_HEX - 1)
		return cli_fail(err, BV_E_INVALID, option->name, "wants %d hexadecimal digits",
			BV_DIGEST_HEX - 1);
	for (i = 0; text[i]; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0)
			return cli_fail(err, BV_E_INVALID, option->name,
				"%c is not a hexadecimal digit", text[i]);
		id.digest.bytes[i / 2] = (uint8_t)(id.digest.bytes[i / 2] << 4 | digit);
	}
	request->id = id;
	request->id_given = true;
	return 0;
}
