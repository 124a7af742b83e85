/* Registers, memory and breakpoints, as packets ask for them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "service/gdb/inner.h"
#include "service/gdb/session.h"

#define DOCUMENT_MAX 65536 /* bytes of a target description */

static struct gdb_cpu *selected(struct gdb *gdb)
{
	return &gdb->cpus[gdb->selected];
}

/* "OFFSET,LENGTH" to the end. */
static bool scan_range(struct scan *scan, uint64_t *off, uint64_t *len)
{
	return scan_number(scan, off) && scan_char(scan, ',') &&
	       scan_number(scan, len);
}

/* Takes the annex's name up to the colon, as a string in the packet. */
static const char *scan_annex(struct scan *scan)
{
	char *name = (char *)scan->at;
	char *colon = memchr(name, ':', (size_t)(scan->end - scan->at));

	if (!colon)
		return NULL;
	*colon = '\0';
	scan->at = colon + 1;
	return name;
}

static void add_piece(struct gdb *gdb, const struct text *text, uint64_t off,
		      uint64_t len)
{
	const uint64_t most = PACKET_MAX / 2; /* each byte may be escaped */
	uint64_t left = off < text->len ? text->len - off : 0;

	len = len < most ? len : most;
	reply_text(&gdb->reply, "%c", left > len ? 'm' : 'l');
	if (left)
		reply_bytes(&gdb->reply, text->buf + off,
			    left < len ? left : len);
}

/* ANNEX:OFFSET,LENGTH */
void session_describe(struct gdb *gdb, struct scan *scan)
{
	const char *annex = scan_annex(scan);
	char *buf = malloc(DOCUMENT_MAX);
	uint64_t off, len;
	struct text text;

	if (buf)
		text_init(&text, buf, DOCUMENT_MAX);
	if (annex && buf && scan_range(scan, &off, &len) &&
	    target_describe(gdb->target, annex, &text))
		add_piece(gdb, &text, off, len);
	else
		reply_text(&gdb->reply, "E00");
	free(buf);
}

void session_get_all(struct gdb *gdb, struct scan *scan)
{
	uint8_t bytes[TARGET_REGS_MAX];
	size_t len = target_get_all(gdb->target, selected(gdb), bytes);

	(void)scan;
	reply_hex(&gdb->reply, bytes, len);
}

void session_set_all(struct gdb *gdb, struct scan *scan)
{
	uint8_t bytes[TARGET_REGS_MAX];
	size_t len = scan_bytes(scan, bytes, sizeof(bytes));

	session_answer(gdb, len && target_set_all(gdb->target, selected(gdb),
						  bytes, len));
}

void session_get(struct gdb *gdb, struct scan *scan)
{
	uint8_t bytes[TARGET_REG_MAX];
	uint64_t reg;
	size_t len = 0;

	if (scan_number(scan, &reg) && reg <= UINT16_MAX)
		len = target_get(gdb->target, selected(gdb), (unsigned int)reg,
				 bytes);
	if (len)
		reply_hex(&gdb->reply, bytes, len);
	else
		session_error(gdb, EINVAL);
}

/* REG=VALUE */
void session_set(struct gdb *gdb, struct scan *scan)
{
	uint8_t bytes[TARGET_REG_MAX];
	uint64_t reg;
	size_t len = 0;

	if (scan_number(scan, &reg) && reg <= UINT16_MAX &&
	    scan_char(scan, '='))
		len = scan_bytes(scan, bytes, sizeof(bytes));
	session_answer(gdb, len && target_set(gdb->target, selected(gdb),
					      (unsigned int)reg, bytes, len));
}

/* ADDR,LENGTH. Less than asked for is an answer, too. */
void session_read(struct gdb *gdb, struct scan *scan)
{
	uint8_t bytes[PACKET_MAX / 2];
	uint64_t addr, len;

	if (!scan_range(scan, &addr, &len) || !scan_done(scan)) {
		session_error(gdb, EINVAL);
		return;
	}
	len = len < sizeof(bytes) ? len : sizeof(bytes);
	len = len ? memory_read(selected(gdb), addr, bytes, len) : 0;
	if (len)
		reply_hex(&gdb->reply, bytes, len);
	else
		session_error(gdb, EFAULT);
}

static void write_memory(struct gdb *gdb, uint64_t addr, const void *bytes,
			 size_t len)
{
	if (memory_write(selected(gdb), addr, bytes, len) == len)
		session_ok(gdb);
	else
		session_error(gdb, EFAULT);
}

/* ADDR,LENGTH:HEX */
void session_write(struct gdb *gdb, struct scan *scan)
{
	uint8_t bytes[PACKET_MAX / 2];
	uint64_t addr, len;

	if (scan_range(scan, &addr, &len) && scan_char(scan, ':') &&
	    scan_bytes(scan, bytes, sizeof(bytes)) == len)
		write_memory(gdb, addr, bytes, len);
	else
		session_error(gdb, EINVAL);
}

/* ADDR,LENGTH:BYTES */
void session_write_bytes(struct gdb *gdb, struct scan *scan)
{
	uint64_t addr, len;

	if (scan_range(scan, &addr, &len) && scan_char(scan, ':') &&
	    (uint64_t)(scan->end - scan->at) == len)
		write_memory(gdb, addr, scan->at, len);
	else
		session_error(gdb, EINVAL);
}

/* KIND,ADDR,LENGTH */
static void change_breaks(struct gdb *gdb, struct scan *scan, bool add)
{
	uint64_t kind, addr, len;
	int err = -EINVAL;

	if (scan_number(scan, &kind) && kind <= WATCH_ACCESS &&
	    scan_char(scan, ',') && scan_range(scan, &addr, &len))
		err = add ? breaks_add(selected(gdb), kind, addr, len) :
			    breaks_del(gdb, kind, addr, len);
	if (err)
		session_error(gdb, -err);
	else
		session_ok(gdb);
}

void session_set_break(struct gdb *gdb, struct scan *scan)
{
	change_breaks(gdb, scan, true);
}

void session_del_break(struct gdb *gdb, struct scan *scan)
{
	change_breaks(gdb, scan, false);
}
