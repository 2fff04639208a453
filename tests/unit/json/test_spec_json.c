/* SPDX-License-Identifier: MIT
 *
 * Specs from JSON: the same value as from C, the examples of the documents, what is refused and
 * where, and that no damaged text does harm.
 */
#include "../base/unit.h"
#include "../base/faulty.h"
#include "../contract/specs.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct bv_bytes json_of(const struct bv_proposal *proposal)
{
	size_t len = 0;
	const char *json = bv_proposal_json(proposal, &len);

	return bv_bytes(json, len);
}

static struct bv_proposal *read_text(const char *text, size_t len)
{
	struct bv_proposal *proposal = NULL;
	struct bv_error err = {0};

	if (bv_proposal_from_json(text, len, &proposal, &err))
		fail_msg("%s: %s\n%.*s", err.place, err.text, (int)len, text);
	return proposal;
}

static void assert_same(const struct bv_proposal *a, const struct bv_proposal *b)
{
	if (!bv_bytes_eq(json_of(a), json_of(b)))
		fail_msg("%.*s\nis not\n%.*s", (int)json_of(a).len, (const char *)json_of(a).data,
			(int)json_of(b).len, (const char *)json_of(b).data);
}

/* From C to JSON and back, the bytes do not change. */
static void round_trip(const struct bv_spec *spec)
{
	struct bv_proposal *from_c = NULL, *from_json;
	struct bv_error err = {0};
	struct bv_bytes json;

	if (bv_proposal_new(spec, &from_c, &err))
		fail_msg("%s: %s", err.place, err.text);
	json = json_of(from_c);
	from_json = read_text((const char *)json.data, json.len);
	assert_same(from_c, from_json);
	bv_proposal_free(from_c);
	bv_proposal_free(from_json);
}

static void canonical_bytes_read_again_are_the_same(void **state)
{
	static struct spec_pool plain, other;
	struct bv_spec smallest = spec_smallest(), full = spec_full();
	uint64_t seed = 11;

	(void)state;
	round_trip(&smallest);
	round_trip(&full);
	for (int i = 0; i < 1500; i++) {
		spec_random_pair(&seed, &plain, &other);
		round_trip(&plain.spec);
		round_trip(&other.spec);
	}
}

static void what_is_left_out_is_denied(void **state)
{
	static const char text[] = "{\"workload\":{\"program\":\"/bin/true\"},\"spec\":1}";
	struct bv_proposal *from_json = read_text(text, strlen(text)), *from_c = NULL;
	struct bv_spec spec = spec_smallest();
	struct bv_error err = {0};

	(void)state;
	/* In JSON a budget is waived by name only. */
	for (size_t i = 0; i < BV_DIMENSION_COUNT; i++)
		spec.budgets[i].guarantee = BV_MEDIATED;
	assert_int_equal(bv_proposal_new(&spec, &from_c, &err), 0);
	assert_same(from_json, from_c);
	bv_proposal_free(from_c);
	bv_proposal_free(from_json);
}

static void a_name_may_be_null(void **state)
{
	static const char text[] = "{\"spec\":1,\"workload\":{\"program\":\"/a\",\"name\":null}}";
	struct bv_proposal *proposal = read_text(text, strlen(text));

	(void)state;
	assert_string_equal(bv_proposal_spec(proposal)->workload.name, "/a");
	bv_proposal_free(proposal);
}

#define W "\"workload\":{\"program\":\"/a\"}"
#define SPEC(rest) "{\"spec\":1," W "," rest "}"
#define CAP(rest) SPEC("\"capabilities\":{" rest "}")
#define FS(rest) CAP("\"filesystem\":" rest)
#define NET(rest) CAP("\"network\":{" rest "}")
#define DST(rest) NET("\"policy\":\"allow-list\",\"destinations\":[" rest "]")
#define ENV(rest) CAP("\"environment\":[" rest "]")
#define FD(rest) CAP("\"descriptors\":[" rest "]")
#define STREAM(rest) SPEC("\"streams\":{" rest "}")
#define CTL(rest) SPEC("\"controls\":{" rest "}")
#define BUDGET(rest) SPEC("\"budgets\":{" rest "}")

struct row {
	const char *text;
	int code;
	const char *place;
	const char *at; /* the text from the offset on */
};

