/*
 * Rules of printing where somebody looks. A guest of which nothing was seen may
 * have said a lot: to a port where no device is, which the bus has counted all
 * along, to a frame buffer, or on its text screen.
 */
#include "probes/report/rules/quiet.h"

#include "core/bus.h"

#define TEXT_MIN   4	      /* characters that make a message */
#define FRAME_MIN  64	      /* accesses that make a picture */
#define FRAME_HIGH 0x80000000 /* where PCI has its windows, below them RAM */

/* Where programs print, and nobody listens unless a device is there. */
static const struct outlet {
	uint64_t port;
	const char *what;
} outlets[] = {
	{ 0x0e9, "the debug console, which --no-debugcon leaves out" },
	{ 0x2e8, "COM4; what goes to COM1 is printed, port 0x3f8" },
	{ 0x2f8, "COM2; what goes to COM1 is printed, port 0x3f8" },
	{ 0x378, "a printer; what goes to COM1 is printed, port 0x3f8" },
	{ 0x3e8, "COM3; what goes to COM1 is printed, port 0x3f8" },
	{ 0x3f8, "COM1, which --no-serial leaves out" },
	{ 0x402, "a debug port of QEMU and Bochs; here it is 0xe9" },
	{ 0x500, "hypercalls, which --no-hypercall leaves out" },
};

static bool is_text(uint8_t c)
{
	return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t';
}

/* The last bytes written there, oldest first, if they all are characters. */
static unsigned int get_text(const struct bus_stray *stray,
			     uint8_t out[BUS_LAST])
{
	unsigned int have = stray->writes < BUS_LAST ? stray->writes : BUS_LAST;

	for (unsigned int i = 0; i < have; i++) {
		out[i] = stray->last[(stray->at + BUS_LAST - have + i) %
				     BUS_LAST];
		if (!is_text(out[i]))
			return 0;
	}
	return have;
}

static void add_text(struct text *text, const struct bus_stray *stray)
{
	uint8_t bytes[BUS_LAST];
	unsigned int have = get_text(stray, bytes);

	text_add(text, "%u characters to port 0x%llx, \"%s", stray->writes,
		 (unsigned long long)stray->addr,
		 stray->writes > have ? "..." : "");
	for (unsigned int i = 0; i < have; i++)
		text_byte(text, bytes[i]);
	text_add(text, "\"");
}

bool unseen_port(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;
	uint8_t bytes[BUS_LAST];

	for (unsigned int i = 0; q->silent && q->pio && i < q->pio->nr_seen;
	     i++) {
		const struct bus_stray *stray = &q->pio->seen[i];

		for (size_t j = 0; j < sizeof(outlets) / sizeof(outlets[0]);
		     j++) {
			if (stray->addr != outlets[j].port ||
			    get_text(stray, bytes) < TEXT_MIN)
				continue;
			text_add(text, "the guest has printed ");
			add_text(text, stray);
			text_add(text, ", and no device is there: that is %s",
				 outlets[j].what);
			return true;
		}
	}
	return false;
}

bool unseen_frame(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;
	uint64_t writes = 0, first = 0;

	for (unsigned int i = 0; q->silent && q->mmio && i < q->mmio->nr_seen;
	     i++) {
		const struct bus_stray *stray = &q->mmio->seen[i];

		if (stray->addr < FRAME_HIGH)
			continue;
		if (!writes)
			first = stray->addr;
		writes += stray->writes;
	}
	/* A whole table of addresses, next to each other. */
	if (q->mmio && q->mmio->nr_seen < BUS_SEEN_MAX)
		return false;
	if (writes < BUS_SEEN_MAX || q->mmio->nr_stray < FRAME_MIN)
		return false;
	text_add(text,
		 "the guest has written to addresses from 0x%llx on, %llu "
		 "times, as one that draws, and nothing is there",
		 (unsigned long long)first,
		 (unsigned long long)q->mmio->nr_stray);
	return true;
}

bool unseen_screen(struct rule_case *c, struct text *text)
{
	if (!c->quiet->silent || !c->quiet->screen)
		return false;
	text_add(text, "the guest has printed on its screen only, and the "
		       "terminal shows what comes by COM1 and others");
	return true;
}
