/*
 * What the other places of a PC mean, for --explain: interrupt controllers,
 * timer, debug ports, reset, and what guests look for that this machine may
 * not have. Ports of chips that the kernel emulates cause no exits.
 */
#include "probes/explain/explain.h"

#define PIC1 0x20
#define PIC2 0xa0
#define PIT  0x40

#define ICW1 0x10 /* in a write to the first port: initialization begins */
#define OCW3 0x08 /* likewise */

static const struct explain_bits ocw2_bits[] = {
	{ 0xe0, 0x00, "rotate off" },
	{ 0xe0, 0x20, "end of interrupt" },
	{ 0xe0, 0x40, "nothing" },
	{ 0xe0, 0x60, "end of one interrupt" },
	{ 0xe0, 0x80, "rotate on" },
	{ 0xe0, 0xa0, "EOI, rotate" },
	{ 0xe0, 0xc0, "set priority" },
	{ 0xe0, 0xe0, "EOI of one, rotate" },
	{ 0 },
};

static const struct explain_bits ocw3_bits[] = {
	{ 0x03, 0x02, "choose IRR" },
	{ 0x03, 0x03, "choose ISR" },
	{ 0x60, 0x60, "special mask on" },
	{ 0x60, 0x40, "special mask off" },
	{ 0 },
};

/* OCW1: the lines that may interrupt. */
static void say_mask(struct text *answer, const struct explain_access *access,
		     const struct explain_guest *guest)
{
	unsigned int first = access->addr > PIC2 ? 8 : 0;
	const char *comma = "on: IRQ";

	(void)guest;
	for (unsigned int line = 0; line < 8; line++) {
		if (access->val >> line & 1)
			continue;
		text_add(answer, "%s%u", comma, first + line);
		comma = ",";
	}
	if (*comma != ',')
		text_add(answer, "all lines off");
}

static void say_vector(struct text *answer, const struct explain_access *access,
		       const struct explain_guest *guest)
{
	(void)guest;
	text_add(answer, "vectors from 0x%02x",
		 (unsigned int)access->val & 0xf8);
}

/* The two ports of a PIC differ in bit 0, the two PICs in bit 7. */
static atomic_uchar *pic_latch(struct explain_guest *guest,
			       const struct explain_access *access)
{
	return &guest->latches[access->addr & 0x80 ? LATCH_PIC2 : LATCH_PIC1];
}

static void note_pic(struct explain_guest *guest,
		     const struct explain_access *access)
{
	atomic_store(pic_latch(guest, access), 2);
}

static void note_word(struct explain_guest *guest,
		      const struct explain_access *access)
{
	atomic_uchar *latch = pic_latch(guest, access);
	uint8_t word = atomic_load(latch);

	if (word)
		atomic_store(latch, word < 4 ? word + 1 : 0);
}

static void say_counter(struct text *answer,
			const struct explain_access *access,
			const struct explain_guest *guest)
{
	(void)guest;
	text_add(answer, "a byte of counter %u",
		 (unsigned int)access->addr - PIT);
}

static void say_control(struct text *answer,
			const struct explain_access *access,
			const struct explain_guest *guest)
{
	static const char *const ways[] = { "latch", "low byte", "high byte",
					    "low, high" };
	uint8_t val = access->val;

	(void)guest;
	if (val >> 6 == 3)
		text_add(answer, "read-back");
	else
		text_add(answer, "counter %u, %s, mode %u", val >> 6,
			 ways[val >> 4 & 3], val >> 1 & 7);
}

static void say_code(struct text *answer, const struct explain_access *access,
		     const struct explain_guest *guest)
{
	(void)guest;
	text_add(answer, "code 0x%02x", (unsigned int)access->val & 0xff);
}

static const struct explain_bits port_b_bits[] = {
	{ 0x01, 0x01, "gate-2" },
	{ 0x02, 0x02, "speaker" },
	{ 0x10, 0x10, "refresh" },
	{ 0x20, 0x20, "OUT-2" },
	{ 0 },
};

static const struct explain_bits port_a_bits[] = {
	{ 0x01, 0x01, "reset" },
	{ 0x02, 0x02, "A20-on" },
	{ 0x02, 0x00, "A20-off" },
	{ 0 },
};

static void say_item(struct text *answer, const struct explain_access *access,
		     const struct explain_guest *guest)
{
	uint16_t key = access->val;

	(void)guest;
	text_add(answer, "%s",
		 key == 0x00 ? "signature" :
		 key == 0x01 ? "what it can" :
		 key == 0x03 ? "bytes of RAM" :
		 key == 0x05 ? "how many CPUs" :
		 key == 0x0f ? "most CPUs" :
		 key == 0x19 ? "list of files" :
			       "an item");
}