static const struct row rows[] = {
	{"[]", BV_E_TYPE, "json", "[]"},
	{"null", BV_E_TYPE, "json", "null"},
	{"{}", BV_E_MISSING, "spec", "{}"},
	{"{\"spec\":1}", BV_E_MISSING, "workload", "{\"sp"},
	{"{" W "}", BV_E_MISSING, "spec", "{\"wo"},
	{"{\"spec\":1,", BV_E_TRUNCATED, "json", ""},
	{"{\"spec\":2,\"future\":[]}", BV_E_VERSION, "spec", "2,"},
	{"{\"spec\":0," W "}", BV_E_VERSION, "spec", "0,"},
	{"{\"spec\":\"1\"," W "}", BV_E_TYPE, "spec", "\"1\""},
	{"{\"spec\":1.0," W "}", BV_E_TYPE, "json", "1.0"},
	{"{\"spec\":true," W "}", BV_E_TYPE, "spec", "true"},
	{SPEC("\"extra\":1"), BV_E_UNKNOWN_KEY, "extra", "\"extra\""},
	{SPEC("\"Streams\":{}"), BV_E_UNKNOWN_KEY, "Streams", "\"Streams\""},
	{SPEC("\"evidence\":[],\"evidence\":[]"), BV_E_DUPLICATE, "json", "\"evidence\":[]}"},
	{"{\"spec\":1,\"workload\":[]}", BV_E_TYPE, "workload", "[]"},
	{"{\"spec\":1,\"workload\":{}}", BV_E_MISSING, "workload.program", "{}"},
	{"{\"spec\":1,\"workload\":{\"program\":\"a\"}}", BV_E_INVALID, "workload.program",
		"\"a\""},
	{"{\"spec\":1,\"workload\":{\"program\":7}}", BV_E_TYPE, "workload.program", "7"},
	{"{\"spec\":1,\"workload\":{\"program\":null}}", BV_E_TYPE, "workload.program", "null"},
	{"{\"spec\":1,\"workload\":{\"program\":\"/a\",\"kind\":\"vm\"}}", BV_E_INVALID,
		"workload.kind", "\"vm\""},
	{"{\"spec\":1,\"workload\":{\"program\":\"/a\",\"argv\":[]}}", BV_E_UNKNOWN_KEY,
		"workload.argv", "\"argv\""},
	{"{\"spec\":1,\"workload\":{\"program\":\"/a\",\"arguments\":\"x\"}}", BV_E_TYPE,
		"workload.arguments", "\"x\""},
	{"{\"spec\":1,\"workload\":{\"program\":\"/a\",\"arguments\":[\"x\",1]}}", BV_E_TYPE,
		"workload.arguments[1]", "1]"},
	{"{\"spec\":1,\"workload\":{\"program\":\"/a\\u0000\"}}", BV_E_ENCODING, "json", "\\u0000"},
	{"{\"spec\":1,\"workload\":{\"program\":\"/a\",\"name\":\"\"}}", BV_E_INVALID,
		"workload.name", "\"\""},
	{"{\"spec\":1,\"workload\":{\"program\":\"/a\",\"directory\":null}}", BV_E_TYPE,
		"workload.directory", "null"},
	{FS("{}"), BV_E_TYPE, "capabilities.filesystem", "{}}"},
	{FS("[{\"path\":\"/a\"}]"), BV_E_MISSING, "capabilities.filesystem[0].access", "{\"path"},
	{FS("[{\"access\":[\"read\"]}]"), BV_E_MISSING, "capabilities.filesystem[0].path",
		"{\"acc"},
	{FS("[{\"path\":\"/a\",\"access\":[]}]"), BV_E_INVALID, "capabilities.filesystem[0].access",
		"[]"},
	{FS("[{\"path\":\"/a\",\"access\":[\"read\",\"rw\"]}]"), BV_E_INVALID,
		"capabilities.filesystem[0].access[1]", "\"rw\""},
	{FS("[{\"path\":\"/a\",\"access\":\"read\"}]"), BV_E_TYPE,
		"capabilities.filesystem[0].access", "\"read\""},
	{FS("[{\"path\":\"/a\",\"access\":[\"read\"]},{\"path\":\"/a/..\",\"access\":[\"read\"]}]"),
		BV_E_INVALID, "capabilities.filesystem[1].path", "\"/a/..\""},
	{CAP("\"network\":\"ambient\""), BV_E_TYPE, "capabilities.network", "\"ambient\""},
	{NET("\"destinations\":[]"), BV_E_MISSING, "capabilities.network.policy", "{\"dest"},
	{NET("\"policy\":\"allow-all\""), BV_E_INVALID, "capabilities.network.policy", "\"allow-a"},
	{NET("\"policy\":\"allow-list\""), BV_E_MISSING, "capabilities.network.destinations",
		"{\"po"},
	{DST("{\"host\":\"a\",\"ports\":[1]}"), BV_E_INVALID,
		"capabilities.network.destinations[0].ports", "[1]"},
	{DST("{\"host\":\"a\",\"ports\":[1,65536]}"), BV_E_LIMIT,
		"capabilities.network.destinations[0].ports[1]", "65536"},
	{DST("{\"host\":\"a\",\"ports\":[-1,1]}"), BV_E_INVALID,
		"capabilities.network.destinations[0].ports[0]", "-1"},
	{DST("{\"host\":\"a\",\"ports\":[2,1]}"), BV_E_INVALID,
		"capabilities.network.destinations[0].ports", "[2,1]"},
	{DST("{\"host\":\"a\",\"ports\":[1,1],\"transport\":\"sctp\"}"), BV_E_INVALID,
		"capabilities.network.destinations[0].transport", "\"sctp\""},
	{DST("{\"host\":\"[::1]\",\"ports\":[1,1]}"), BV_E_INVALID,
		"capabilities.network.destinations[0].host", "\"[::1]\""},
	{NET("\"policy\":\"ambient\",\"destinations\":[{\"host\":\"a\",\"ports\":[1,1]}]"),
		BV_E_INVALID, "capabilities.network.destinations", "[{\"host"},
	{ENV("{\"name\":\"A\"}"), BV_E_MISSING, "capabilities.environment[0]", "{\"name"},
	{ENV("{\"name\":\"A\",\"value\":null}"), BV_E_TYPE, "capabilities.environment[0].value",
		"null"},
	{ENV("{\"name\":\"A\",\"value\":\"\",\"secret\":\"s\"}"), BV_E_INVALID,
		"capabilities.environment[0].value", "\"\",\"sec"},
	{ENV("{\"name\":\"A\",\"value\":\"\"},{\"name\":\"A\",\"value\":\"\"}"), BV_E_DUPLICATE,
		"capabilities.environment[1].name", "\"A\",\"value\":\"\"}]"},
	{ENV("\"A=b\""), BV_E_TYPE, "capabilities.environment[0]", "\"A=b\""},
	{FD("{\"source\":3}"), BV_E_MISSING, "capabilities.descriptors[0].target", "{\"sou"},
	{FD("{\"source\":4294967296,\"target\":3}"), BV_E_LIMIT,
		"capabilities.descriptors[0].source", "4294967296"},
	{FD("{\"source\":3,\"target\":2}"), BV_E_INVALID, "capabilities.descriptors[0].target",
		"2}"},
	{CAP("\"spawn\":\"\""), BV_E_INVALID, "capabilities.spawn", "\"\""},
	{CAP("\"ipc\":false"), BV_E_TYPE, "capabilities.ipc", "false"},
	{CAP("\"host_processes\":\"private\""), BV_E_INVALID, "capabilities.host_processes",
		"\"private\""},
	{CAP("\"kernel_surface\":\"hidden\""), BV_E_INVALID, "capabilities.kernel_surface",
		"\"hidden\""},
	{STREAM("\"stdin\":{}"), BV_E_MISSING, "streams.stdin.mode", "{}"},
	{STREAM("\"stdin\":{\"mode\":\"capture\",\"limit_bytes\":1}"), BV_E_INVALID,
		"streams.stdin.mode", "\"capture\""},
	{STREAM("\"stdout\":{\"mode\":\"capture\"}"), BV_E_INVALID, "streams.stdout.limit_bytes",
		"{\"mode"},
	{STREAM("\"stdout\":{\"mode\":\"capture\",\"limit_bytes\":1073741825}"), BV_E_LIMIT,
		"streams.stdout.limit_bytes", "1073741825"},
	{STREAM("\"stderr\":{\"mode\":\"null\",\"path\":\"/x\"}"), BV_E_INVALID,
		"streams.stderr.path", "\"/x\""},
	{STREAM("\"stderr\":{\"mode\":\"file\",\"path\":\"x\"}"), BV_E_INVALID,
		"streams.stderr.path", "\"x\""},
	{CTL("\"temp_root\":1"), BV_E_TYPE, "controls.temp_root", "1"},
	{CTL("\"commit_artifact\":\"maybe\""), BV_E_INVALID, "controls.commit_artifact",
		"\"maybe\""},
	{CTL("\"expose_path\":[{\"source\":\"/a\",\"destination\":\"/b\",\"access\":\"rw\"}]"),
		BV_E_TYPE, "controls.expose_path[0].access", "\"rw\""},
	{CTL("\"expose_path\":[{\"source\":\"/a\",\"destination\":\"/b\",\"access\":[\"rw\"]}]"),
		BV_E_INVALID, "controls.expose_path[0].access[0]", "\"rw\""},
	{CTL("\"expose_path\":[{\"source\":\"/a\",\"destination\":\"/b\"}]"), BV_E_MISSING,
		"controls.expose_path[0].access", "{"},
	{CTL("\"expose_path\":[{\"source\":\"/a\",\"destination\":\"/b\",\"access\":[]}]"),
		BV_E_INVALID, "controls.expose_path[0].access", "[]"},
	{CTL("\"temp_path\":\"/t\""), BV_E_INVALID, "controls.temp_path", "\"/t\""},
	{CTL("\"temp_root\":true,\"temp_path\":null"), BV_E_TYPE, "controls.temp_path", "null"},
	{CTL("\"outputs\":[{\"name\":null}]"), BV_E_TYPE, "controls.outputs[0].name", "null"},
	{CTL("\"outputs\":[{},{}]"), BV_E_DUPLICATE, "controls.outputs[1].name", "{}]"},
	{CTL("\"outputs\":[{\"path\":\"x\"}]"), BV_E_INVALID, "controls.outputs[0].path", "\"x\""},
	{CTL("\"kill\":null"), BV_E_TYPE, "controls.kill", "null"},
	{BUDGET("\"time\":{}"), BV_E_UNKNOWN_KEY, "budgets.time", "\"time\""},
	{BUDGET("\"wall\":{\"limit_bytes\":1}"), BV_E_UNKNOWN_KEY, "budgets.wall.limit_bytes",
		"\"limit_by"},
	{BUDGET("\"wall\":{\"limit_us\":-1}"), BV_E_INVALID, "budgets.wall.limit_us", "-1"},
	{BUDGET("\"wall\":{\"limit_us\":\"1s\"}"), BV_E_TYPE, "budgets.wall.limit_us", "\"1s\""},
	{BUDGET("\"wall\":{\"limit_us\":9007199254740992}"), BV_E_LIMIT, "json",
		"9007199254740992"},
	{BUDGET("\"cpu\":{\"guarantee\":\"unsupported\"}"), BV_E_INVALID, "budgets.cpu.guarantee",
		"\"unsupp"},
	{BUDGET("\"cpu\":{\"evidence\":[\"usage\"]}"), BV_E_INVALID, "budgets.cpu.evidence[0]",
		"\"usage\""},
	{SPEC("\"evidence\":[\"terminal-outcome\",3]"), BV_E_TYPE, "evidence[1]", "3]"},
};

