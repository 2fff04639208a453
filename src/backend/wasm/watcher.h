/* SPDX-License-Identifier: MIT
 *
 * Who stops a guest that runs in this process: a child that shares our memory, waits for the time
 * or the caller's wish, and sets one word that the engine looks at. The library makes no thread and
 * takes no signal, and a loop of the guest's leaves nobody else to look at a clock.
 *
 * The child makes raw system calls only, touches nothing but its watcher, has every signal blocked
 * and every descriptor closed but its own two, and dies with the thread that made it.
 */
#ifndef WASM_WATCHER_H
#define WASM_WATCHER_H

#include <stdint.h>

#include <bvisor/error.h>

enum watcher_cause {
	WATCHER_NONE = 0,
	WATCHER_WALL = 1,
	WATCHER_CPU = 2,
	WATCHER_CANCEL = 3,
};

struct watcher {
	volatile uint32_t stop; /* the engine's interrupt flag */
	volatile uint32_t cause;
	uint64_t wall_end_ns; /* on the monotonic clock; UINT64_MAX: never */
	uint64_t cpu_end_ns;  /* on the clock of the thread that made it; UINT64_MAX: never */
	int cancel;           /* borrowed; -1: none */
	int clock;            /* of the thread, in /proc; -1: none */
	int pidfd;
	int parent;
	void *stack;
};

/* The one is a moment on the monotonic clock, the other counts from now on; UINT64_MAX: no limit.
 */
int watcher_start(struct watcher *watcher, uint64_t wall_end_ns, uint64_t cpu_us, int cancel,
	struct bv_error *err);
/* Ends the child, if it has not ended yet; what stopped the guest stays in `cause`. */
void watcher_end(struct watcher *watcher);
/* Whether this machine lets a thread's clock be read from outside of it. */
int watcher_clock_works(void);

#endif
