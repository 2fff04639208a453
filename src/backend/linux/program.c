/* SPDX-License-Identifier: MIT
 *
 * Opening and hashing the program; see program.h.
 */
#include "program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "sys/call.h"

#define DIGEST_PIECE ((size_t)1 << 20)
#define ARGUMENTS_MAX ((size_t)64 << 10)

static struct file_identity program_identify(const struct stat *st)
{
	return (struct file_identity){st->st_dev, st->st_ino, st->st_size, st->st_mtim,
		st->st_ctim};
}

static bool program_same(const struct file_identity *a, const struct file_identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
		a->modified.tv_sec == b->modified.tv_sec &&
		a->modified.tv_nsec == b->modified.tv_nsec &&
		a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static int program_open_file(const char *path, struct program_file *file, struct bv_error *err)
{
	struct stat st;

	file->fd = sys_openat2(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		RESOLVE_NO_MAGICLINKS);
	if (file->fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return bv_fail_os(err, BV_E_NOT_FOUND, errno, "workload.program", "'%s'", path);
	if (file->fd < 0)
		return bv_fail_os(err, BV_E_NOT_EXECUTABLE, errno, "workload.program",
			"'%s' must be readable to be identified", path);
	if (fstat(file->fd, &st) || !S_ISREG(st.st_mode))
		return bv_fail(err, BV_E_NOT_EXECUTABLE, "workload.program", "'%s' is not a file",
			path);
	if (faccessat(file->fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS))
		return bv_fail_os(err, BV_E_NOT_EXECUTABLE, errno, "workload.program", "'%s'",
			path);
	file->identity = program_identify(&st);
	file->path = strdup(path);
	if (!file->path)
		return bv_fail(err, BV_E_NO_MEMORY, "workload.program", "no memory for a path");
	return 0;
}

/* Splits "#!  /path  argument with spaces  " as the kernel does: one argument at most. */
static bool program_parse_line(char *line, char **ret_path, char **ret_argument)
{
	char *end = line + strcspn(line, "\n");
	char *path, *argument;

	while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = 0;
	path = line + 2 + strspn(line + 2, " \t");
	argument = path + strcspn(path, " \t");
	if (!*path)
		return false;
	if (*argument) {
		*argument++ = 0;
		argument += strspn(argument, " \t");
	}
	*ret_path = path;
	*ret_argument = *argument ? argument : NULL;
	return *path == '/';
}

static void program_argument(struct program *program, const char *text)
{
	bv_buf_append(&program->arguments, text, strlen(text) + 1);
	program->argument_count++;
}

/* Puts the words of one script line in front of what is there. */
static void program_prepend(struct program *program, const char *path, const char *argument,
	const char *script)
{
	struct bv_buf rest = program->arguments;

	/* The first word of the rest is the name the interpreter's own argv[0] replaces. */
	program->arguments = BV_BUF(ARGUMENTS_MAX);
	program->argument_count = program->argument_count > 1 ? program->argument_count - 1 : 0;
	program_argument(program, path);
	if (argument)
		program_argument(program, argument);
	program_argument(program, script);
	if (rest.len) {
		size_t skip = strlen((const char *)rest.data) + 1;

		bv_buf_append(&program->arguments, rest.data + skip, rest.len - skip);
	}
	bv_buf_free(&rest);
}

/* The PT_INTERP of a 64-bit ELF file of this machine; for messages only, the kernel reads its own.
 */
static void program_find_loader(struct program *program)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;

	if (pread(program->image.fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
		memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
		header.e_phentsize != sizeof(segment))
		return;
	for (unsigned int i = 0; i < header.e_phnum && i < 64; i++) {
		off_t at = (off_t)(header.e_phoff + i * sizeof(segment));
		size_t len;

		if (pread(program->image.fd, &segment, sizeof(segment), at) !=
			(ssize_t)sizeof(segment))
			return;
		if (segment.p_type != PT_INTERP)
			continue;
		len = segment.p_filesz < PROGRAM_LINE_MAX - 1 ? segment.p_filesz
							      : PROGRAM_LINE_MAX - 1;
		if (pread(program->image.fd, program->loader, len, (off_t)segment.p_offset) !=
			(ssize_t)len)
			program->loader[0] = 0;
		return;
	}
}

/* One level: if the image is a script, its interpreter becomes the image. 1: it was one. */
static int program_interpret(struct program *program, struct bv_error *err, bool *ret_again)
{
	char line[PROGRAM_LINE_MAX + 1];
	ssize_t len = pread(program->image.fd, line, PROGRAM_LINE_MAX, 0);
	char *path, *argument;
	struct program_file interpreter = {.fd = -1};
	int code;

	*ret_again = false;
	if (len < 2 || line[0] != '#' || line[1] != '!')
		return 0;
	line[len] = 0;
	if (!program_parse_line(line, &path, &argument))
		return bv_fail(err, BV_E_NOT_EXECUTABLE, "workload.program",
			"the first line of '%s' names no absolute path of an interpreter",
			program->image.path);
	code = program_open_file(path, &interpreter, err);
	if (code) {
		free(interpreter.path);
		if (interpreter.fd >= 0)
			close(interpreter.fd);
		return code;
	}
	program_prepend(program, path, argument, program->image.path);
	if (program->script.fd < 0) {
		program->script = program->image;
	} else {
		close(program->image.fd);
		free(program->image.path);
	}
	program->image = interpreter;
	*ret_again = true;
	return 0;
}

int program_open(const struct bv_workload *workload, struct program *ret, struct bv_error *err)
{
	struct program program = {.script.fd = -1,
		.image.fd = -1,
		.arguments = BV_BUF(ARGUMENTS_MAX)};
	bool again = true;
	int code = program_open_file(workload->program, &program.image, err);

	program_argument(&program, workload->name ? workload->name : workload->program);
	for (int i = 0; !code && again && i <= PROGRAM_SCRIPTS_MAX; i++)
		code = program_interpret(&program, err, &again);
	if (!code && again)
		code = bv_fail(err, BV_E_NOT_EXECUTABLE, "workload.program",
			"more than %d scripts interpret one another", PROGRAM_SCRIPTS_MAX);
	if (!code && !bv_buf_ok(&program.arguments))
		code = bv_fail(err, BV_E_NO_MEMORY, "workload.program", "no memory for arguments");
	if (code) {
		program_close(&program);
		return code;
	}
	program_find_loader(&program);
	*ret = program;
	return 0;
}

void program_close(struct program *program)
{
	struct program_file *files[] = {&program->script, &program->image};

	for (size_t i = 0; i < 2; i++) {
		if (files[i]->fd >= 0)
			close(files[i]->fd);
		free(files[i]->path);
		files[i]->fd = -1;
		files[i]->path = NULL;
	}
	bv_buf_free(&program->arguments);
}

static bool program_recall(struct linux_state *state, struct program_file *file)
{
	pthread_mutex_lock(&state->lock);
	for (size_t i = 0; i < STATE_DIGESTS && !file->digested; i++) {
		if (!program_same(&state->digests[i].identity, &file->identity))
			continue;
		file->digest = state->digests[i].digest;
		file->digested = true;
	}
	pthread_mutex_unlock(&state->lock);
	return file->digested;
}

/* A file changed within the last two seconds may change again under the same time stamp. */
static void program_remember(struct linux_state *state, const struct program_file *file)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (file->changed || now.tv_sec - file->identity.changed.tv_sec < 2)
		return;
	pthread_mutex_lock(&state->lock);
	state->digests[state->digest_next].identity = file->identity;
	state->digests[state->digest_next].digest = file->digest;
	state->digest_next = (state->digest_next + 1) % STATE_DIGESTS;
	pthread_mutex_unlock(&state->lock);
}

static void program_digest_end(struct linux_state *state, struct program_file *file)
{
	struct file_identity now = {0};
	struct stat st;

	bv_sha256_final(&file->state, &file->digest);
	file->digested = true;
	if (fstat(file->fd, &st) == 0)
		now = program_identify(&st);
	file->changed = file->at != file->identity.size || !program_same(&now, &file->identity);
	program_remember(state, file);
}

/* At most DIGEST_PIECE bytes, through a buffer that stays small and warm. */
static bool program_digest_piece(struct program_file *file)
{
	uint8_t data[32768];
	off_t end = file->at + (off_t)DIGEST_PIECE;
	ssize_t len = 1;

	while (file->at < end && file->at < file->identity.size) {
		len = pread(file->fd, data, sizeof(data), file->at);
		if (len <= 0)
			break;
		bv_sha256_update(&file->state, data, (size_t)len);
		file->at += len;
	}
	return len > 0 && file->at < file->identity.size;
}

bool program_digest_step(struct linux_state *state, struct program_file *file)
{
	if (file->fd < 0 || file->digested)
		return false;
	if (file->at == 0) {
		if (program_recall(state, file))
			return false;
		bv_sha256_init(&file->state);
	}
	if (program_digest_piece(file))
		return true;
	program_digest_end(state, file);
	return false;
}

void program_explain_denial(const struct program *program, char *text, size_t size)
{
	if (program->script.fd >= 0)
		snprintf(text, size,
			"the interpreter '%s' is not granted read and execute (--rox); --system "
			"grants what "
			"programs of this system need",
			program->image.path);
	else if (program->loader[0])
		snprintf(text, size,
			"the program's loader '%s' is not granted read and execute (--rox); "
			"--system grants "
			"what dynamic programs need",
			program->loader);
	else
		snprintf(text, size, "'%s' may not be executed", program->image.path);
}
