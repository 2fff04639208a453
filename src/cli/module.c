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

static int load(struct cli_request *request, struct cli_module *module, struct bv_error *err)
{
	struct bv_verification_result digest = {0};
	const char *bytes = cli_file_read_regular(request, module->path, MODULE_BYTES_MAX,
		&module->size_bytes, err);
	int code;

	if (!bytes)
		return err->code;
	/* A check gives the SHA-256 of any bytes. */
	code = bv_report_verify(bytes, module->size_bytes, NULL, &digest, err);
	if (!code)
		code = bv_wasm_module_load(bytes, module->size_bytes, NULL, &module->module, err);
	module->sha256 = digest.id.digest;
	return code;
}

static void lacks(struct cli_module *module, const char *why)
{
	if (!module->lack[0])
		(void)snprintf(module->lack, sizeof(module->lack), "%s", why);
}

/* What WASI calls a command exports a function _start, of no parameters and no results. */
static void look_at_exports(struct cli_module *module)
{
	struct bv_wasm_extern what;
	size_t i;

	for (i = 0; bv_wasm_export(module->module, i, &what); i++) {
		if (what.kind != BV_WASM_FUNC || what.name_len != 6 ||
			memcmp(what.name, "_start", 6) != 0)
			continue;
		module->command = !what.param_count && !what.result_count;
		if (!module->command)
			lacks(module,
				"its _start takes or gives values, so it is no command of WASI");
		return;
	}
	lacks(module, "it exports no function _start, so it is no command of WASI");
}

void cli_module_look(struct cli_request *request, const char *path, struct cli_module *ret)
{
	struct bv_error err = {0};
	struct bv_wasm_extern what;
	size_t i;

	*ret = (struct cli_module){.path = path};
	if (load(request, ret, &err)) {
		(void)snprintf(ret->lack, sizeof(ret->lack),
			err.offset ? "%s at offset %" PRIu64 : "%s", err.text, err.offset);
		return;
	}
	for (i = 0; bv_wasm_import(ret->module, i, &what); i++)
		ret->refused += !bv_wasm_backend_provides(&what);
	if (ret->refused)
		lacks(ret, "it imports what the wasm backend does not have");
	look_at_exports(ret);
}

void cli_module_close(struct cli_module *module)
{
	bv_wasm_module_free(module->module);
	module->module = NULL;
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

void cli_module_show(const struct cli_show *show, const struct cli_module *module)
{
	struct bv_wasm_extern what;
	size_t i;

	cli_show_heading(show, "Imports");
	for (i = 0; bv_wasm_import(module->module, i, &what); i++) {
		bool provided = bv_wasm_backend_provides(&what);

		show_extern(show, provided ? CLI_TONE_GOOD : CLI_TONE_BAD,
			provided ? "provided" : "refused", &what);
	}
	cli_show_heading(show, "Exports");
	for (i = 0; bv_wasm_export(module->module, i, &what); i++)
		show_extern(show, CLI_TONE_PLAIN, kind_names[what.kind], &what);
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

static void print_json(const struct cli_module *found)
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

static void print_found(const struct cli_module *found)
{
	struct cli_show show = cli_show_begin();
	bool fit = !found->lack[0];
	char hex[BV_DIGEST_HEX];
	char text[64];

	cli_show_entry(&show, fit ? CLI_TONE_GOOD : CLI_TONE_BAD, fit ? "fit" : "unfit",
		fit ? "a command of WASI" : found->lack);
	cli_show_note(&show, "module", found->path);
	cli_show_note(&show, "sha256", bv_digest_hex(&found->sha256, hex));
	(void)snprintf(text, sizeof(text), "%zu bytes, all of them validated", found->size_bytes);
	cli_show_note(&show, "size", text);
	(void)snprintf(text, sizeof(text), "%" PRIu64 " bytes of memory are data at the start",
		bv_wasm_image_bytes(found->module));
	cli_show_note(&show, "image", text);
	cli_module_show(&show, found);
}

int cli_wasm(struct cli_request *request)
{
	struct cli_module found;
	int status;

	if (request->operand_count != 2 || strcmp(request->operands[0], "inspect") != 0 ||
		request->command_count) {
		cli_say("wasm wants: bvisor wasm inspect FILE");
		return CLI_EXIT_FAILED;
	}
	cli_module_look(request, request->operands[1], &found);
	if (!found.module) {
		cli_say("%s: %s", found.path, found.lack);
		return CLI_EXIT_NOT_EXECUTABLE;
	}
	if (request->flags[CLI_FLAG_JSON])
		print_json(&found);
	else
		print_found(&found);
	status = cli_show_end();
	if (!status && found.lack[0])
		status = CLI_EXIT_UNSOUND;
	cli_module_close(&found);
	return status;
}
