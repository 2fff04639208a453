/* SPDX-License-Identifier: MIT
 *
 * Runs a WASI command in this process: for tests only, nothing confines it but WASI itself.
 *
 *   wasi-run [--dir GUEST=HOST[:ro|:wo]]... [--env NAME=VALUE]... [--handles N] [--denials]
 *            [--stop-after MS] MODULE [ARGUMENT]...
 *
 * The guest gets this process's streams. --denials writes one line for each refused attempt to
 * descriptor 3: call, error, root, path. --stop-after raises the interrupt flag. Exit status: the
 * guest's, 134 for a trap, 125 for a failure of ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "wasi/linux/linux.h"

#define PREOPENS_MAX 16
#define ENV_MAX 256

struct run {
	struct bv_wasi_linux host;
	struct bv_wasi_config config;
	struct bv_wasi_preopen preopens[PREOPENS_MAX];
	const char *env[ENV_MAX];
	struct bv_wasi *wasi;
	struct bv_wasm_module *module;
	struct bv_wasm_store *store;
};

/* What a signal handler can reach. */
static volatile uint32_t interrupt;

static void stop(int signum)
{
	(void)signum;
	interrupt = 1;
}

static void die(const struct bv_error *err)
{
	fprintf(stderr, "wasi-run: %s: %s\n", err->place, err->text);
	exit(125);
}

static void check(int code, const struct bv_error *err)
{
	if (code)
		die(err);
}

static void usage(void)
{
	fprintf(stderr,
		"usage: wasi-run [--dir GUEST=HOST[:ro|:wo]] [--env NAME=VALUE]\n"
		"       [--handles N] [--denials] [--stop-after MS] MODULE [ARGUMENT]...\n");
	exit(125);
}

static void denied(void *user, const struct bv_wasi_denial *d)
{
	(void)user;
	dprintf(3, "%s %s %s %.*s\n", d->call, bv_wasi_errno_name(d->error),
		d->root ? d->root : "-", (int)d->path.len, (const char *)d->path.data);
}

/* "GUEST=HOST", with what is granted at the end; both is the default. */
static void add_dir(struct run *run, char *text)
{
	struct bv_wasi_preopen *preopen = &run->preopens[run->config.preopen_count];
	char *host = strchr(text, '=');
	struct bv_error err = {0};
	size_t len = strlen(text);

	if (!host || run->config.preopen_count == PREOPENS_MAX)
		usage();
	*preopen = (struct bv_wasi_preopen){.name = text, .read = true, .write = true};
	if (len > 3 && text[len - 3] == ':') {
		preopen->write = text[len - 2] == 'w';
		preopen->read = !preopen->write;
		text[len - 3] = '\0';
	}
	*host++ = '\0';
	check(bv_wasi_linux_root(host, &preopen->handle, &err), &err);
	run->config.preopen_count++;
}

static void stop_after(const char *text)
{
	unsigned long ms = strtoul(text, NULL, 10);
	struct itimerval timer = {.it_value = {.tv_sec = (time_t)(ms / 1000),
					  .tv_usec = (suseconds_t)(ms % 1000) * 1000}};

	signal(SIGALRM, stop);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void parse(struct run *run, int argc, char **argv)
{
	static const struct option options[] = {{"dir", 1, NULL, 'd'}, {"env", 1, NULL, 'e'},
		{"handles", 1, NULL, 'h'}, {"denials", 0, NULL, 'n'}, {"stop-after", 1, NULL, 's'},
		{NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) >= 0) {
		if (option == 'd')
			add_dir(run, optarg);
		else if (option == 'e' && run->config.env_count < ENV_MAX)
			run->env[run->config.env_count++] = optarg;
		else if (option == 'h')
			run->config.handles_max = (uint32_t)strtoul(optarg, NULL, 10);
		else if (option == 'n')
			run->config.denied = denied;
		else if (option == 's')
			stop_after(optarg);
		else
			usage();
	}
	if (optind == argc)
		usage();
	run->config.args = (const char *const *)(argv + optind);
	run->config.arg_count = (size_t)(argc - optind);
}

static void *slurp(const char *path, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *bytes = NULL;
	size_t len = 0;

	if (fd >= 0 && fstat(fd, &st) == 0)
		bytes = malloc((size_t)st.st_size + 1);
	while (bytes && len < (size_t)st.st_size) {
		ssize_t n = read(fd, bytes + len, (size_t)st.st_size - len);

		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (!bytes || len != (size_t)st.st_size) {
		fprintf(stderr, "wasi-run: %s: %s\n", path, strerror(errno));
		exit(125);
	}
	close(fd);
	*ret_len = len;
	return bytes;
}

static void set_up(struct run *run, const char *path)
{
	const struct bv_wasm_store_config config = {.interrupt = &interrupt};
	struct bv_error err = {0};
	size_t len = 0;
	void *bytes = slurp(path, &len);

	check(bv_wasm_module_load(bytes, len, NULL, &run->module, &err), &err);
	free(bytes);
	check(bv_wasi_linux_init(&run->host, &interrupt, &err), &err);
	run->config.ops = &bv_wasi_linux_ops;
	run->config.host = &run->host;
	run->config.env = run->env;
	run->config.preopens = run->preopens;
	for (int i = 0; i < 3; i++)
		check(bv_wasi_linux_stream(i, &run->config.streams[i], &err), &err);
	check(bv_wasi_new(&run->config, &run->wasi, &err), &err);
	check(bv_wasm_store_new(&config, &run->store, &err), &err);
	check(bv_wasi_define(run->wasi, run->module, run->store, &err), &err);
}

static int run_start(struct run *run)
{
	struct bv_wasm_instance *instance = NULL;
	struct bv_wasm_func *start = NULL;
	struct bv_wasm_trap trap = {0};
	struct bv_error err = {0};

	check(bv_wasm_instantiate(run->store, run->module, &instance, &trap, &err), &err);
	if (!trap.kind) {
		check(bv_wasm_export_func(instance, "_start", 6, &start, &err), &err);
		check(bv_wasm_call(start, NULL, 0, NULL, 0, &trap, &err), &err);
	}
	if (trap.kind == BV_WASM_TRAP_EXIT)
		return trap.status & 0xff;
	if (trap.kind)
		fprintf(stderr, "wasi-run: trap: %s\n", bv_wasm_trap_name(trap.kind));
	return trap.kind ? 134 : 0;
}

int main(int argc, char **argv)
{
	static struct run run;
	int status;

	parse(&run, argc, argv);
	set_up(&run, argv[optind]);
	status = run_start(&run);
	bv_wasm_store_free(run.store);
	bv_wasm_module_free(run.module);
	bv_wasi_free(run.wasi);
	return status;
}
