/* SPDX-License-Identifier: MIT
 *
 * Runs the official core test scripts, converted to JSON command lists and modules, and counts.
 *
 *   wasm-suite [--edition 20] [--unfused BITS] FOLDER...
 *
 * Every command either passes, fails, or concerns a module that the decoder refused because it
 * needs a proposal that the engine lacks; those are listed by the name that the decoder gave.
 * Modules in text form are malformed on purpose and concern a text parser, which we do not have:
 * they are counted as skipped. Exit status: 0 when nothing failed and something passed, 77 when a
 * folder is missing.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spectest.h"
#include "suite_value.h"

#define NAMES_MAX 256
#define MODULES_MAX 4096
#define FEATURES_MAX 32
#define VALUES_MAX 64

struct named {
	const char *name; /* of the script, or registered; NULL for none */
	bool registered;
	struct bv_wasm_module *module;
	struct bv_wasm_instance *instance;
	const char *refused; /* the feature, or NULL */
};

struct feature {
	char name[64];
	unsigned int modules;
	unsigned int assertions;
};

struct totals {
	unsigned int passed;
	unsigned int failed;
	unsigned int skipped_text;
	struct feature features[FEATURES_MAX];
	unsigned int feature_count;
};

struct script {
	const char *folder;
	const char *file;
	struct totals *totals;
	struct bv_wasm_limits limits;
	struct bv_wasm_store *store;
	struct bv_wasm_module *modules[MODULES_MAX];
	unsigned int module_count;
	struct named names[NAMES_MAX];
	unsigned int name_count;
	struct named current;
	const json_t *command;
};

static const char *text(const json_t *json, const char *key)
{
	const char *s = json_string_value(json_object_get(json, key));

	return s ? s : "";
}

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* ---- counting ---- */

static void pass(struct script *s)
{
	s->totals->passed++;
}

static void fail(struct script *s, const char *why, const char *detail)
{
	s->totals->failed++;
	printf("FAIL %s:%lld %s: %s%s%s\n", s->file,
		(long long)json_integer_value(json_object_get(s->command, "line")),
		text(s->command, "type"), why, detail[0] ? ": " : "", detail);
}

static struct feature *feature(struct totals *totals, const char *name)
{
	for (unsigned int i = 0; i < totals->feature_count; i++) {
		if (is(totals->features[i].name, name))
			return &totals->features[i];
	}
	if (totals->feature_count == FEATURES_MAX) {
		fprintf(stderr, "wasm-suite: more than %d features\n", FEATURES_MAX);
		exit(1);
	}
	snprintf(totals->features[totals->feature_count].name, sizeof(totals->features[0].name),
		"%s", name);
	return &totals->features[totals->feature_count++];
}

/* Feature names must outlive the error they came in. */
static const char *feature_name(struct script *s, const struct bv_error *err)
{
	static const char prefix[] = "feature.";

	if (err->code != BV_E_VERSION || strncmp(err->place, prefix, strlen(prefix)) != 0)
		return NULL;
	return feature(s->totals, err->place + strlen(prefix))->name;
}

/* ---- modules ---- */

