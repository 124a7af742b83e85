/*
 * The parts of the lab's init: ports to the keeper, the file tree that COMMAND
 * sees, and COMMAND itself.
 */
#ifndef LAB_INSIDE_H
#define LAB_INSIDE_H

#include <sys/types.h>

#include "link.h"

/* The keeper's order, unpacked. Every list ends with NULL. */
struct order {
	struct lab_setup setup;
	char *cwd;
	char **shares;
	char **outs;
	char **forwards;
	char **args;
	char **envs;
};

/* COMMAND, and our ends of its descriptors (-1: there is none). */
struct command {
	pid_t pid;
	int in;	 /* what we write arrives on its stdin */
	int out; /* what it writes on stdout, when that is a pipe */
	int err; /* likewise stderr */
	int tty; /* the master of its terminal, when it has one */
};

/*
 * Says why the lab cannot go on, to the keeper once its port is open and to
 * the console always, and ends the lab. Does not return.
 */
void fail(const char *subject, const char *what) __attribute__((noreturn));

/* The port is open: @teller tells the keeper from now on. */
void fail_through(void (*teller)(const char *text, size_t len));

/* Opens port @port, without blocking; waits until it is there. */
int port_open(enum lab_port port);

/* Waits until the keeper's end of port @fd is connected. */
void port_wait(int fd);

/* Reads or writes exactly @len bytes, or fails. */
void port_read(int fd, void *buf, size_t len);
void port_write(int fd, const void *buf, size_t len);

/* Writes one message. */
void port_send(int fd, enum lab_kind kind, const void *buf, size_t len);

/* Mounts /dev of the bare initramfs: the ports are there. */
void world_begin(void);

/* Builds the tree that COMMAND sees, enters it and the order's directory. */
void world_enter(const struct order *order);

/* Brings the network up, with the relays of the order's forwards. */
void net_begin(const struct order *order);

/* Tells the keeper at @port of the files that COMMAND's words name and that are
 * gone when the lab ends. */
void lost_report(const struct order *order, int port);

/* Starts COMMAND; a COMMAND that cannot be started exits 127 or 126. */
void command_start(struct command *command, const struct order *order);

/* Tells the terminal inside its new size. */
void command_resize(const struct command *command, struct lab_winsize size);

#endif
