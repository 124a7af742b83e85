/*
 * Interrupts of a function: its pin, a level, or messages, which are writes to
 * where local APICs listen. MSI and MSI-X after PCI 3.0, "Message Signalled
 * Interrupts": 64-bit addresses, and every message can be masked and waits
 * then.
 *
 * Left out: what the specification lets a function do in its stead, such as
 * fewer messages than it has asked for getting each a share of its own; those
 * beyond take those that there are in turn.
 */
#include "device.h"
#include "pci/config.h"
#include "saved.h"

#define CAP_MSI	 0x05
#define CAP_MSIX 0x11

/* MSI, from its capability on */
#define MSI_CONTROL	  2
#define MSI_ADDRESS	  4
#define MSI_ADDRESS_HIGH  8
#define MSI_DATA	  12
#define MSI_MASK	  16
#define MSI_PENDING	  20
#define MSI_LEN		  24
#define MSI_ENABLE	  0x0001
#define MSI_CAPABLE_SHIFT 1 /* how many it has, as a power of two */
#define MSI_ENABLED_SHIFT 4 /* how many it may use, likewise */
#define MSI_ENABLED_MASK  0x0070
#define MSI_64BIT	  0x0080
#define MSI_MASKS	  0x0100
#define MSI_ADDRESS_BITS  0xfffffffc
#define MSI_CAPABLE_MAX	  5

/* MSI-X, likewise; and an entry of its table */
#define MSIX_CONTROL  2
#define MSIX_TABLE    4
#define MSIX_PBA      8
#define MSIX_LEN      12
#define MSIX_MASK_ALL 0x4000
#define MSIX_ENABLE   0x8000
#define MSIX_PBA_OFF  0x800

enum { WORD_ADDRESS, WORD_HIGH, WORD_DATA, WORD_CONTROL, WORDS };

#define WORD_MASKED 1 /* in the control */

static uint16_t msi_control(const struct pci *pci)
{
	return pci->msi_cap ? pci_get(pci, pci->msi_cap + MSI_CONTROL, 2) : 0;
}

static uint16_t msix_control(const struct pci *pci)
{
	return pci->msix_cap ? pci_get(pci, pci->msix_cap + MSIX_CONTROL, 2) :
			       0;
}

bool pci_has_msix(const struct pci *pci)
{
	return msix_control(pci) & MSIX_ENABLE;
}

static unsigned int log2_of(unsigned int power)
{
	return __builtin_ctz(power);
}

static void add_msi(struct pci *pci)
{
	const unsigned int nr = pci->function->nr_msi;
	const uint16_t control = MSI_64BIT | MSI_MASKS |
				 log2_of(nr) << MSI_CAPABLE_SHIFT;
	const uint8_t body[MSI_LEN - 2] = { control & 0xff, control >> 8 };
	unsigned int cap = pci_add_capability(pci, CAP_MSI, body, sizeof(body));

	pci_allow(pci, cap + MSI_CONTROL, 2, MSI_ENABLE | MSI_ENABLED_MASK);
	pci_allow(pci, cap + MSI_ADDRESS, 4, MSI_ADDRESS_BITS);
	pci_allow(pci, cap + MSI_ADDRESS_HIGH, 4, UINT32_MAX);
	pci_allow(pci, cap + MSI_DATA, 2, UINT16_MAX);
	pci_allow(pci, cap + MSI_MASK, 4, (uint32_t)((1ULL << nr) - 1));
	pci->msi_cap = cap;
}

static void add_msix(struct pci *pci)
{
	const struct pci_function *f = pci->function;
	const uint8_t body[MSIX_LEN - 2] = {
		[MSIX_CONTROL - 2] = f->nr_msix - 1,
		[MSIX_TABLE - 2] = f->msix_bar,
		[MSIX_PBA - 2] = MSIX_PBA_OFF % 0x100 | f->msix_bar,
		[MSIX_PBA - 1] = MSIX_PBA_OFF >> 8,
	};

	pci->msix_cap = pci_add_capability(pci, CAP_MSIX, body, sizeof(body));
	pci_allow(pci, pci->msix_cap + MSIX_CONTROL, 2,
		  MSIX_MASK_ALL | MSIX_ENABLE);
	for (unsigned int i = 0; i < f->nr_msix; i++)
		pci->msix[i].words[WORD_CONTROL] = WORD_MASKED;
}

