/*
 * What the registers of the VGA mean, for --explain: most are behind an index,
 * and the attribute controller takes index and data at the same port in turn.
 */
#include "probes/explain/explain.h"

#define DOC	"VGA ref."
#define CRTC	0x3d4
#define MONO	0x3b4
#define ATTR	0x3c0
#define SEQ	0x3c4
#define DAC	0x3c6
#define GFX	0x3ce
#define MISC_IN 0x3cc
#define VBE	0x1ce

#define ATTR_TAKES_DATA 0x80 /* of LATCH_ATTR, beside the index */
#define ATTR_INDEX	0x1f

static const char *const crtc_names[] = {
	"h total",	"columns - 1",	 "h blank start", "h blank end",
	"h retrace",	"h retrace end", "v total",	  "overflow",
	"preset row",	"max scan line", "cursor start",  "cursor end",
	"start high",	"start low",	 "cursor high",	  "cursor low",
	"v retrace",	"v retrace end", "v display end", "offset",
	"underline",	"v blank start", "v blank end",	  "mode",
	"line compare",
};
static const char *const seq_names[] = { "reset", "clocking", "map mask",
					 "fonts", "memory mode" };
static const char *const gfx_names[] = {
	"set/reset", "enable set/reset",  "colour compare",
	"rotate",    "read map",	  "mode",
	"misc",	     "colour don't care", "bit mask",
};
static const char *const attr_names[] = { "mode", "overscan", "planes",
					  "panning", "colour select" };

static const char *const vbe_names[] = {
	"id",	    "width",	"height",	 "bits a pixel",
	"enable",   "bank",	"virtual width", "virtual height",
	"x offset", "y offset", "64K of memory",
};

#define NR(names) (sizeof(names) / sizeof((names)[0]))

static void add_name(struct text *answer, const char *const *names, size_t nr,
		     unsigned int index)
{
	text_add(answer, "%s", index < nr ? names[index] : "no register");
}

static void add_indexed(struct text *answer, uint64_t port, unsigned int index)
{
	if (port < MONO + 2 || port >= CRTC)
		add_name(answer, crtc_names, NR(crtc_names), index);
	else if (port < SEQ + 2)
		add_name(answer, seq_names, NR(seq_names), index);
	else
		add_name(answer, gfx_names, NR(gfx_names), index);
}

static enum explain_latch latch_of(uint64_t port)
{
	if (port < MONO + 2 || port >= CRTC)
		return LATCH_CRTC;
	return port < SEQ + 2 ? LATCH_SEQ : LATCH_GFX;
}

static void say_index(struct text *answer, const struct explain_access *access,
		      const struct explain_guest *guest)
{
	(void)guest;
	add_indexed(answer, access->addr, access->val & 0xff);
	/* A word: the register that the low byte chooses, and its new value. */
	if (access->size == 2)
		text_add(answer, " = 0x%02x",
			 (unsigned int)(access->val >> 8 & 0xff));
}

static void note_index(struct explain_guest *guest,
		       const struct explain_access *access)
{
	atomic_store(&guest->latches[latch_of(access->addr)],
		     access->val & 0xff);
}

static void say_data(struct text *answer, const struct explain_access *access,
		     const struct explain_guest *guest)
{
	add_indexed(answer, access->addr,
		    atomic_load(&guest->latches[latch_of(access->addr)]));
}

static void say_attr(struct text *answer, const struct explain_access *access,
		     const struct explain_guest *guest)
{
	uint8_t latch = atomic_load(&guest->latches[LATCH_ATTR]);
	bool data = latch & ATTR_TAKES_DATA || access->addr != ATTR;
	unsigned int index = (data ? latch : access->val) & ATTR_INDEX;

	text_add(answer, data ? "" : "chooses ");
	if (index < 0x10)
		text_add(answer, "colour %u", index);
	else
		add_name(answer, attr_names, NR(attr_names), index - 0x10);
	if (!data && !(access->val & 0x20))
		text_add(answer, ", screen off");
}

static void note_attr(struct explain_guest *guest,
		      const struct explain_access *access)
{
	atomic_uchar *latch = &guest->latches[LATCH_ATTR];
	uint8_t was = atomic_load(latch);

	atomic_store(latch, was & ATTR_TAKES_DATA ? was & ATTR_INDEX :
						    (access->val & ATTR_INDEX) |
							    ATTR_TAKES_DATA);
}

static void note_status(struct explain_guest *guest,
			const struct explain_access *access)
{
	(void)access;
	atomic_fetch_and(&guest->latches[LATCH_ATTR], ATTR_INDEX);
}