static void a_faulty_text_is_refused_at_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bv_proposal *untouched = (struct bv_proposal *)&state, *proposal = untouched;
		const char *text = rows[i].text;
		struct bv_error err = {0};
		int code = bv_proposal_from_json(text, strlen(text), &proposal, &err);

		if (code != rows[i].code || err.code != code ||
			strcmp(err.place, rows[i].place) != 0)
			fail_msg("%s\n%d %s: %s", text, code, err.place, err.text);
		assert_true(err.offset <= strlen(text));
		if (strncmp(text + err.offset, rows[i].at, strlen(rows[i].at)) != 0)
			fail_msg("%s\n%s: at \"%s\"", text, err.text, text + err.offset);
		assert_int_equal(strncmp(err.text, "line 1, column ", 15), 0);
		assert_ptr_equal(proposal, untouched);
		assert_int_equal(bv_proposal_from_json(text, strlen(text), &proposal, NULL), code);
	}
}

static void a_text_too_long_is_refused(void **state)
{
	struct bv_proposal *proposal = NULL;
	struct bv_error err = {0};
	char *text = malloc(BV_SPEC_JSON_BYTES_MAX + 1);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', BV_SPEC_JSON_BYTES_MAX + 1);
	memcpy(text, SPEC("\"evidence\":[]"), strlen(SPEC("\"evidence\":[]")));
	assert_int_equal(bv_proposal_from_json(text, BV_SPEC_JSON_BYTES_MAX, &proposal, &err), 0);
	proposal = bv_proposal_free(proposal);
	assert_int_equal(bv_proposal_from_json(text, BV_SPEC_JSON_BYTES_MAX + 1, &proposal, &err),
		BV_E_LIMIT);
	assert_null(proposal);
	free(text);
}

