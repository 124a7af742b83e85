/*
 * What the registers of COM1 mean, for --explain: those of a 16550A at 0x3f8,
 * two of which are others while the DLAB is set.
 */
#include "probes/explain/explain.h"

#define COM1	 0x3f8
#define LCR_DLAB 0x80
#define DOC	 "PC16550D"

static const struct explain_bits ier_bits[] = {
	{ 0x01, 0x01, "ERBFI" },	 { 0x02, 0x02, "ETBEI" },
	{ 0x04, 0x04, "ELSI" },		 { 0x08, 0x08, "EDSSI" },
	{ 0x0f, 0x00, "no interrupts" }, { 0 },
};

static const struct explain_bits iir_bits[] = {
	{ 0x01, 0x01, "nothing pending" },
	{ 0x0f, 0x06, "line error" },
	{ 0x0f, 0x04, "data came" },
	{ 0x0f, 0x0c, "data waits" },
	{ 0x0f, 0x02, "may send" },
	{ 0x0f, 0x00, "modem lines" },
	{ 0 },
};

static const struct explain_bits fcr_bits[] = {
	{ 0x01, 0x01, "on" },
	{ 0x01, 0x00, "FIFOs off" },
	{ 0x03, 0x03, "clear-rx" },
	{ 0x05, 0x05, "clear-tx" },
	{ 0xc1, 0x01, "wake-at-1" },
	{ 0xc1, 0x41, "wake-at-4" },
	{ 0xc1, 0x81, "wake-at-8" },
	{ 0xc1, 0xc1, "wake-at-14" },
	{ 0 },
};

static const struct explain_bits mcr_bits[] = {
	{ 0x01, 0x01, "DTR" },	     { 0x02, 0x02, "RTS" },
	{ 0x04, 0x04, "OUT1" },	     { 0x08, 0x08, "OUT2" },
	{ 0x10, 0x10, "loop-back" }, { 0 },
};

static const struct explain_bits lsr_bits[] = {
	{ 0x01, 0x01, "DR" },
	{ 0x02, 0x02, "OE" },
	{ 0x04, 0x04, "PE" },
	{ 0x08, 0x08, "FE" },
	{ 0x10, 0x10, "BI" },
	{ 0x20, 0x20, "THRE" },
	{ 0x40, 0x40, "TEMT" },
	{ 0x80, 0x80, "FIFO-error" },
	{ 0 },
};

static const struct explain_bits msr_bits[] = {
	{ 0x10, 0x10, "CTS" },	{ 0x20, 0x20, "DSR" },	{ 0x40, 0x40, "RI" },
	{ 0x80, 0x80, "DCD" },	{ 0x01, 0x01, "DCTS" }, { 0x02, 0x02, "DDSR" },
	{ 0x04, 0x04, "TERI" }, { 0x08, 0x08, "DDCD" }, { 0 },
};

/* "8N1", and whether the divisor is in the way of the data. */
static void say_lcr(struct text *answer, const struct explain_access *access,
		    const struct explain_guest *guest)
{
	static const char parities[] = "NONENMNS"; /* by bits 5-3 */
	uint8_t lcr = access->val;

	(void)guest;
	text_add(answer, "%u%c%s%s%s", 5 + (lcr & 3), parities[lcr >> 3 & 7],
		 !(lcr & 4) ? "1" :
		 !(lcr & 3) ? "1.5" :
			      "2",
		 lcr & 0x40 ? ", break" : "",
		 lcr & LCR_DLAB ? ", DLAB on" : ", DLAB off");
}

static void note_lcr(struct explain_guest *guest,
		     const struct explain_access *access)
{
	atomic_store(&guest->latches[LATCH_LCR], access->val & 0xff);
}

#define DLAB .when = WHEN_BITS, .latch = LATCH_LCR, .key = LCR_DLAB

static const struct explain_row rows[] = {
	{ .first = COM1,
	  .way = WAY_BOTH,
	  DLAB,
	  READ(DOC, "Programmable Baud Generator"),
	  TEXT("DLL", "low byte of the divisor",
	       "while DLAB is on, not data: speed") },
	{ .first = COM1 + 1,
	  .way = WAY_BOTH,
	  DLAB,
	  READ(DOC, "Programmable Baud Generator"),
	  TEXT("DLM", "high byte of the divisor",
	       "115200 baud / divisor; no effect") },
	{ .first = COM1,
	  .way = WAY_OUT,
	  READ(DOC, "Transmitter Holding Register"),
	  TEXT("THR", "serial prints it", "what COM1 has to send") },
	{ .first = COM1,
	  .way = WAY_IN,
	  READ(DOC, "Receiver Buffer Register"),
	  TEXT("RBR", "the oldest byte typed", "what COM1 received") },
	{ .first = COM1 + 1,
	  .way = WAY_BOTH,
	  BITS(ier_bits),
	  READ(DOC, "Interrupt Enable Register"),
	  TEXT("IER", "", "what it may interrupt for") },
	{ .first = COM1 + 2,
	  .way = WAY_IN,
	  BITS(iir_bits),
	  READ(DOC, "Interrupt Identification Register"),
	  TEXT("IIR", "", "what it has to interrupt for") },
	{ .first = COM1 + 2,
	  .way = WAY_OUT,
	  BITS(fcr_bits),
	  READ(DOC, "FIFO Control Register"),
	  TEXT("FCR", "", "16 bytes each way; a 16450 has none") },
	{ .first = COM1 + 3,
	  .way = WAY_BOTH,
	  .say = say_lcr,
	  .note = note_lcr,
	  READ(DOC, "Line Control Register"),
	  TEXT("LCR", "", "data, parity and stop bits; DLAB") },
	{ .first = COM1 + 4,
	  .way = WAY_BOTH,
	  BITS(mcr_bits),
	  READ(DOC, "MODEM Control Register"),
	  TEXT("MCR", "", "on a PC, OUT2 lets IRQ4 through") },
	{ .first = COM1 + 5,
	  .way = WAY_IN,
	  BITS(lsr_bits),
	  READ(DOC, "Line Status Register"),
	  TEXT("LSR", "", "DR: a byte came; THRE: may send") },
	{ .first = COM1 + 5,
	  .way = WAY_OUT,
	  READ(DOC, "Line Status Register"),
	  TEXT("LSR", "ignored", "written in factory tests only") },
	{ .first = COM1 + 6,
	  .way = WAY_IN,
	  BITS(msr_bits),
	  READ(DOC, "MODEM Status Register"),
	  TEXT("MSR", "", "the other side's lines") },
	{ .first = COM1 + 6,
	  .way = WAY_OUT,
	  READ(DOC, "MODEM Status Register"),
	  TEXT("MSR", "ignored", "not meant to be written") },
	{ .first = COM1 + 7,
	  .way = WAY_BOTH,
	  READ(DOC, "Scratchpad Register"),
	  TEXT("SCR", "a byte to keep",
	       "no effect: drivers look for a UART so") },
};

const struct explain_table explain_serial = EXPLAIN_TABLE(rows);