void pci_add_messages(struct pci *pci)
{
	if (!board_takes_messages(pci->board))
		return;
	if (pci->function->nr_msi)
		add_msi(pci);
	if (pci->function->nr_msix)
		add_msix(pci);
}

/* A message is a write, and those are a bus master's. */
static void send(struct pci *pci, unsigned int vector, uint32_t low,
		 uint32_t high, uint32_t data)
{
	if (pci->config[PCI_COMMAND] & PCI_COMMAND_MASTER)
		board_message(pci->board, vector, (uint64_t)high << 32 | low,
			      data);
}

/* How many messages of MSI the guest lets it have. */
static unsigned int msi_count(const struct pci *pci)
{
	unsigned int log2 = (msi_control(pci) & MSI_ENABLED_MASK) >>
			    MSI_ENABLED_SHIFT;
	unsigned int count =
		1U << (log2 < MSI_CAPABLE_MAX ? log2 : MSI_CAPABLE_MAX);

	return count < pci->function->nr_msi ? count : pci->function->nr_msi;
}

static void send_msi(struct pci *pci, unsigned int vector)
{
	const unsigned int cap = pci->msi_cap, count = msi_count(pci);
	uint32_t data = pci_get(pci, cap + MSI_DATA, 2);

	/* The low bits of the data say which of them it is. */
	send(pci, vector, pci_get(pci, cap + MSI_ADDRESS, 4),
	     pci_get(pci, cap + MSI_ADDRESS_HIGH, 4),
	     (data & ~(count - 1)) | vector);
}

static void raise_msi(struct pci *pci, unsigned int vector)
{
	const unsigned int pending = pci->msi_cap + MSI_PENDING;

	vector %= msi_count(pci);
	if (pci_get(pci, pci->msi_cap + MSI_MASK, 4) >> vector & 1)
		pci_put(pci, pending, 4,
			pci_get(pci, pending, 4) | 1U << vector);
	else
		send_msi(pci, vector);
}

static void send_msix(struct pci *pci, unsigned int vector)
{
	const uint32_t *words = pci->msix[vector].words;

	send(pci, vector, words[WORD_ADDRESS], words[WORD_HIGH],
	     words[WORD_DATA]);
}

static bool msix_is_masked(const struct pci *pci, unsigned int vector)
{
	return msix_control(pci) & MSIX_MASK_ALL ||
	       pci->msix[vector].words[WORD_CONTROL] & WORD_MASKED;
}

static void raise_msix(struct pci *pci, unsigned int vector)
{
	if (vector >= pci->function->nr_msix)
		return;
	if (msix_is_masked(pci, vector))
		pci->msix_pending |= 1U << vector;
	else
		send_msix(pci, vector);
}

void pci_message(struct pci *pci, unsigned int vector)
{
	if (pci_has_msix(pci))
		raise_msix(pci, vector);
	else if (msi_control(pci) & MSI_ENABLE)
		raise_msi(pci, vector);
}

static void send_pending_msi(struct pci *pci)
{
	const unsigned int reg = pci->msi_cap + MSI_PENDING;
	uint32_t pending = pci_get(pci, reg, 4);

	pci_put(pci, reg, 4, 0);
	for (; pending; pending &= pending - 1)
		raise_msi(pci, log2_of(pending & -pending));
}

static void send_pending_msix(struct pci *pci)
{
	uint32_t pending = pci->msix_pending;

	pci->msix_pending = 0;
	for (; pending; pending &= pending - 1)
		raise_msix(pci, log2_of(pending & -pending));
}

/* Those that wait for a function that has them no longer are gone. */
static void update_messages(struct pci *pci)
{
	if (pci_has_msix(pci))
		send_pending_msix(pci);
	else
		pci->msix_pending = 0;
	if (msi_control(pci) & MSI_ENABLE)
		send_pending_msi(pci);
	else if (pci->msi_cap)
		pci_put(pci, pci->msi_cap + MSI_PENDING, 4, 0);
}