static void say_exit(struct text *answer, const struct explain_access *access,
		     const struct explain_guest *guest)
{
	(void)guest;
	text_add(answer, "status %u",
		 access->val < 32 ? (unsigned int)access->val << 1 | 1 : 63);
}

static void say_pm1(struct text *answer, const struct explain_access *access,
		    const struct explain_guest *guest)
{
	(void)guest;
	text_add(answer, "%s",
		 (access->val & 0x101) == 0x101 ? "timer power-button" :
		 access->val & 0x100		? "power-button" :
		 access->val & 0x001		? "timer" :
						  "no event");
}

static void say_sleep(struct text *answer, const struct explain_access *access,
		      const struct explain_guest *guest)
{
	(void)guest;
	text_add(answer, "%stype %u",
		 access->write && access->val & 0x2000 ? "to sleep, " : "",
		 (unsigned int)access->val >> 10 & 7);
}

static void say_reset(struct text *answer, const struct explain_access *access,
		      const struct explain_guest *guest)
{
	(void)guest;
	text_add(answer, "%s",
		 !(access->write && access->val & 0x04) ? "reset armed or not" :
		 access->val & 0x02			? "hard reset" :
							  "soft reset");
}

#define PLACE(from, to, what, text, title, of)                  \
	{                                                       \
		.first = (from), .last = (to), .way = WAY_BOTH, \
		TEXT(what, "accessed", text), READ(title, of)   \
	}
#define MEMORY(from, to, what, text, title, of)                      \
	{                                                            \
		.first = (from), .last = (to), .way = WAY_BOTH,      \
		.space = SPACE_MEMORY, TEXT(what, "accessed", text), \
		READ(title, of)                                      \
	}
#define ICW(port, pic, word, what, words, text)                      \
	{                                                            \
		.first = (port), .way = WAY_OUT, .when = WHEN_LATCH, \
		.latch = (pic), .key = (word), .say = (words),       \
		.note = note_word,                                   \
		READ("8259A", "Initialization Command Words"),       \
		TEXT(what, "taken", text)                            \
	}
#define PIC(port, pic, which)                                            \
	{ .first = (port),                                               \
	  .way = WAY_IN,                                                 \
	  READ("8259A", "Reading the 8259A Status"),                     \
	  TEXT(which " IRR/ISR", "its lines",                            \
	       "lines that wait or are served") },                       \
		{ .first = (port),                                       \
		  .way = WAY_OUT,                                        \
		  .when = WHEN_VALUE,                                    \
		  .mask = ICW1,                                          \
		  .key = ICW1,                                           \
		  .note = note_pic,                                      \
		  READ("8259A", "Initialization Command Words"),         \
		  TEXT(which " ICW1", "begin",                           \
		       "on a PC three more words follow") },             \
		{ .first = (port),                                       \
		  .way = WAY_OUT,                                        \
		  .when = WHEN_VALUE,                                    \
		  .mask = OCW3,                                          \
		  .key = OCW3,                                           \
		  BITS(ocw3_bits),                                       \
		  READ("8259A", "Operation Command Words"),              \
		  TEXT(which, "", "OCW3: what the next IN gives") },     \
		{ .first = (port),                                       \
		  .way = WAY_OUT,                                        \
		  BITS(ocw2_bits),                                       \
		  READ("8259A", "Operation Command Words"),              \
		  TEXT(which, "", "OCW2: the CPU is through with it") }, \
		ICW((port) + 1, pic, 2, which " ICW2", say_vector,       \
		    "first vector"),                                     \
		ICW((port) + 1, pic, 3, which " ICW3", NULL,             \
		    "how they are chained"),                             \
		ICW((port) + 1, pic, 4, which " ICW4", NULL,             \
		    "8086 mode, EOI by hand"),                           \
	{                                                                \
		.first = (port) + 1, .way = WAY_BOTH, .say = say_mask,   \
		READ("8259A", "Operation Command Words"),                \
		TEXT(which, "", "OCW1: a 1 masks that line")             \
	}

