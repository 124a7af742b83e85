/*
 * The board: a VM's devices, and the world they are wired to. This is the
 * other side of include/device.h.
 */
#ifndef MKVM_BOARD_H
#define MKVM_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct board;
struct event_loop;
struct picture;
struct surface;
struct vm;

/*
 * Creates the devices that were built in, less those the run goes without and
 * those that its interrupt controllers replace, and freezes the buses of @vm. RAM
 * below the hole is there from then on.
 * Timers run on @loop. 0, or -errno after one message.
 */
int boards_create(struct vm *vm, struct event_loop *loop);
void boards_free(struct vm *vm);

/* Whether there is a device called @name in @vm. */
bool boards_have(const struct vm *vm, const char *name);

/*
 * The models of interrupt controllers, vm->pic and vm->ioapic: one of their
 * lines; the CPU that takes an interrupt of @pic, whose vector it returns; the
 * CPU that is through with one of @ioapic. Any thread.
 */
void board_chip_line(struct board *chip, unsigned int line, bool level);
uint8_t board_chip_acknowledge(struct board *pic);
void board_chip_eoi(struct board *ioapic, uint8_t vector);

/*
 * Offers console input; returns how many of the @len bytes were taken, or
 * -EAGAIN when a vCPU is at the device just now. The main thread never waits
 * for a device: that vCPU may itself be waiting for the main thread, which
 * alone makes room for output.
 */
ssize_t board_input(struct board *board, const uint8_t *buf, size_t len);

/*
 * A key or the mouse of @vm, from a display that is no terminal: see key() and
 * pointer() in include/device.h. False: it has none. Any thread; waits for a
 * vCPU that is at the device, which takes no time: those never print.
 */
bool boards_key(struct vm *vm, unsigned int code, bool down);
bool boards_pointer(struct vm *vm, int dx, int dy, int wheel,
		    unsigned int buttons);

/* Nobody is at the keys and the mouse of @vm, which is restored: what somebody held
 * when it was saved goes up. Before it runs. */
void boards_let_go(struct vm *vm);

/* What the screen of @vm shows just now. False: it has none, or nothing is to be
 * seen on it, or a vCPU is at the device. Any thread. */
bool boards_look(const struct vm *vm, struct surface *surface);

/* The same as pixels: see util/picture.h. */
bool boards_picture(const struct vm *vm, struct picture *picture);

/* As boards_look(), and waits for a vCPU that is at the device, which takes no time. Not on
 * the main thread. In *@has: whether there is such a device. */
bool boards_look_now(const struct vm *vm, struct surface *surface, bool *has);

/* Tells the devices of @vm that have a line that its other end has gone. One that
 * is busy just now is told at the next call. */
void boards_hang_up(struct vm *vm);

/* Tells the devices of @vm that ask for it that the terminal has another size.
 * False: one was busy, and is to be told again. */
bool boards_resize(struct vm *vm);

/* Presses the power button of @vm; whether anyone in it listens to that. Waits
 * for a device whose access takes no time: those with power() never print. */
bool boards_power(struct vm *vm);

#endif