bool pci_has_line(const struct pci *pci)
{
	return !(pci_get(pci, PCI_COMMAND, 2) & PCI_COMMAND_INTX_OFF ||
		 msi_control(pci) & MSI_ENABLE || pci_has_msix(pci));
}

static bool line_of(const struct pci *pci)
{
	return pci->asks && pci_has_line(pci);
}

static void update_line(struct pci *pci)
{
	bool line = line_of(pci);

	pci->config[PCI_STATUS] &= ~PCI_STATUS_INTX;
	if (pci->asks)
		pci->config[PCI_STATUS] |= PCI_STATUS_INTX;
	if (line == pci->line)
		return;
	pci->line = line;
	board_pin(pci->board, line);
}

void pci_update_interrupts(struct pci *pci)
{
	update_messages(pci);
	update_line(pci);
}

void pci_level(struct pci *pci, bool asks)
{
	pci->asks = asks && pci->function->pin;
	update_line(pci);
}

uint8_t pci_changes(const struct pci *pci, unsigned int reg)
{
	const unsigned int pending = pci->msi_cap + MSI_PENDING;
	const uint64_t messages = (1ULL << pci->function->nr_msi) - 1;

	if (reg == PCI_STATUS)
		return PCI_STATUS_INTX;
	if (pci->msi_cap && reg - pending < sizeof(uint32_t))
		return messages >> (reg - pending) * 8;
	return 0;
}

bool pci_messages_fit(const struct pci *pci)
{
	unsigned int nr = pci->msix_cap ? pci->function->nr_msix : 0;

	for (unsigned int i = 0; i < nr; i++)
		if (!has_only(pci->msix[i].words[WORD_ADDRESS],
			      MSI_ADDRESS_BITS) ||
		    !has_only(pci->msix[i].words[WORD_CONTROL], WORD_MASKED))
			return false;
	return has_only(pci->msix_pending, (1ULL << nr) - 1);
}

bool pci_line_was(struct pci *pci, bool asked)
{
	bool shown = pci->config[PCI_STATUS] & PCI_STATUS_INTX;

	pci->asks = asked;
	pci->line = line_of(pci);
	return shown == asked && (pci->function->pin || !asked);
}

bool pci_is_master(const struct pci *pci)
{
	return pci->config[PCI_COMMAND] & PCI_COMMAND_MASTER;
}

void *pci_dma(struct pci *pci, uint64_t gpa, size_t len)
{
	return pci_is_master(pci) ? board_ram(pci->board, gpa, len) : NULL;
}

/* The word of the table at @off; NULL: there is none. */
static uint32_t *find_word(struct pci *pci, uint64_t off)
{
	uint64_t entry = off / sizeof(struct pci_msix_entry);

	if (!pci->msix_cap || entry >= pci->function->nr_msix)
		return NULL;
	return &pci->msix[entry].words[off / sizeof(uint32_t) % WORDS];
}

/* Double words, or the half of one, are how it may be accessed; smaller ones
 * get their part. */
uint64_t pci_msix_read(struct pci *pci, uint64_t off, unsigned int size)
{
	const uint32_t *word = find_word(pci, off);
	uint32_t val = 0;

	(void)size;
	if (word)
		val = *word;
	else if (off - MSIX_PBA_OFF < sizeof(pci->msix_pending))
		val = pci->msix_pending;
	return val >> off % sizeof(val) * 8;
}

void pci_msix_write(struct pci *pci, uint64_t off, unsigned int size,
		    uint64_t val)
{
	uint32_t *word = find_word(pci, off);

	if (!word || size != sizeof(*word) || off % sizeof(*word)) {
		board_oddity(pci->board, "MSI-X: write beside its table", off);
		return;
	}
	switch (off / sizeof(*word) % WORDS) {
	case WORD_ADDRESS:
		val &= MSI_ADDRESS_BITS;
		break;
	case WORD_CONTROL:
		val &= WORD_MASKED;
		break;
	}
	*word = val;
	update_messages(pci);
}
