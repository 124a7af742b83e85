/*
 * The contract between a function on the PCI bus and that bus, after the PCI
 * Local Bus Specification 3.0.
 *
 * A function is a device_type with a description of this kind, and its state
 * begins with a struct pci. Range number n of its read() and write() is its
 * BAR n, wherever the guest has put that. All it has in configuration space is
 * kept by pci/config.c, its interrupts by pci/interrupt.c; the lock of the
 * device guards both. There is one bus, and on it one function per slot.
 */
#ifndef MKVM_PCI_H
#define MKVM_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCI_SLOTS	32
#define PCI_BARS	6
#define PCI_ROM		PCI_BARS /* for moved() */
#define PCI_WIRES	4	 /* for interrupts of all functions */
#define PCI_CONFIG_SIZE 256
#define PCI_VECTORS_MAX 32

/* A BAR of MSI-X: its table, and behind that the pending bits. */
#define PCI_MSIX_SIZE 0x1000

struct board;
struct pci;
struct stash;

enum pci_bar_kind {
	PCI_BAR_IO = 0x1, /* these are the bits in the register itself */
	PCI_BAR_MEM32 = 0x0,
	PCI_BAR_MEM64 = 0x4, /* takes the next register, too */
	PCI_BAR_PREFETCH32 = 0x8,
	PCI_BAR_PREFETCH64 = 0xc,
};

/* A power of two, 16 bytes or more of memory, 4 or more of ports; 0: none. */
struct pci_bar {
	uint32_t size;
	enum pci_bar_kind kind;
};

/* What a function is; constant. */
struct pci_function {
	uint16_t vendor, device, subvendor, subdevice;
	uint32_t class; /* class, subclass and interface: 24 bits */
	uint8_t revision;
	uint8_t pin;	  /* of its interrupt: 1 is INTA#; 0: none */
	uint8_t nr_msi;	  /* messages: a power of two; 0: no MSI */
	uint8_t nr_msix;  /* likewise any number, up to PCI_VECTORS_MAX */
	uint8_t msix_bar; /* if so: this one is nothing but MSI-X */
	uint8_t slot;	  /* it has to have; 0: the next that is free */
	struct pci_bar bars[PCI_BARS];

	/* For one that has ranges of its own beside its BARs: the number of BAR 0's;
	 * behind those of its type. */
	unsigned int first_range;

	/* Bytes of an expansion ROM, a power of two from 2 KiB on; 0: has none. The
	 * function shows it itself, as moved() says. */
	uint32_t rom_size;

	/* BAR @bar is decoded from @base on, or it is not; PCI_ROM: the expansion
	 * ROM. NULL: no matter. */
	void (*moved)(struct pci *pci, unsigned int bar, uint64_t base,
		      bool on);

	/* For one with a window in configuration space, see struct pci: an
	 * access of @size bytes there, at @off. NULL: has none. */
	uint32_t (*read_window)(struct pci *pci, unsigned int off,
				unsigned int size);
	void (*write_window)(struct pci *pci, unsigned int off,
			     unsigned int size, uint32_t val);

	/* The guest has written to the @size registers from @reg on, and the bits
	 * that it may write are there. NULL: nothing follows from them. */
	void (*written)(struct pci *pci, unsigned int reg, unsigned int size);
};

struct pci_msix_entry {
	uint32_t words[4]; /* address, its high half, data, control */
};

/* A function's part of the bus; what the device may set is at the end. */
struct pci {
	const struct pci_function *function;
	struct board *board;
	uint8_t config[PCI_CONFIG_SIZE];
	uint8_t writable[PCI_CONFIG_SIZE]; /* the bits that are */
	uint8_t caps_end;		   /* where the next capability goes */
	uint8_t caps_last;	   /* the register that will point there */
	uint8_t msi_cap, msix_cap; /* where those are; 0: not there */
	bool asks;		   /* what pci_level() said */
	bool line;		   /* and what of it is on the wire */
	uint32_t msix_pending;
	struct pci_msix_entry msix[PCI_VECTORS_MAX];

	/* Four registers that the function answers by itself; 0: none. */
	uint8_t window;
};

/*
 * Power-on state, and what firmware leaves: BARs with addresses in them, that
 * are decoded; no bus master. In the device's init().
 */
void pci_init(struct pci *pci, struct board *board,
	      const struct pci_function *function);

/* Takes back what of that is firmware's: a card that was just put in has no
 * addresses, and nothing of it is decoded. */
void pci_unplace(struct pci *pci);

/* Lets the guest write @bits, a mask, of the @size bytes at @reg. */
void pci_allow(struct pci *pci, unsigned int reg, unsigned int size,
	       uint32_t bits);

/* Adds capability @id with the @len bytes at @body behind its two bytes of
 * header, read only; after pci_init(). Its offset in configuration space. */
unsigned int pci_add_capability(struct pci *pci, uint8_t id, const void *body,
				unsigned int len);

/* Asks for an interrupt by the function's pin, or no longer. Nothing is on the
 * wire while messages are enabled. */
void pci_level(struct pci *pci, bool asks);

/* Sends message number @vector, by MSI-X or MSI, if the guest has enabled
 * either; one that is masked waits. */
void pci_message(struct pci *pci, unsigned int vector);

/* Whether it is by MSI-X. */
bool pci_has_msix(const struct pci *pci);

/* Whether it is by the pin. */
bool pci_has_line(const struct pci *pci);

/* Whether the guest has made the function a bus master. */
bool pci_is_master(const struct pci *pci);

/* The hva of the @len bytes at @gpa for DMA. NULL: not all of them are RAM, or
 * the guest has not made the function a bus master. */
void *pci_dma(struct pci *pci, uint64_t gpa, size_t len);

/* The BAR of MSI-X. */
uint64_t pci_msix_read(struct pci *pci, uint64_t off, unsigned int size);
void pci_msix_write(struct pci *pci, uint64_t off, unsigned int size,
		    uint64_t val);

/* First of all in the function's save() and restored(): what the bus remembers of
 * it, `function`, `board` and `window` aside. False: no such function was ever in
 * such a state. BARs are where they were; interrupts are not sent again. */
void pci_save(const struct pci *pci, struct stash *out);
bool pci_restored(struct pci *pci, struct stash *in);

/* What the bus asks of the board. */

/* The slot of this function, 0-31. */
unsigned int board_slot(struct board *board);

/* BAR @bar of this function is decoded from @base on, or it is not. */
void board_map(struct board *board, unsigned int bar, uint64_t base, bool on);

/* Sets this function's interrupt pin to @level. */
void board_pin(struct board *board, bool level);

/* The line of the 8259s that the pin leads to, for the guest to read. */
uint8_t board_pin_line(struct board *board);

/* Whether messages become interrupts in this guest; and writes one, number
 * @vector of this function, @data to @address: of no use where it hits no local
 * APIC and no RAM. */
bool board_takes_messages(struct board *board);
void board_message(struct board *board, unsigned int vector, uint64_t address,
		   uint32_t data);

/*
 * For a bridge: calls @visit with the state of the function in @slot, and its
 * lock held unless it is the bridge itself. False: there is none. Lock order:
 * what has registers for all of configuration space, the bridge, any other
 * function; none of them ever calls another way.
 */
bool board_visit(struct board *bridge, unsigned int slot,
		 void (*visit)(struct pci *pci, void *arg), void *arg);

#endif