static void *read_file(const char *folder, const char *name, size_t *ret_len)
{
	char path[4096];
	FILE *file;
	long len;
	void *bytes;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END) || (len = ftell(file)) < 0) {
		fprintf(stderr, "wasm-suite: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	rewind(file);
	/* Exactly as long as the module, so that a sanitizer sees every read past it. */
	bytes = malloc(len ? (size_t)len : 1);
	if (!bytes || fread(bytes, 1, (size_t)len, file) != (size_t)len) {
		fprintf(stderr, "wasm-suite: %s: cannot read\n", path);
		exit(1);
	}
	fclose(file);
	*ret_len = (size_t)len;
	return bytes;
}

static int load(struct script *s, struct bv_wasm_module **ret, struct bv_error *err)
{
	size_t len = 0;
	void *bytes = read_file(s->folder, text(s->command, "filename"), &len);
	int code = bv_wasm_module_load(bytes, len, &s->limits, ret, err);

	free(bytes);
	if (code)
		return code;
	if (s->module_count == MODULES_MAX) {
		fprintf(stderr, "wasm-suite: more than %d modules in a script\n", MODULES_MAX);
		exit(1);
	}
	s->modules[s->module_count++] = *ret;
	return 0;
}

static void add_name(struct script *s, const char *name, bool registered, struct named what)
{
	if (s->name_count == NAMES_MAX) {
		fprintf(stderr, "wasm-suite: more than %d names in a script\n", NAMES_MAX);
		exit(1);
	}
	what.name = name;
	what.registered = registered;
	s->names[s->name_count++] = what;
}

static struct named *find_name(struct script *s, const char *name, bool registered)
{
	for (unsigned int i = s->name_count; i-- > 0;) {
		if (s->names[i].registered == registered && is(s->names[i].name, name))
			return &s->names[i];
	}
	return NULL;
}

/* The feature for which a module is refused that this one imports from, or NULL. */
static const char *imports_refused(struct script *s, const struct bv_wasm_module *module)
{
	struct bv_wasm_extern import;

	for (size_t i = 0; bv_wasm_import(module, i, &import); i++) {
		for (unsigned int n = 0; n < s->name_count; n++) {
			const struct named *named = &s->names[n];

			if (named->registered && named->refused &&
				strlen(named->name) == import.module_len &&
				memcmp(named->name, import.module, import.module_len) == 0)
				return named->refused;
		}
	}
	return NULL;
}

static void instantiate(struct script *s, struct named *named)
{
	struct bv_wasm_trap trap = {0};
	struct bv_error err = {0};

	if (bv_wasm_instantiate(s->store, named->module, &named->instance, &trap, &err)) {
		named->refused = imports_refused(s, named->module);
		if (!named->refused)
			fail(s, "instantiation", err.text);
		return;
	}
	if (trap.kind)
		fail(s, "instantiation traps", bv_wasm_trap_name(trap.kind));
	else
		pass(s);
}

static void command_module(struct script *s, bool run)
{
	struct bv_error err = {0};
	struct named named = {0};
	const char *name = text(s->command, "name");

	if (is(text(s->command, "module_type"), "text")) {
		s->totals->skipped_text++;
		s->current = named;
		return;
	}
	if (load(s, &named.module, &err)) {
		named.refused = feature_name(s, &err);
		if (named.refused)
			feature(s->totals, named.refused)->modules++;
		else
			fail(s, "load", err.text);
	} else if (run) {
		instantiate(s, &named);
		if (named.refused)
			feature(s->totals, named.refused)->modules++;
	} else {
		pass(s);
	}
	s->current = named;
	if (name[0])
		add_name(s, name, false, named);
}

static void command_instance(struct script *s)
{
	struct named *of = find_name(s, text(s->command, "module"), false);
	struct named named = of ? *of : s->current;

	if (!named.refused)
		instantiate(s, &named);
	else
		feature(s->totals, named.refused)->modules++;
	s->current = named;
	add_name(s, text(s->command, "instance"), false, named);
}

static void command_register(struct script *s)
{
	const char *name = text(s->command, "name");
	struct named *named = name[0] ? find_name(s, name, false) : &s->current;
	struct bv_error err = {0};

	if (!named) {
		fail(s, "unknown name", name);
		return;
	}
	add_name(s, text(s->command, "as"), true, *named);
	if (named->instance &&
		bv_wasm_store_register(s->store, named->instance, text(s->command, "as"), &err))
		fail(s, "register", err.text);
}

/* ---- actions ---- */

struct outcome {
	const char *refused;
	bool missing; /* no such instance or export */
	struct bv_wasm_trap trap;
	struct bv_error err;
	size_t count;
	uint8_t types[VALUES_MAX];
	union bv_wasm_value values[VALUES_MAX];
};

/* Names may hold NUL bytes. */
static void invoke(struct bv_wasm_instance *instance, const json_t *action, struct outcome *out)
{
	const json_t *args = json_object_get(action, "args");
	const json_t *field = json_object_get(action, "field");
	union bv_wasm_value values[VALUES_MAX] = {0};
	struct bv_wasm_func *func = NULL;
	struct bv_wasm_extern type = {0};

	out->missing = true;
	if (bv_wasm_export_func(instance, json_string_value(field), json_string_length(field),
		    &func, &out->err))
		return;
	bv_wasm_func_type(func, &type);
	if (json_array_size(args) > VALUES_MAX || type.result_count > VALUES_MAX)
		return;
	for (size_t i = 0; i < json_array_size(args); i++) {
		if (!suite_value_parse(json_array_get(args, i), &values[i]))
			return;
	}
	out->missing = bv_wasm_call(func, values, json_array_size(args), out->values,
			       type.result_count, &out->trap, &out->err) != 0;
	out->count = type.result_count;
	memcpy(out->types, type.results, type.result_count);
}

static void act(struct script *s, struct outcome *out)
{
	const json_t *action = json_object_get(s->command, "action");
	const char *module = text(action, "module");
	struct named *named = module[0] ? find_name(s, module, false) : &s->current;

	*out = (struct outcome){0};
	if (!named || (!named->instance && !named->refused)) {
		out->missing = true;
		return;
	}
	out->refused = named->refused;
	if (named->refused)
		return;
	if (is(text(action, "type"), "invoke")) {
		invoke(named->instance, action, out);
		return;
	}
	out->count = 1;
	out->missing = bv_wasm_export_global(named->instance, text(action, "field"),
			       strlen(text(action, "field")), &out->values[0], &out->types[0],
			       &out->err) != 0;
}

/* True when the command is done with: refused, or not to be acted on. */
static bool acted_out(struct script *s, const struct outcome *out)
{
	if (out->refused) {
		feature(s->totals, out->refused)->assertions++;
		return true;
	}
	if (out->missing)
		fail(s, "cannot act", out->err.text);
	return out->missing;
}

/* One result, or any of several alternatives. */
static bool result_matches(const json_t *expected, uint8_t type, union bv_wasm_value value)
{
	const json_t *any = json_object_get(expected, "values");

	if (!is(text(expected, "type"), "either") || !any)
		return suite_value_matches(expected, type, value);
	for (size_t i = 0; i < json_array_size(any); i++) {
		if (suite_value_matches(json_array_get(any, i), type, value))
			return true;
	}
	return false;
}

static void assert_return(struct script *s)
{
	const json_t *expected = json_object_get(s->command, "expected");
	struct outcome out;
	char detail[128];

	act(s, &out);
	if (acted_out(s, &out))
		return;
	if (out.trap.kind) {
		fail(s, "traps", bv_wasm_trap_name(out.trap.kind));
		return;
	}
	if (json_array_size(expected) != out.count) {
		fail(s, "number of results", "");
		return;
	}
	for (size_t i = 0; i < out.count; i++) {
		if (!result_matches(json_array_get(expected, i), out.types[i], out.values[i])) {
			snprintf(detail, sizeof(detail), "result %zu is 0x%llx, wanted %s", i,
				(unsigned long long)out.values[i].i64,
				text(json_array_get(expected, i), "value"));
			fail(s, text(json_object_get(s->command, "action"), "field"), detail);
			return;
		}
	}
	pass(s);
}

static void command_action(struct script *s)
{
	struct outcome out;

	act(s, &out);
	if (acted_out(s, &out))
		return;
	if (out.trap.kind)
		fail(s, "traps", bv_wasm_trap_name(out.trap.kind));
	else
		pass(s);
}

/* The scripts' words for each trap; the longest prefix decides. */
static const struct {
	const char *text;
	enum bv_wasm_trap_kind kind;
} trap_texts[] = {
	{"unreachable", BV_WASM_TRAP_UNREACHABLE},
	{"out of bounds memory access", BV_WASM_TRAP_MEMORY_BOUNDS},
	{"out of bounds table access", BV_WASM_TRAP_TABLE_BOUNDS},
	{"undefined element", BV_WASM_TRAP_ELEMENT_BOUNDS},
	{"uninitialized element", BV_WASM_TRAP_ELEMENT_NULL},
	{"indirect call type mismatch", BV_WASM_TRAP_CALL_TYPE},
	{"integer divide by zero", BV_WASM_TRAP_DIVIDE_BY_ZERO},
	{"integer overflow", BV_WASM_TRAP_INTEGER_OVERFLOW},
	{"invalid conversion to integer", BV_WASM_TRAP_CONVERSION},
	{"call stack exhausted", BV_WASM_TRAP_STACK},
};

static void check_trap(struct script *s, enum bv_wasm_trap_kind kind)
{
	const char *want = text(s->command, "text");

	for (size_t i = 0; i < sizeof(trap_texts) / sizeof(trap_texts[0]); i++) {
		if (strncmp(want, trap_texts[i].text, strlen(trap_texts[i].text)) != 0)
			continue;
		if (kind == trap_texts[i].kind)
			pass(s);
		else
			fail(s, want, bv_wasm_trap_name(kind));
		return;
	}
	fail(s, "a trap text that is not in the table", want);
}

static void assert_trap(struct script *s)
{
	struct outcome out;

	act(s, &out);
	if (!acted_out(s, &out))
		check_trap(s, out.trap.kind);
}

/* ---- assertions about modules ---- */

static bool is_malformed(int code)
{
	return code == BV_E_SYNTAX || code == BV_E_TRUNCATED || code == BV_E_ENCODING;
}

/* Later editions moved rules between decoding and validation, so an invalid module may be called
 * malformed; never the other way round. */
static void assert_rejected(struct script *s, bool malformed)
{
	struct bv_wasm_module *module = NULL;
	struct bv_error err = {0};
	const char *refused;
	int code;

	if (is(text(s->command, "module_type"), "text")) {
		s->totals->skipped_text++;
		return;
	}
	code = load(s, &module, &err);
	refused = s->limits.edition == 20 ? NULL : feature_name(s, &err);
	if (refused) {
		feature(s->totals, refused)->assertions++;
		return;
	}
	/* To edition 2.0, what belongs to a later proposal is simply wrong. */
	if (code == BV_E_VERSION || is_malformed(code) || (code == BV_E_INVALID && !malformed))
		pass(s);
	else
		fail(s, text(s->command, "text"), code ? err.text : "accepted");
}

static void assert_unlinkable(struct script *s)
{
	const char *want = text(s->command, "text");
	struct bv_wasm_instance *instance = NULL;
	struct bv_wasm_module *module = NULL;
	struct bv_wasm_trap trap = {0};
	struct bv_error err = {0};
	const char *refused;
	int code = load(s, &module, &err);

	refused = code ? feature_name(s, &err) : imports_refused(s, module);
	if (refused) {
		feature(s->totals, refused)->assertions++;
		return;
	}
	if (!code)
		code = bv_wasm_instantiate(s->store, module, &instance, &trap, &err);
	if (code == (strncmp(want, "unknown import", 14) == 0 ? BV_E_MISSING : BV_E_TYPE))
		pass(s);
	else
		fail(s, want, code ? err.text : "linked");
}

static void assert_uninstantiable(struct script *s)
{
	struct bv_wasm_instance *instance = NULL;
	struct bv_wasm_module *module = NULL;
	struct bv_wasm_trap trap = {0};
	struct bv_error err = {0};
	const char *refused;
	int code = load(s, &module, &err);

	refused = code ? feature_name(s, &err) : NULL;
	if (!code)
		code = bv_wasm_instantiate(s->store, module, &instance, &trap, &err);
	if (refused)
		feature(s->totals, refused)->assertions++;
	else if (code)
		fail(s, "instantiation", err.text);
	else
		check_trap(s, trap.kind);
}

static void run_command(struct script *s)
{
	const char *type = text(s->command, "type");

	if (is(type, "module"))
		command_module(s, true);
	else if (is(type, "module_definition"))
		command_module(s, false);
	else if (is(type, "module_instance"))
		command_instance(s);
	else if (is(type, "register"))
		command_register(s);
	else if (is(type, "action"))
		command_action(s);
	else if (is(type, "assert_return"))
		assert_return(s);
	else if (is(type, "assert_trap") || is(type, "assert_exhaustion"))
		assert_trap(s);
	else if (is(type, "assert_invalid"))
		assert_rejected(s, false);
	else if (is(type, "assert_malformed"))
		assert_rejected(s, true);
	else if (is(type, "assert_unlinkable"))
		assert_unlinkable(s);
	else if (is(type, "assert_uninstantiable"))
		assert_uninstantiable(s);
	else
		fail(s, "unknown command", type);
}

/* ---- scripts ---- */

static void run_commands(struct script *s, const json_t *root)
{
	const json_t *commands = json_object_get(root, "commands");
	struct bv_wasm_module *spectest = NULL;
	struct bv_error err = {0};
	size_t i;
	const json_t *command;

	if (bv_wasm_store_new(NULL, &s->store, &err) || !spectest_define(s->store, &spectest)) {
		fprintf(stderr, "wasm-suite: %s\n", err.text);
		exit(1);
	}
	json_array_foreach(commands, i, command)
	{
		s->command = command;
		run_command(s);
	}
	bv_wasm_store_free(s->store);
	bv_wasm_module_free(spectest);
	for (unsigned int n = 0; n < s->module_count; n++)
		bv_wasm_module_free(s->modules[n]);
}

static void run_script(const char *folder, const char *file, const struct bv_wasm_limits *limits,
	struct totals *totals)
{
	struct script *s = calloc(1, sizeof(*s));
	json_error_t error;
	char path[4096];
	json_t *root;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	root = json_load_file(path, JSON_ALLOW_NUL, &error);
	if (!s || !root) {
		fprintf(stderr, "wasm-suite: %s: %s\n", path, root ? "no memory" : error.text);
		exit(1);
	}
	s->folder = folder;
	s->file = file;
	s->totals = totals;
	s->limits = *limits;
	run_commands(s, root);
	json_decref(root);
	free(s);
}

static int is_json(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 5 && is(entry->d_name + n - 5, ".json");
}

static void run_folder(const char *folder, const struct bv_wasm_limits *limits,
	struct totals *totals)
{
	struct dirent **entries = NULL;
	int n = scandir(folder, &entries, is_json, alphasort);

	if (n < 0) {
		fprintf(stderr, "SKIP wasm-suite: %s: %s; give the path of the JSON test suite\n",
			folder, strerror(errno));
		exit(77);
	}
	for (int i = 0; i < n; i++) {
		run_script(folder, entries[i]->d_name, limits, totals);
		free(entries[i]);
	}
	free(entries);
	printf("%s: %d scripts\n", folder, n);
}

/* Whether what was refused is what the file says, line for line: a module refused that was not
 * refused before is a failure, although nothing of it failed. */
static bool report(const struct totals *totals, const char *expected)
{
	FILE *file = expected ? fopen(expected, "r") : NULL;
	bool same = !expected || file;
	char line[160], wanted[160];

	printf("passed %u, failed %u, text modules skipped %u\n", totals->passed, totals->failed,
		totals->skipped_text);
	for (unsigned int i = 0; i < totals->feature_count; i++) {
		snprintf(line, sizeof(line), "refused %s: %u modules, %u assertions\n",
			totals->features[i].name, totals->features[i].modules,
			totals->features[i].assertions);
		fputs(line, stdout);
		same = same &&
			(!file || (fgets(wanted, sizeof(wanted), file) && !strcmp(line, wanted)));
	}
	same = same && (!file || !fgets(wanted, sizeof(wanted), file));
	if (!same)
		printf("what is refused is not what %s says\n", expected);
	if (file)
		fclose(file);
	return same;
}

int main(int argc, char **argv)
{
	static struct totals totals;
	struct bv_wasm_limits limits = {0};
	const char *expected = NULL;
	int first = 1;

	for (; first + 2 < argc && !strncmp(argv[first], "--", 2); first += 2) {
		if (is(argv[first], "--edition"))
			limits.edition = (uint32_t)strtoul(argv[first + 1], NULL, 0);
		else if (is(argv[first], "--unfused"))
			limits.unfused = (uint32_t)strtoul(argv[first + 1], NULL, 0);
		else if (is(argv[first], "--refused"))
			expected = argv[first + 1];
		else
			break;
	}
	if (first == argc || !strncmp(argv[first], "--", 2)) {
		fprintf(stderr,
			"usage: wasm-suite [--edition 20] [--unfused BITS] [--refused FILE] "
			"FOLDER...\n");
		return 2;
	}
	for (int i = first; i < argc; i++)
		run_folder(argv[i], &limits, &totals);
	return !report(&totals, expected) || totals.failed || !totals.passed;
}
