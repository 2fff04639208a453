/* SPDX-License-Identifier: MIT
 *
 * bvisor wasm inspect, and what plan shows of a module.
 */
#include "cli/module.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <bvisor/bvisor.h>

#include "cli/file.h"
#include "cli/say.h"
#include "cli/verbs.h"

#define MODULE_BYTES_MAX ((size_t)64 << 20)
#define TYPE_MAX 512

struct inspected {
	struct bv_wasm_module *module;
	const char *path;
	size_t size_bytes;
	struct bv_digest sha256;
	size_t refused;
	bool command; /* exports _start */
};

static const char *type_name(uint8_t type)
{
	switch ((enum bv_wasm_type)type) {
	case BV_WASM_I32:
		return "i32";
	case BV_WASM_I64:
		return "i64";
	case BV_WASM_F32:
		return "f32";
	case BV_WASM_F64:
		return "f64";
	case BV_WASM_FUNCREF:
		return "funcref";
	case BV_WASM_EXTERNREF:
		return "externref";
	}
	return "?";
}

static const char *const kind_names[] = {"function", "table", "memory", "global"};

static void append(char out[TYPE_MAX], const char *text)
{
	size_t len = strlen(out);

	(void)snprintf(out + len, TYPE_MAX - len, "%s", text);
}

static void append_list(char out[TYPE_MAX], const uint8_t *types, size_t count)
{
	size_t i;

	append(out, "(");
	for (i = 0; i < count; i++) {
		append(out, i ? ", " : "");
		append(out, type_name(types[i]));
	}
	append(out, ")");
}

/* "(i32, i32) -> (i32)", "16 to 256 pages", "i32, mutable". */
static const char *type_text(const struct bv_wasm_extern *what, char out[TYPE_MAX])
{
	const char *unit = what->kind == BV_WASM_MEMORY ? "pages" : "elements";

	out[0] = '\0';
	switch (what->kind) {
	case BV_WASM_FUNC:
		append_list(out, what->params, what->param_count);
		append(out, " -> ");
		append_list(out, what->results, what->result_count);
		return out;
	case BV_WASM_TABLE:
	case BV_WASM_MEMORY:
		if (what->units_max == UINT64_MAX)
			(void)snprintf(out, TYPE_MAX, "%" PRIu64 " %s", what->units_min, unit);
		else
			(void)snprintf(out, TYPE_MAX, "%" PRIu64 " to %" PRIu64 " %s",
				what->units_min, what->units_max, unit);
		return out;
	case BV_WASM_GLOBAL:
		append(out, type_name(what->type));
		append(out, what->is_mutable ? ", mutable" : "");
		return out;
	}
	return out;
}

static bool is_start(const struct bv_wasm_extern *what)
{
	return what->kind == BV_WASM_FUNC && what->name_len == 6 &&
		memcmp(what->name, "_start", 6) == 0;
}

static int inspect(struct cli_request *request, const char *path, struct inspected *ret,
	struct bv_error *err)
{
	struct bv_verification_result digest = {0};
	struct bv_wasm_extern what;
	size_t i, len = 0;
	const char *bytes = cli_file_read(request, path, MODULE_BYTES_MAX, &len, err);
	int code;

	if (!bytes)
		return err->code;
	/* A check gives the SHA-256 of any bytes. */
	code = bv_report_verify(bytes, len, NULL, &digest, err);
	if (!code)
		code = bv_wasm_module_load(bytes, len, NULL, &ret->module, err);
	if (code)
		return code;
	ret->path = path;
	ret->size_bytes = len;
	ret->sha256 = digest.id.digest;
	for (i = 0; bv_wasm_import(ret->module, i, &what); i++)
		ret->refused += !bv_wasm_backend_provides(&what);
	for (i = 0; bv_wasm_export(ret->module, i, &what); i++)
		ret->command |= is_start(&what);
	return 0;
}

/* Why it would not run, or NULL. */
static const char *unfit(const struct inspected *found)
{
	if (found->refused)
		return "it imports what the wasm backend does not have";
	return found->command ? NULL : "it exports no function _start, so it is no command of WASI";
}

/* ---- for people ---- */

static void show_extern(const struct cli_show *show, enum cli_tone tone, const char *grade,
	const struct bv_wasm_extern *what)
{
	char text[TYPE_MAX];
	char line[1024];

	(void)snprintf(line, sizeof(line), "%.*s%s%.*s %s",
		what->module ? (int)what->module_len : 0, what->module ? what->module : "",
		what->module ? "." : "", (int)what->name_len, what->name, type_text(what, text));
	cli_show_entry(show, tone, grade, line);
}

