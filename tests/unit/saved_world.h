/*
 * A device of virtio_driver.h's world that is saved, and another one of its type
 * that is restored in its place: the guest's RAM, and what the interrupt controllers
 * know of lines, stay.
 */
#ifndef MKVM_TESTS_SAVED_WORLD_H
#define MKVM_TESTS_SAVED_WORLD_H

#include <stdlib.h>

#include "util/stash.h"
#include "virtio_driver.h"

/* What is remembered of the device, as core/state_board.c does it. */
static inline struct stash save_device(void)
{
	const struct device_type *type = w->board.type;
	struct stash stash = { 0 };

	*w->board.refused = '\0';
	assert_true(type->version);
	assert_true(!type->still || type->still(w->board.dev));
	stash_put(&stash, (uint8_t *)w->board.dev + type->saved,
		  type->size - type->saved);
	type->save(w->board.dev, &stash);
	assert_false(stash.bad);
	return stash;
}

/* Without release(), where a plug's things are to live on. */
static inline void renew_device(bool releases)
{
	const struct device_type *type = w->board.type;
	struct board old = w->board;

	if (releases && type->release)
		type->release(old.dev);
	free(old.dev);
	fake_slot = SLOT;
	fake_config = planned.config;
	fake_board_open_type(&w->board, type);
	w->board.ram = w->ram;
	w->board.ram_size = RAM_SIZE;
	w->board.now_ns = old.now_ns + 1;
	memcpy(w->board.irq, old.irq, sizeof(old.irq));
	w->board.pin = old.pin;
}

/* Whether @stash, from its beginning on, is a state that the new device can be in. */
static inline bool try_restore(struct stash *stash)
{
	const struct device_type *type = w->board.type;

	stash->at = 0;
	stash->bad = false;
	stash_get(stash, (uint8_t *)w->board.dev + type->saved,
		  type->size - type->saved);
	return !stash->bad && type->restored(w->board.dev, stash) &&
	       stash_is_done(stash) && !*w->board.refused;
}

/* The guest runs again. */
static inline void go_on(void)
{
	fake_run_until(&w->board, w->board.now_ns + 1);
}

static inline void restore_device(void)
{
	struct stash stash = save_device();

	renew_device(true);
	assert_true(try_restore(&stash));
	stash_free(&stash);
	go_on();
}

/* Each byte of it as others, and each length: whatever of that is taken for a state,
 * @use finds a device that can be used. */
static inline void damage_device(void (*use)(void))
{
	static const uint8_t wrong[] = { 0x01, 0x80, 0xff };
	struct stash good = save_device();

	for (size_t i = 0; i < good.len * sizeof(wrong); i++) {
		uint8_t *copied = malloc(good.len);
		struct stash bad = { .data = copied, .len = good.len };

		memcpy(copied, good.data, good.len);
		copied[i / sizeof(wrong)] ^= wrong[i % sizeof(wrong)];
		renew_device(true);
		w->board.any_level = true; /* nobody has set it before */
		if (try_restore(&bad)) {
			go_on();
			use();
		}
		free(copied);
	}
	for (size_t len = 0; len < good.len; len++) {
		uint8_t *copied = malloc(len ? len : 1);
		struct stash cut = { .data = copied, .len = len };

		memcpy(copied, good.data, len);
		renew_device(true);
		assert_false(try_restore(&cut));
		free(copied);
	}
	stash_free(&good);
}

#endif