/* What a damaged text may do: be refused in good order, or be another valid spec. */
static void survives(const struct edge *edge, const char *text, size_t len)
{
	struct bv_proposal *proposal = NULL, *again;
	struct bv_error err = {0};
	int code = bv_proposal_from_json((const char *)edge_put(edge, text, len), len, &proposal,
		&err);

	if (!code) {
		struct bv_bytes json = json_of(proposal);

		assert_int_equal(err.code, 0);
		again = read_text((const char *)json.data, json.len);
		assert_same(proposal, again);
		bv_proposal_free(again);
		bv_proposal_free(proposal);
		return;
	}
	assert_null(proposal);
	if (err.code != code || !err.place[0] || !err.text[0] || err.offset > len)
		fail_msg("%.*s: %d, %s: %s", (int)len, text, err.code, err.place, err.text);
}

static void damaged_texts_do_no_harm(void **state)
{
	struct bv_spec spec = spec_full();
	struct bv_proposal *proposal = NULL;
	struct bv_error err = {0};
	struct edge edge = edge_open();
	uint64_t seed = 5;
	char text[4096];
	size_t len;

	(void)state;
	assert_int_equal(bv_proposal_new(&spec, &proposal, &err), 0);
	len = json_of(proposal).len;
	assert_true(len < sizeof(text));
	memcpy(text, json_of(proposal).data, len);
	for (size_t cut = 0; cut < len; cut++)
		survives(&edge, text, cut);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		survives(&edge, text, len);
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
	}
	/* Pieces taken out, and pieces put elsewhere. */
	for (int i = 0; i < 4000; i++) {
		char other[2 * sizeof(text)];
		size_t from = (size_t)(spec_random(&seed) >> 33) % len;
		size_t n = (size_t)(spec_random(&seed) >> 33) % (len - from) % 40;
		size_t to = (size_t)(spec_random(&seed) >> 33) % len;

		memcpy(other, text, from);
		memcpy(other + from, text + from + n, len - from - n);
		survives(&edge, other, len - n);
		memcpy(other, text, to);
		memcpy(other + to, text + from, n);
		memcpy(other + to + n, text + to, len - to);
		if (len + n <= edge.page)
			survives(&edge, other, len + n);
	}
	edge_close(&edge);
	bv_proposal_free(proposal);
}

