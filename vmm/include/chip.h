/*
 * What interrupt controllers need beyond include/device.h: the lines of other
 * devices, the CPU's acknowledgement, and messages to local APICs.
 */
#ifndef MKVM_CHIP_H
#define MKVM_CHIP_H

#include <stdbool.h>
#include <stdint.h>

struct board;

#define DEV_MESSAGES_MAX 24 /* of board_want_eoi() */

/*
 * A message to a local APIC, in the form of a write of @data to @address (SDM
 * 3A, "Message Signalled Interrupts").
 */
struct dev_message {
	uint64_t address;
	uint32_t data;
};

/* The calls into a device that is one. Whoever calls holds its lock; those that
 * it has no use for are NULL, line() never is. */
struct chip {
	/* Interrupt line @irq, 0-15, of some device has changed to @level. */
	void (*line)(void *dev, unsigned int irq, bool level);

	/* The CPU takes the interrupt that board_intr() announced; returns the
	 * vector. */
	uint8_t (*acknowledge)(void *dev);

	/* A CPU is through with interrupt @vector, which came by one of the
	 * messages of board_want_eoi(). */
	void (*eoi)(void *dev, uint8_t vector);
};

/* The interrupt controller's INTR pin to the CPU: an interrupt waits or not. */
void board_intr(struct board *board, bool level);

/* Sends @message to the local APICs. One that nobody takes is lost. */
void board_send(struct board *board, const struct dev_message *message);

/*
 * eoi() is called for those of this device's messages that are among the
 * @count at @messages, DEV_MESSAGES_MAX at most; the list replaces the last
 * one. Only levels (bit 15 of the data) can be asked for.
 */
void board_want_eoi(struct board *board, const struct dev_message *messages,
		    unsigned int count);

#endif
