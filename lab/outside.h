/*
 * The parts of the lab's keeper, the program on the host side: QEMU as a child
 * that cannot outlive it, and the terminal that is always put back.
 */
#ifndef LAB_OUTSIDE_H
#define LAB_OUTSIDE_H

#include <stdbool.h>
#include <sys/types.h>

#include "link.h"

/* QEMU as it runs: our ends of its ports, and what it said. */
struct qemu {
	pid_t pid;
	int pidfd;	     /* readable when it has ended */
	int log;	     /* a memfd: kernel console, QEMU's own messages */
	int ports[PORT_END]; /* sockets, not blocking */
};

/*
 * Starts QEMU with @args (a NULL-terminated list whose array has room for
 * QEMU_EXTRA_ARGS more) and the ports added. It is killed when this process
 * ends, however that happens. Returns 0 or -errno, after saying why.
 */
#define QEMU_EXTRA_ARGS 32
int qemu_start(struct qemu *qemu, char **args, int count);

/* Kills QEMU and waits for its end. */
void qemu_kill(struct qemu *qemu);

/* Prints the last lines of QEMU's log on stderr. */
void qemu_show_log(const struct qemu *qemu);

/* Copies the whole log to the file @path. */
void qemu_save_log(const struct qemu *qemu, const char *path);

/* Bit N set: descriptor N is a terminal. */
unsigned int terminal_mask(void);

/*
 * Puts the terminal on stdin into raw mode; output is left alone unless
 * stdout is a terminal too. terminal_restore() undoes it; both may be called
 * in any case.
 */
void terminal_make_raw(unsigned int mask);
void terminal_restore(void);

/* The terminal's size, zeros when it is unknown. */
struct lab_winsize terminal_size(unsigned int mask);

/* A descriptor of our own on the terminal of @mask, not blocking, or -1. */
int terminal_open(unsigned int mask);

/* True when @buf completes three Ctrl-] in a row: the user wants out. */
bool terminal_is_escape(const unsigned char *buf, size_t len);

/* The host's time stamp counter in kHz, measured against its clock. */
unsigned long tsc_khz(void);

#endif