static char *slurp(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "rb");
	char *text = malloc(65536);

	assert_non_null(file);
	assert_non_null(text);
	*ret_len = fread(text, 1, 65536, file);
	assert_true(feof(file) && !ferror(file));
	(void)fclose(file);
	return text;
}

static void the_examples_of_the_documents_are_valid(void **state)
{
	DIR *directory = opendir(EXAMPLES);
	struct dirent *entry;
	int count = 0;

	(void)state;
	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		char path[4096], *text;
		size_t len;

		if (strncmp(entry->d_name, "spec-", 5) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", EXAMPLES, entry->d_name);
		text = slurp(path, &len);
		bv_proposal_free(read_text(text, len));
		free(text);
		count++;
	}
	closedir(directory);
	assert_true(count >= 4);
}

static void every_failing_allocation_is_reported(void **state)
{
	struct bv_spec spec = spec_full();
	struct bv_proposal *whole = NULL;
	struct bv_error err = {0};
	struct bv_bytes json;
	long n = 0;

	(void)state;
	assert_int_equal(bv_proposal_new(&spec, &whole, &err), 0);
	json = json_of(whole);
	for (bool done = false; !done; n++) {
		struct bv_proposal *proposal = NULL;
		struct bv_error fault = {0};
		int code;

		faulty_arm(n);
		code = bv_proposal_from_json((const char *)json.data, json.len, &proposal, &fault);
		done = faulty_disarm() <= n;
		assert_int_equal(code, done ? 0 : BV_E_NO_MEMORY);
		assert_int_equal(fault.code, code);
		assert_int_equal(proposal != NULL, done);
		if (done)
			assert_same(proposal, whole);
		else
			assert_true(fault.place[0] && fault.text[0]);
		bv_proposal_free(proposal);
	}
	assert_true(n > 8);
	bv_proposal_free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_bytes_read_again_are_the_same),
		cmocka_unit_test(what_is_left_out_is_denied),
		cmocka_unit_test(a_name_may_be_null),
		cmocka_unit_test(a_faulty_text_is_refused_at_its_place),
		cmocka_unit_test(a_text_too_long_is_refused),
		cmocka_unit_test(damaged_texts_do_no_harm),
		cmocka_unit_test(the_examples_of_the_documents_are_valid),
		cmocka_unit_test(every_failing_allocation_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
