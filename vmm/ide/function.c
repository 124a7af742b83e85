/*
 * The controller as a function on PCI, which calls itself PIIX3 (8086:7010), since
 * every system has the driver for that: Intel 82371SB, "IDE Controller". Its channels
 * stay at the ports that they have always had, and their lines are no pin of
 * PCI; BAR 4 is the bus master. The timings that a driver sets are remembered,
 * and nothing is slower for them.
 */
#include "feature.h"
#include "ide/controller.h"
#include "ide/dma.h"
#include "ison.h"
#include "pci.h"

#define REG_TIMINGS   0x40 /* two bytes for each channel, and slaves' */
#define CHANNEL_IS_ON 0x80 /* in the second byte of each */
#define DRIVE_HAS_DMA 0x20 /* in the bus master's status; then the slave's */

static const struct pci_function piix3 = {
	.vendor = 0x8086,
	.device = 0x7010,
	.class = 0x010180, /* both channels at the ports of old; bus master */
	.bars = { [4] = { IDE_CHANNELS * IDE_BM_SIZE, PCI_BAR_IO } },
};

static void function_init(void *dev, struct board *board)
{
	struct ide *ide = dev;

	pci_init(&ide->pci, board, &piix3);
	for (unsigned int i = 0; i < IDE_CHANNELS; i++)
		ide->pci.config[REG_TIMINGS + 2 * i + 1] = CHANNEL_IS_ON;
	pci_allow(&ide->pci, REG_TIMINGS, 4, UINT32_MAX);
	pci_allow(&ide->pci, REG_TIMINGS + 4, 1, UINT8_MAX);
	ide->has_dma = ide_may_dma(board);
	ide_init(dev, board);
	for (unsigned int i = 0; i < IDE_CHANNELS && ide->has_dma; i++)
		for (unsigned int unit = 0; unit < IDE_DRIVES; unit++)
			if (ide_is_there(&ide->channels[i], unit))
				ide->state[i].bm_status |= DRIVE_HAS_DMA
							   << unit;
}

static void function_save(void *dev, struct stash *out)
{
	const struct ide *ide = dev;

	pci_save(&ide->pci, out);
	ide_save(dev, out);
}

static bool function_restored(void *dev, struct stash *in)
{
	struct ide *ide = dev;

	return pci_restored(&ide->pci, in) && ide_restored(dev, in);
}

static const struct device_type function = {
	.name = "ide",
	IDE_ROW,
	.still = IF_ON(CONFIG_SNAPSHOT, ide_still),
	.reset = IF_ON(CONFIG_SNAPSHOT, ide_reset),
	.version = 2,
	.saved = offsetof(struct ide, state),
	.init = function_init,
	.save = IF_ON(CONFIG_SNAPSHOT, function_save),
	.restored = IF_ON(CONFIG_SNAPSHOT, function_restored),
	.pci = &piix3,
};

const struct device_type *ide_function(void)
{
	return &function;
}
