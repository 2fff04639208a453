/* SPDX-License-Identifier: MIT
 *
 * The launcher's state machine as a value; the table is machine.def.
 */
#ifndef LAUNCHER_MACHINE_H
#define LAUNCHER_MACHINE_H

enum machine_state {
#define STATE(name, text) STATE_##name,
#include "launcher/machine.def"
#undef STATE
	STATE_COUNT
};

enum machine_event {
#define EVENT(name, text) EVENT_##name,
#include "launcher/machine.def"
#undef EVENT
	EVENT_COUNT
};

enum machine_action {
	ACTION_NONE = 0, /* no cell: never in a complete table */
	ACTION_IGNORE,
	ACTION_BEGIN,   /* verify the frame and clone the child */
	ACTION_RELEASE, /* read the child's state back and let it execute */
	ACTION_KILL,    /* kill the run tree until it is empty */
	ACTION_REPORT,  /* tell the host how it ended */
	ACTION_LEAVE,
	ACTION_FAULT, /* impossible: kill everything, leave */
};

struct machine_cell {
	enum machine_action action;
	enum machine_state next;
};

struct machine_cell machine_step(enum machine_state state, enum machine_event event);
const char *machine_state_name(unsigned int state); /* NULL if there is no such state */
const char *machine_event_name(unsigned int event);

#endif