static void say_vbe_index(struct text *answer,
			  const struct explain_access *access,
			  const struct explain_guest *guest)
{
	(void)guest;
	add_name(answer, vbe_names, NR(vbe_names), access->val & 0xffff);
}

/* Numbers beyond a byte are no register. */
static void note_vbe_index(struct explain_guest *guest,
			   const struct explain_access *access)
{
	const uint64_t index = access->val & 0xffff;

	atomic_store(&guest->latches[LATCH_VBE], index < 0xff ? index : 0xff);
}

static void say_vbe(struct text *answer, const struct explain_access *access,
		    const struct explain_guest *guest)
{
	const unsigned int index = atomic_load(&guest->latches[LATCH_VBE]);

	add_name(answer, vbe_names, NR(vbe_names), index);
	if (index == 4)
		text_add(answer, "%s%s", access->val & 1 ? ", on" : ", off",
			 access->val & 0x40 ? ", linear" : "");
	else
		text_add(answer, " = %u", (unsigned int)access->val & 0xffff);
}

static const struct explain_bits status_bits[] = {
	{ 0x08, 0x08, "vertical retrace" },
	{ 0x09, 0x01, "horizontal retrace" },
	{ 0x09, 0x00, "shows" },
	{ 0 },
};

static const struct explain_bits misc_bits[] = {
	{ 0x01, 0x01, "colour, at 0x3d4" },
	{ 0x01, 0x00, "monochrome, at 0x3b4" },
	{ 0x02, 0x02, "memory on" },
	{ 0 },
};

/* Index and data of one of the three parts that have them at two ports. */
#define INDEXED(port, part, text)                                            \
	{ .first = (port),                                                   \
	  .way = WAY_BOTH,                                                   \
	  .say = say_index,                                                  \
	  .note = note_index,                                                \
	  READ(DOC, text),                                                   \
	  TEXT(part " index", "", "which register the next port is") },      \
	{                                                                    \
		.first = (port) + 1, .way = WAY_BOTH, .say = say_data,       \
		READ(DOC, text),                                             \
		TEXT(part, "", "the register that the port before it chose") \
	}

#define STATUS(port)                                                       \
	{                                                                  \
		.first = (port) + 6, .way = WAY_IN, BITS(status_bits),     \
		.note = note_status, READ(DOC, "Input Status Register 1"), \
		TEXT("status", "",                                         \
		     "where the beam is; 0x3c0 takes an index next")       \
	}

static const struct explain_row rows[] = {
	INDEXED(CRTC, "CRTC", "CRT Controller"),
	INDEXED(MONO, "CRTC", "CRT Controller"),
	INDEXED(SEQ, "sequencer", "Sequencer"),
	INDEXED(GFX, "graphics", "Graphics Controller"),
	STATUS(CRTC),
	STATUS(MONO),
	{ .first = ATTR,
	  .way = WAY_OUT,
	  .say = say_attr,
	  .note = note_attr,
	  READ(DOC, "Attribute Controller"),
	  TEXT("attribute", "", "index and data in turn") },
	{ .first = ATTR + 1,
	  .way = WAY_BOTH,
	  .say = say_attr,
	  READ(DOC, "Attribute Controller"),
	  TEXT("attribute", "", "read here, written at 0x3c0") },
	{ .first = ATTR + 2,
	  .way = WAY_OUT,
	  BITS(misc_bits),
	  READ(DOC, "Miscellaneous Output Register"),
	  TEXT("misc output", "", "where the CRT controller is") },
	{ .first = MISC_IN,
	  .way = WAY_IN,
	  BITS(misc_bits),
	  READ(DOC, "Miscellaneous Output Register"),
	  TEXT("misc output", "", "where the CRT controller is") },
	{ .first = VBE,
	  .way = WAY_BOTH,
	  .say = say_vbe_index,
	  .note = note_vbe_index,
	  READ("Bochs VBE", "Standard VGA"),
	  TEXT("VBE index", "", "which register the next port is") },
	{ .first = VBE + 1,
	  .way = WAY_BOTH,
	  .say = say_vbe,
	  READ("Bochs VBE", "Standard VGA"),
	  TEXT("VBE", "", "a framebuffer's mode, by numbers of 16 bits") },
	{ .first = DAC,
	  .last = DAC + 3,
	  .way = WAY_BOTH,
	  READ(DOC, "Video Digital-to-Analog Converter"),
	  TEXT("DAC", "a colour's number, or its red, green and blue",
	       "what 256 colours look like") },
};

const struct explain_table explain_vga = EXPLAIN_TABLE(rows);
