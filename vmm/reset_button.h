/*
 * A reset button that somebody may press from outside, on the main thread, which must
 * not wait for a guest to stand still: a thread of its own does. Without snapshots,
 * by which a machine is what it was at power-on, reset_button_none.c stands in.
 */
#ifndef MKVM_RESET_BUTTON_H
#define MKVM_RESET_BUTTON_H

struct vm;

/* Keeps what the @nr loaded guests at @vms are, before they run and before the walls
 * are raised. Once counts. 0, or -errno after one message. */
int reset_button_keep(struct vm *vms, unsigned int nr);

/* Presses that of @vm. */
void reset_button_press(struct vm *vm);

/* Nobody will any more. Also where nothing was kept. */
void reset_button_end(void);

#endif