static void show_found(const struct cli_show *show, const struct inspected *found)
{
	struct bv_wasm_extern what;
	size_t i;

	cli_show_heading(show, "Imports");
	for (i = 0; bv_wasm_import(found->module, i, &what); i++) {
		bool provided = bv_wasm_backend_provides(&what);

		show_extern(show, provided ? CLI_TONE_GOOD : CLI_TONE_BAD,
			provided ? "provided" : "refused", &what);
	}
	cli_show_heading(show, "Exports");
	for (i = 0; bv_wasm_export(found->module, i, &what); i++)
		show_extern(show, CLI_TONE_PLAIN, kind_names[what.kind], &what);
}

int cli_module_show(struct cli_request *request, const struct cli_show *show, const char *path)
{
	struct inspected found = {0};
	struct bv_error err = {0};
	const char *why;

	if (inspect(request, path, &found, &err)) {
		cli_say_error(&err);
		return CLI_EXIT_NOT_EXECUTABLE;
	}
	show_found(show, &found);
	why = unfit(&found);
	bv_wasm_module_free(found.module);
	if (!why)
		return CLI_EXIT_OK;
	cli_say("%s: %s", path, why);
	return CLI_EXIT_NOT_EXECUTABLE;
}

/* ---- for programs ---- */

/* Names are UTF-8, which the engine has checked. */
static void json_text(const char *text, size_t len)
{
	size_t i;

	(void)putchar('"');
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20)
			printf("\\u%04x", c);
		else
			(void)putchar(c);
	}
	(void)putchar('"');
}

static void json_extern(const struct bv_wasm_extern *what, size_t index)
{
	char text[TYPE_MAX];

	printf("%s{\"kind\":\"%s\"", index ? "," : "", kind_names[what->kind]);
	if (what->module) {
		printf(",\"module\":");
		json_text(what->module, what->module_len);
	}
	printf(",\"name\":");
	json_text(what->name, what->name_len);
	if (what->module)
		printf(",\"provided\":%s", bv_wasm_backend_provides(what) ? "true" : "false");
	(void)type_text(what, text);
	printf(",\"type\":\"%s\"}", text);
}

static void print_json(const struct inspected *found)
{
	struct bv_wasm_extern what;
	char hex[BV_DIGEST_HEX];
	size_t i;

	printf("{\"command\":%s,\"exports\":[", found->command ? "true" : "false");
	for (i = 0; bv_wasm_export(found->module, i, &what); i++)
		json_extern(&what, i);
	printf("],\"image_bytes\":%" PRIu64 ",\"imports\":[", bv_wasm_image_bytes(found->module));
	for (i = 0; bv_wasm_import(found->module, i, &what); i++)
		json_extern(&what, i);
	printf("],\"refused_imports\":%zu,\"sha256\":\"%s\",\"size_bytes\":%zu}\n", found->refused,
		bv_digest_hex(&found->sha256, hex), found->size_bytes);
}

static void print_found(const struct inspected *found)
{
	struct cli_show show = cli_show_begin();
	const char *why = unfit(found);
	char hex[BV_DIGEST_HEX];
	char text[64];

	cli_show_entry(&show, why ? CLI_TONE_BAD : CLI_TONE_GOOD, why ? "unfit" : "fit",
		why ? why : "a command of WASI");
	cli_show_note(&show, "module", found->path);
	cli_show_note(&show, "sha256", bv_digest_hex(&found->sha256, hex));
	(void)snprintf(text, sizeof(text), "%zu bytes, all of them validated", found->size_bytes);
	cli_show_note(&show, "size", text);
	(void)snprintf(text, sizeof(text), "%" PRIu64 " bytes of memory are data at the start",
		bv_wasm_image_bytes(found->module));
	cli_show_note(&show, "image", text);
	show_found(&show, found);
}

int cli_wasm(struct cli_request *request)
{
	struct inspected found = {0};
	struct bv_error err = {0};
	int status;

	if (request->operand_count != 2 || strcmp(request->operands[0], "inspect") != 0 ||
		request->command_count) {
		cli_say("wasm wants: bvisor wasm inspect FILE");
		return CLI_EXIT_FAILED;
	}
	if (inspect(request, request->operands[1], &found, &err)) {
		cli_say_error(&err);
		return CLI_EXIT_NOT_EXECUTABLE;
	}
	if (request->flags[CLI_FLAG_JSON])
		print_json(&found);
	else
		print_found(&found);
	status = cli_show_end();
	if (!status && unfit(&found))
		status = CLI_EXIT_UNSOUND;
	bv_wasm_module_free(found.module);
	return status;
}
