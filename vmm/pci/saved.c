/*
 * What is remembered of a function's part of the bus: configuration space, as far
 * as the guest has a hand in it, and its interrupts. Its capabilities and what it
 * is follow from the function, and a file that has others is refused.
 */
#include <string.h>

#include "device.h"
#include "pci/config.h"
#include "util/stash.h"

struct saved {
	uint8_t config[PCI_CONFIG_SIZE];
	uint32_t msix_pending;
	uint32_t asks;
};

void pci_save(const struct pci *pci, struct stash *out)
{
	struct saved saved = { .msix_pending = pci->msix_pending,
			       .asks = pci->asks };

	memcpy(saved.config, pci->config, sizeof(saved.config));
	STASH_PUT(out, saved);
	stash_put(out, pci->msix, pci->function->nr_msix * sizeof(*pci->msix));
}

/* Whether nothing in it is another but what changes in one's life. */
static bool config_fits(const struct pci *pci, const uint8_t *config)
{
	for (unsigned int reg = 0; reg < PCI_CONFIG_SIZE; reg++) {
		uint8_t changes = pci->writable[reg] | pci_changes(pci, reg);

		if ((config[reg] ^ pci->config[reg]) & ~changes)
			return false;
	}
	return true;
}

bool pci_restored(struct pci *pci, struct stash *in)
{
	struct saved saved;

	STASH_GET(in, saved);
	stash_get(in, pci->msix, pci->function->nr_msix * sizeof(*pci->msix));
	if (in->bad || saved.asks > 1 || !config_fits(pci, saved.config))
		return false;
	memcpy(pci->config, saved.config, sizeof(saved.config));
	pci->msix_pending = saved.msix_pending;
	if (!pci_messages_fit(pci) || !pci_line_was(pci, saved.asks))
		return false;
	pci_map_bars(pci);
	return true;
}
