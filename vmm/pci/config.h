/* Configuration space, between the files of this folder. */
#ifndef MKVM_PCI_CONFIG_H
#define MKVM_PCI_CONFIG_H

#include "pci.h"

/* Registers, PCI 3.0 "Configuration Space Header" */
#define PCI_COMMAND	0x04
#define PCI_STATUS	0x06
#define PCI_BAR0	0x10
#define PCI_BARS_END	0x28
#define PCI_CAP_POINTER 0x34

#define PCI_COMMAND_IO	     0x0001
#define PCI_COMMAND_MEMORY   0x0002
#define PCI_COMMAND_MASTER   0x0004
#define PCI_COMMAND_PARITY   0x0040
#define PCI_COMMAND_SERR     0x0100
#define PCI_COMMAND_INTX_OFF 0x0400

#define PCI_STATUS_INTX 0x08
#define PCI_STATUS_CAPS 0x10

static inline uint32_t pci_get(const struct pci *pci, unsigned int reg,
			       unsigned int size)
{
	uint32_t val = 0;

	while (size--)
		val = val << 8 | pci->config[reg + size];
	return val;
}

static inline void pci_put(struct pci *pci, unsigned int reg, unsigned int size,
			   uint32_t val)
{
	for (; size--; val >>= 8)
		pci->config[reg++] = val;
}

/*
 * An access of @size bytes, 1, 2 or 4, from register @reg on of the function
 * @devfn: its slot, and three bits of its number there. Reads give ones where
 * there is none.
 */
uint32_t pci_config_read(struct board *bridge, unsigned int devfn,
			 unsigned int reg, unsigned int size);
void pci_config_write(struct board *bridge, unsigned int devfn,
		      unsigned int reg, unsigned int size, uint32_t val);

/* The capabilities of messages, from what the function is. */
void pci_add_messages(struct pci *pci);

/* BARs are where configuration space says. */
void pci_map_bars(struct pci *pci);

/* Which bits of register @reg the function changes by itself, its interrupts that
 * is. */
uint8_t pci_changes(const struct pci *pci, unsigned int reg);

/* Whether messages that wait, and the table of MSI-X, can be so. */
bool pci_messages_fit(const struct pci *pci);

/* The line is what it was, and on the wire already. False: it cannot have been. */
bool pci_line_was(struct pci *pci, bool asked);

/* After a write to configuration space: the wire, and what waited. */
void pci_update_interrupts(struct pci *pci);

#endif
