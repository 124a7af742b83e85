/*
 * What an access to the PCI bus means, for --explain: port 0xCF8 chooses a
 * register of a function's configuration space, 0xCFC is that one, ECAM has
 * all of them in memory, and behind the BARs are the devices' own registers.
 */
#include "probes/explain/explain.h"

#include "abi/pc.h"

#define ADDRESS	  PC_PCI_CONFIG
#define DATA	  (PC_PCI_CONFIG + 4)
#define BUS_SHIFT 16
#define FN_SHIFT  8
#define ECAM_FN	  12 /* shift */
#define COMMAND	  0x04
#define DOC	  "PCI 3.0"

/* PCI 3.0, "Configuration Space Organization"; in order */
static const struct {
	uint8_t at;
	char name[15];
} registers[] = {
	{ 0x00, "vendor" },	   { 0x02, "device" },
	{ COMMAND, "command" },	   { 0x06, "status" },
	{ 0x08, "revision" },	   { 0x09, "class" },
	{ 0x0c, "cache line" },	   { 0x0d, "latency" },
	{ 0x0e, "header type" },   { 0x0f, "self test" },
	{ 0x10, "BAR0" },	   { 0x14, "BAR1" },
	{ 0x18, "BAR2" },	   { 0x1c, "BAR3" },
	{ 0x20, "BAR4" },	   { 0x24, "BAR5" },
	{ 0x28, "CardBus CIS" },   { 0x2c, "subsystem" },
	{ 0x30, "expansion ROM" }, { 0x34, "capabilities" },
	{ 0x38, "reserved" },	   { 0x3c, "interrupt line" },
	{ 0x3d, "interrupt pin" }, { 0x3e, "timing" },
};
#define NR_REGISTERS (sizeof(registers) / sizeof(registers[0]))
#define HEADER_END   0x40

static const struct explain_bits command_bits[] = {
	{ 0x01, 0x01, "ports" },
	{ 0x02, 0x02, "memory" },
	{ 0x04, 0x04, "master" },
	{ 0 },
};

/* "00:01.0 BAR0" */
static void add_register(struct text *answer, unsigned int bus,
			 unsigned int devfn, unsigned int reg)
{
	unsigned int i = 0;

	text_add(answer, "%02x:%02x.%u ", bus, devfn >> 3, devfn & 7);
	if (reg >= HEADER_END) {
		text_add(answer, "register 0x%x", reg);
		return;
	}
	while (i + 1 < NR_REGISTERS && registers[i + 1].at <= reg)
		i++;
	text_add(answer, "%s", registers[i].name);
}

static void add_value(struct text *answer, const struct explain_access *access,
		      unsigned int reg)
{
	if (reg != COMMAND)
		return;
	text_add(answer, ": ");
	explain_add_bits(answer, command_bits, access->val);
}

static bool is_address(const struct explain_access *access)
{
	return access->size == sizeof(uint32_t);
}

static void say_address(struct text *answer,
			const struct explain_access *access,
			const struct explain_guest *guest)
{
	uint32_t at = access->val;

	(void)guest;
	if (is_address(access))
		add_register(answer, at >> BUS_SHIFT & 0xff,
			     at >> FN_SHIFT & 0xff, at & 0xfc);
	else
		text_add(answer, "not as a double word");
}

static void note_address(struct explain_guest *guest,
			 const struct explain_access *access)
{
	if (!is_address(access))
		return;
	atomic_store(&guest->latches[LATCH_PCI_FN],
		     access->val >> FN_SHIFT & 0xff);
	atomic_store(&guest->latches[LATCH_PCI_REG], access->val & 0xfc);
}

static void say_data(struct text *answer, const struct explain_access *access,
		     const struct explain_guest *guest)
{
	unsigned int reg = atomic_load(&guest->latches[LATCH_PCI_REG]) +
			   (access->addr - DATA);

	add_register(answer, 0, atomic_load(&guest->latches[LATCH_PCI_FN]),
		     reg);
	add_value(answer, access, reg);
}

static void say_ecam(struct text *answer, const struct explain_access *access,
		     const struct explain_guest *guest)
{
	unsigned int off = access->addr - PC_ECAM_GPA;
	unsigned int reg = off & ((1 << ECAM_FN) - 1);

	(void)guest;
	add_register(answer, 0, off >> ECAM_FN, reg);
	add_value(answer, access, reg);
}

static void say_bar(struct text *answer, const struct explain_access *access,
		    const struct explain_guest *guest)
{
	(void)guest;
	text_add(answer, "%s %s it", access->device,
		 access->write ? "takes" : "gives");
}

#define BAR(from, len, where)                                                 \
	{                                                                     \
		.first = (from), .last = (from) + (len)-1, .space = (where),  \
		.way = WAY_BOTH, .say = say_bar, READ(DOC, "Base Addresses"), \
		TEXT("BAR", "",                                               \
		     "a device's registers, where the system wants them")     \
	}

static const struct explain_row rows[] = {
	{ .first = ADDRESS,
	  .way = WAY_BOTH,
	  .say = say_address,
	  .note = note_address,
	  READ(DOC, "Configuration Mechanism #1"),
	  TEXT("PCI", "", "which register 0xcfc is") },
	{ .first = DATA,
	  .last = DATA + 3,
	  .way = WAY_BOTH,
	  .say = say_data,
	  READ(DOC, "Configuration Space Organization"),
	  TEXT("PCI", "", "ones: no device is there") },
	{ .first = PC_ECAM_GPA,
	  .last = PC_ECAM_GPA + PC_ECAM_LEN - 1,
	  .space = SPACE_MEMORY,
	  .way = WAY_BOTH,
	  .say = say_ecam,
	  READ("PCI FW 3.0", "MCFG Table Description"),
	  TEXT("ECAM", "", "configuration space as memory") },
	BAR(PC_PCI_MEM1, PC_PCI_MEM1_LEN, SPACE_MEMORY),
	BAR(PC_PCI_MEM2, PC_PCI_MEM2_LEN, SPACE_MEMORY),
	BAR(PC_PCI_IO, PC_PCI_IO_LEN, SPACE_PORT),
};

const struct explain_table explain_pci = EXPLAIN_TABLE(rows);
