/* SPDX-License-Identifier: MIT
 *
 * bvisor-wasm: runs one WebAssembly guest inside a boundary that the launcher has made around it.
 * It is not for people: descriptor 3 holds the order, 4 the module, 5 the ledger, and the standard
 * streams are the guest's. It has no environment, no argument, and nothing to say but what stands
 * in the ledger; so its exit status is 0 when the ledger has an end, and 1 when it has none.
 *
 * Nothing it does is trusted: the host reads the ledger as it would read a guest's own words.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "guest/guest.h"
#include "warm/warm.h"
#include "wasi/linux/linux.h"

struct worker {
	struct wire_ledger ledger;
	struct wire_guest order;
	struct bv_bytes module;
	struct bv_wasi_linux host;
	int streams[3];
	int preopens[WIRE_PREOPENS_MAX];
};

/* The whole of a file, read-only. An empty one has no mapping, and is an empty view. */
static int worker_map(int fd, const char *place, struct bv_bytes *ret, struct bv_error *err)
{
	struct stat st;
	void *data = NULL;

	if (fstat(fd, &st))
		return bv_fail_os(err, BV_E_OS, errno, place, "descriptor %d", fd);
	if (st.st_size > 0)
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return bv_fail_os(err, BV_E_OS, errno, place, "descriptor %d", fd);
	*ret = bv_bytes(data, data ? (size_t)st.st_size : 0);
	close(fd);
	return 0;
}

static int worker_open_ledger(struct wire_ledger *ledger)
{
	uint8_t *data = mmap(NULL, WIRE_LEDGER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		WIRE_GUEST_FD_LEDGER, 0);

	if (data == MAP_FAILED)
		return -1;
	close(WIRE_GUEST_FD_LEDGER);
	wire_ledger_begin(ledger, data, WIRE_LEDGER_BYTES);
	return 0;
}

static int worker_read(struct worker *worker, struct bv_error *err)
{
	struct bv_bytes bytes = {0};
	int code = worker_map(WIRE_GUEST_FD_ORDER, "worker.order", &bytes, err);

	if (!code && !wire_guest_decode(bytes, &worker->order))
		code = bv_fail(err, BV_E_PROTOCOL, "worker.order", "the order is not well-formed");
	if (!code)
		code = worker_map(WIRE_GUEST_FD_MODULE, "worker.module", &worker->module, err);
	return code;
}

static int worker_open(struct worker *worker, struct bv_error *err)
{
	int code = bv_wasi_linux_init(&worker->host, NULL, err);

	for (int i = 0; !code && i < 3; i++)
		code = bv_wasi_linux_stream(i, &worker->streams[i], err);
	for (size_t i = 0; !code && i < worker->order.preopen_count; i++)
		code = bv_wasi_linux_root((const char *)worker->order.preopens[i].host.data,
			&worker->preopens[i], err);
	return code;
}

int main(void)
{
	/* From the kernel, zeroed: what is not touched of it takes no memory. */
	struct worker *worker = calloc(1, sizeof(*worker));
	struct bv_error err = {0};
	int code;

	if (!worker || worker_open_ledger(&worker->ledger))
		_exit(1);
	code = worker_read(worker, &err);
	if (!code)
		code = worker_open(worker, &err);
	if (code) {
		guest_unfit(&worker->ledger, WIRE_GUEST_BROKEN, &err);
		_exit(0);
	}
	guest_run(&(struct guest_job){
		.order = &worker->order,
		.module = worker->module,
		.ops = &bv_wasi_linux_ops,
		.host = &worker->host,
		.streams = {worker->streams[0], worker->streams[1], worker->streams[2]},
		.preopens = worker->preopens,
		.memory = warm_memory_plain(),
		.ledger = &worker->ledger,
	});
	_exit(0);
}
