/* Keys on their way to a guest: see keys.h. */
#include "terminal/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"

bool keys_room(const struct keys *keys)
{
	return !keys->typed || ring_room(keys->typed) >= KEYS_CHUNK;
}

void keys_put(struct keys *keys, const uint8_t *buf, size_t len)
{
	if (!keys->typed)
		keys->typed = calloc(1, sizeof(*keys->typed));
	if (keys->typed)
		ring_put(keys->typed, buf, len);
	else
		log_warn("stdin: %s: what was typed is lost", strerror(ENOMEM));
}

struct board *keys_reader(const struct keys *keys, enum keys_place place)
{
	struct board *board = NULL;

	if (place == KEYS_AT_SCREEN)
		board = atomic_load(&keys->keyboard);
	else if (place == KEYS_AT_LINE)
		board = atomic_load(&keys->line);
	return board ? board : atomic_load(&keys->last);
}

void keys_move(struct keys *keys, struct keys *from)
{
	const uint8_t *buf;
	size_t len;

	if (keys == from)
		return;
	from->lent = false;
	if (!from->typed)
		return;
	if (!keys->typed) {
		keys->typed = from->typed;
		from->typed = NULL;
		return;
	}
	for (; (buf = ring_peek(from->typed, &len)), len;
	     ring_drop(from->typed, len))
		ring_put(keys->typed, buf, len);
}

ssize_t keys_lend(struct keys *keys,
		  ssize_t (*input)(struct board *board, const uint8_t *buf,
				   size_t len))
{
	struct board *board = atomic_load(&keys->quiet);
	const uint8_t *buf;
	size_t len;
	ssize_t taken;

	if (!board || keys->lent)
		return 0;
	buf = ring_peek(keys->typed, &len);
	if (!len)
		return 0;
	atomic_store(&keys->asked, false);
	taken = input(board, buf, 1);
	keys->lent = taken > 0;
	return taken;
}

void keys_settle(struct keys *keys, const struct board *board)
{
	if (keys->lent && board == atomic_load(&keys->quiet))
		ring_drop(keys->typed, 1);
	keys->lent = false;
}

bool keys_ask(struct keys *keys, struct board *board)
{
	struct board *before = atomic_exchange(&keys->last, board);

	if (board != atomic_load(&keys->keyboard))
		atomic_store(&keys->line, board);
	return !atomic_exchange(&keys->asked, true) || before != board;
}

bool keys_ask_more(struct keys *keys, struct board *board)
{
	bool known = board == atomic_load(&keys->last) ||
		     board == atomic_load(&keys->keyboard) ||
		     board == atomic_load(&keys->quiet) ||
		     board == atomic_load(&keys->line);

	return known && !atomic_exchange(&keys->asked, true);
}
