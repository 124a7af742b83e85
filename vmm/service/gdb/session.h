/*
 * What the packets of a session have in common. Each function named like a request
 * of the client's takes what stands in its packet behind the word that it is known
 * by, and puts the answer together.
 */
#ifndef MKVM_GDB_SESSION_H
#define MKVM_GDB_SESSION_H

#include <stdbool.h>
#include <stddef.h>

struct gdb;
struct scan;
struct stop;

/* --- go.c: answers --- */

void session_ok(struct gdb *gdb);
void session_error(struct gdb *gdb, int number); /* 1 to 255 */
void session_answer(struct gdb *gdb, bool good); /* one of them */

/* Something for the user to read, at most PACKET_MAX / 2 - 1 bytes: only while the
 * client waits for a stop, or for what a monitor's command says. */
void session_tell(struct gdb *gdb, const char *words, size_t len);

void session_add_stop(struct gdb *gdb, const struct stop *stop);

/* --- go.c: vCont and the like --- */

void session_actions(struct gdb *gdb, struct scan *scan);
void session_continue(struct gdb *gdb, struct scan *scan);
void session_go(struct gdb *gdb, struct scan *scan);
void session_step(struct gdb *gdb, struct scan *scan);

/* --- values.c: registers and memory --- */

void session_describe(struct gdb *gdb, struct scan *scan);
void session_get_all(struct gdb *gdb, struct scan *scan);
void session_set_all(struct gdb *gdb, struct scan *scan);
void session_get(struct gdb *gdb, struct scan *scan);
void session_set(struct gdb *gdb, struct scan *scan);
void session_read(struct gdb *gdb, struct scan *scan);
void session_write(struct gdb *gdb, struct scan *scan);
void session_write_bytes(struct gdb *gdb, struct scan *scan);
void session_set_break(struct gdb *gdb, struct scan *scan);
void session_del_break(struct gdb *gdb, struct scan *scan);

#endif