static const struct explain_row rows[] = {
	PIC(PIC1, LATCH_PIC1, "PIC1"),
	PIC(PIC2, LATCH_PIC2, "PIC2"),
	{ .first = PIT,
	  .last = PIT + 2,
	  .way = WAY_BOTH,
	  .say = say_counter,
	  READ("8254", "Write Operations"),
	  TEXT("PIT", "", "counter 0 is IRQ0, 1.193182 MHz / value") },
	{ .first = PIT + 3,
	  .way = WAY_OUT,
	  .say = say_control,
	  READ("8254", "Control Word Format"),
	  TEXT("PIT", "", "which counter, and how it counts") },
	PLACE(PIT + 3, 0, "PIT", "write only", "8254", "Control Word Format"),
	{ .first = 0x61,
	  .way = WAY_BOTH,
	  BITS(port_b_bits),
	  READ("PC/AT ref.", "Speaker"),
	  TEXT("port B", "", "speaker, PIT counter 2; refresh toggles") },
	{ .first = 0x80,
	  .way = WAY_OUT,
	  .say = say_code,
	  READ("PC/AT ref.", "Power-On Self-Test"),
	  TEXT("POST", "", "firmware's progress, or a delay of 1 us") },
	PLACE(0x80, 0, "POST", "the last code", "PC/AT ref.",
	      "Power-On Self-Test"),
	{ .first = 0x92,
	  .way = WAY_BOTH,
	  BITS(port_a_bits),
	  READ("PS/2 ref.", "System Control Port A"),
	  TEXT("port A", "", "fast A20 gate and reset") },
	{ .first = 0xe9,
	  .way = WAY_OUT,
	  READ("Bochs", "port_e9_hack"),
	  TEXT("debug console", "prints it",
	       "a byte for the screen, nothing else") },
	{ .first = 0xe9,
	  .way = WAY_IN,
	  READ("Bochs", "port_e9_hack"),
	  TEXT("debug console", "says it is there", "reading gives 0xe9") },
	PLACE(0xed, 0, "delay", "Linux waits by writing here", "Linux",
	      "io_delay="),
	PLACE(0xf0, 0xf1, "FPU", "clears the coprocessor's IRQ13", "PC/AT ref.",
	      "Coprocessor"),
	{ .first = 0xf4,
	  .last = 0xf7,
	  .way = WAY_OUT,
	  .say = say_exit,
	  READ("guide.md", "How a guest ends"),
	  TEXT("exit port", "", "a test kernel's verdict ends it") },
	{ .first = 0x510,
	  .way = WAY_OUT,
	  .say = say_item,
	  READ("fw_cfg", "Selector Register"),
	  TEXT("fw_cfg", "", "which item 0x511 gives, in QEMU's way") },
	PLACE(0x510, 0x511, "fw_cfg", "the next byte of the item", "fw_cfg",
	      "Data Register"),
	{ .first = 0x600,
	  .way = WAY_BOTH,
	  .say = say_pm1,
	  READ("ACPI", "PM1 Status Registers"),
	  TEXT("PM1_STS", "", "what has happened; writing a 1 clears") },
	{ .first = 0x602,
	  .way = WAY_BOTH,
	  .say = say_pm1,
	  READ("ACPI", "PM1 Enable Registers"),
	  TEXT("PM1_EN", "", "what of it interrupts, on IRQ9") },
	{ .first = 0x604,
	  .way = WAY_BOTH,
	  .say = say_sleep,
	  READ("ACPI", "PM1 Control Registers"),
	  TEXT("PM1_CNT", "", "bit 13 with type 0 is power off") },
	PLACE(0x608, 0, "PM_TMR", "3.579545 MHz, 32 bits", "ACPI",
	      "Power Management Timer"),
	PLACE(0x2e8, 0x2ef, "COM4", "a fourth UART", "PC16550D", "Registers"),
	PLACE(0x2f8, 0x2ff, "COM2", "a second UART", "PC16550D", "Registers"),
	PLACE(0x3e8, 0x3ef, "COM3", "a third UART", "PC16550D", "Registers"),
	PLACE(0x278, 0x27f, "LPT2", "a printer", "PC/AT ref.", "Printer"),
	PLACE(0x378, 0x37f, "LPT1", "a printer", "PC/AT ref.", "Printer"),
	PLACE(0x3b0, 0x3df, "VGA", "registers of a display adapter", "VGA ref.",
	      "Registers"),
	{ .first = 0xcf9,
	  .way = WAY_BOTH,
	  .say = say_reset,
	  READ("Intel ICH", "Reset Control Register"),
	  TEXT("RST_CNT", "", "bit 2 from 0 to 1 resets") },
	MEMORY(0xa0000, 0xbffff, "VGA", "memory of a display adapter",
	       "VGA ref.", "Display Memory"),
	MEMORY(0xc0000, 0xfffff, "ROM", "where a BIOS would be", "PC/AT ref.",
	       "System Memory Map"),
	MEMORY(0xfec00000, 0xfec00fff, "I/O APIC", "spreads interrupts",
	       "82093AA", "Register Description"),
	MEMORY(0xfed00000, 0xfed003ff, "HPET", "a timer", "HPET 1.0a",
	       "Memory Mapped Registers"),
	MEMORY(0xfee00000, 0xfee00fff, "APIC", "the CPU's own interrupts",
	       "SDM 3A", "APIC"),
};

const struct explain_table explain_chips = EXPLAIN_TABLE(rows);
