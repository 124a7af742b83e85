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
#define CHIP_PICS	 2  /* 8259s: the master and the slave */
#define CHIP_PIC_INPUTS	 8  /* of each */
#define CHIP_PINS	 24 /* of the I/O APIC */

/*
 * A message to a local APIC, in the form of a write of @data to @address (SDM
 * 3A, "Message Signalled Interrupts").
 */
struct dev_message {
	uint64_t address;
	uint32_t data;
};

/* What is in an 8259: a bit for each input, under the data sheet's names. */
struct pic_view {
	uint8_t irr, isr, imr;
	uint8_t lines;	/* levels at the inputs */
	uint8_t elcr;	/* 1: level, 0: edge */
	uint8_t base;	/* vector of input 0 */
	uint8_t lowest; /* the input of the lowest priority */
	bool ready;	/* ICW1 to ICW4 have been written */
	bool auto_eoi;
};

/* What is in an I/O APIC; its entries as the data sheet of the 82093AA has them. */
struct ioapic_view {
	uint8_t id;
	uint32_t lines; /* a bit for each pin that asks */
	uint64_t entries[CHIP_PINS];
};

/* Of these, each controller fills in what it is. */
struct chip_view {
	struct pic_view pics[CHIP_PICS];
	struct ioapic_view ioapic;
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

	/* What a person who looks inside sees; changes nothing. */
	void (*look)(const void *dev, struct chip_view *view);
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
