/*
 * What the two ends of the lab say to each other.
 *
 * Outside is the keeper (it starts QEMU and owns the terminal), inside is init
 * (it starts COMMAND). Between them run five virtio serial ports: one carries
 * the messages below, the other four carry bytes and nothing else. Both ends
 * are x86-64 programs of one build, so the structures travel as they are.
 */
#ifndef LAB_LINK_H
#define LAB_LINK_H

#include <stdint.h>

/* Port numbers; inside, port N is /dev/vport*pN. */
enum lab_port {
	PORT_CONTROL = 1, /* messages, both ways */
	PORT_IN,	  /* stdin of COMMAND */
	PORT_OUT,	  /* its stdout, when that is no terminal outside */
	PORT_ERR,	  /* its stderr, likewise */
	PORT_TTY,	  /* what the terminal inside shows */
	PORT_END,
};

enum lab_kind {
	LAB_SETUP = 1, /* keeper: struct lab_setup and strings */
	LAB_WINSIZE,   /* keeper: struct lab_winsize */
	LAB_RUNNING,   /* init: COMMAND is about to run, send its stdin */
	LAB_EXIT,      /* init: struct lab_exit */
	LAB_FAILED,    /* init: text, why COMMAND cannot be run */
	LAB_WAKE,      /* keeper: nothing, but an interrupt comes with it */
	LAB_LOST, /* init: a file's path and a NUL; it is not on the host */
};

/* The 9p tag of writable directory number N, in the order of the list. */
#define LAB_OUT_TAG "out%u"

/* Where forward number N arrives inside: this port + N. lab/run has it, too. */
#define LAB_RELAY_PORT 61000

/* Before every message; @size counts the bytes that follow. */
struct lab_head {
	uint32_t kind;
	uint32_t size;
};

struct lab_winsize {
	uint16_t rows;
	uint16_t cols;
};

/*
 * Then NUL-terminated strings: the directory to run in, the shared
 * directories, those that are writable, the forwarded TCP ports, the arguments,
 * the environment.
 */
struct lab_setup {
	uint32_t ttys;	 /* bit N set: descriptor N is a terminal outside */
	uint32_t is_raw; /* the terminal outside adds no CR to a newline */
	struct lab_winsize size;
	uint32_t shares;
	uint32_t outs;
	uint32_t forwards;
	uint32_t args;
	uint32_t envs;
};

/*
 * The byte counts tell the keeper what it still has to wait for, since the
 * ports are not ordered among each other.
 */
struct lab_exit {
	int32_t status; /* as a shell reports it: 128 + signal */
	uint32_t reserved;
	uint64_t sent[PORT_END];
};

#endif
