/* Descriptors: decoding them, and putting them into words. */
#include "x86/descriptor.h"

#include <string.h>

#include "util/text.h"

#define S_BIT	    0x10 /* of byte 5 */
#define PRESENT_BIT 0x80

static uint64_t bytes(const uint8_t *raw, unsigned int count)
{
	uint64_t val = 0;

	for (unsigned int i = count; i-- > 0;)
		val = val << 8 | raw[i];
	return val;
}

unsigned int descriptor_size(const uint8_t *raw, bool is_long)
{
	switch (raw[5] & 0x1f) {
	case SYSTEM_LDT:
	case SYSTEM_TSS:
	case SYSTEM_TSS_BUSY:
	case SYSTEM_CALL:
		return is_long ? DESCRIPTOR_LONG_SIZE : DESCRIPTOR_SIZE;
	default:
		return DESCRIPTOR_SIZE;
	}
}

unsigned int descriptor_gate_size(enum cpu_mode mode)
{
	return mode == MODE_REAL ? REAL_VECTOR_SIZE :
	       mode == MODE_LONG ? DESCRIPTOR_LONG_SIZE :
				   DESCRIPTOR_SIZE;
}

bool descriptor_is_gate(const struct descriptor *d)
{
	if (d->s)
		return false;
	return (d->type >= SYSTEM_CALL_16 && d->type <= SYSTEM_TRAP_16) ||
	       d->type == SYSTEM_CALL || d->type >= SYSTEM_INTERRUPT;
}

static void decode_gate(struct descriptor *d, const uint8_t *raw)
{
	d->selector = bytes(raw + 2, 2);
	d->offset = bytes(raw, 2) | bytes(raw + 6, 2) << 16;
	if (d->is_long) {
		d->offset |= bytes(raw + 8, 4) << 32;
		d->ist = raw[4] & 7;
	} else {
		d->count = raw[4] & 0x1f;
	}
	if (d->type <= SYSTEM_TRAP_16)
		d->offset &= 0xffff;
}

static void decode_segment(struct descriptor *d, const uint8_t *raw)
{
	d->limit = bytes(raw, 2) | (raw[6] & 0xf) << 16;
	if (d->g)
		d->limit = d->limit << 12 | 0xfff;
	d->base = bytes(raw + 2, 3) | (uint32_t)raw[7] << 24;
	if (!d->s && descriptor_size(raw, d->is_long) == DESCRIPTOR_LONG_SIZE)
		d->base |= bytes(raw + 8, 4) << 32;
}

void descriptor_decode(struct descriptor *d,
		       const uint8_t raw[DESCRIPTOR_LONG_SIZE], bool is_long)
{
	*d = (struct descriptor){
		.is_long = is_long,
		.s = raw[5] & S_BIT,
		.present = raw[5] & PRESENT_BIT,
		.type = raw[5] & 0xf,
		.dpl = raw[5] >> 5 & 3,
	};
	if (descriptor_is_gate(d)) {
		decode_gate(d, raw);
		return;
	}
	d->avl = raw[6] & 0x10;
	d->l = raw[6] & 0x20;
	d->db = raw[6] & 0x40;
	d->g = raw[6] & 0x80;
	decode_segment(d, raw);
}

void descriptor_decode_gate(struct descriptor *d,
			    const uint8_t raw[DESCRIPTOR_LONG_SIZE],
			    enum cpu_mode mode)
{
	if (mode != MODE_REAL) {
		descriptor_decode(d, raw, mode == MODE_LONG);
		return;
	}
	*d = (struct descriptor){
		.present = true,
		.type = SYSTEM_INTERRUPT_16,
		.selector = bytes(raw + 2, 2),
		.offset = bytes(raw, 2),
	};
}

static const char *system_name(const struct descriptor *d)
{
	static const char *const legacy[16] = {
		[SYSTEM_TSS_16] = "16-bit TSS",
		[SYSTEM_LDT] = "LDT",
		[SYSTEM_TSS_16_BUSY] = "busy 16-bit TSS",
		[SYSTEM_CALL_16] = "16-bit call gate",
		[SYSTEM_TASK_GATE] = "task gate",
		[SYSTEM_INTERRUPT_16] = "16-bit interrupt gate",
		[SYSTEM_TRAP_16] = "16-bit trap gate",
		[SYSTEM_TSS] = "32-bit TSS",
		[SYSTEM_TSS_BUSY] = "busy 32-bit TSS",
		[SYSTEM_CALL] = "32-bit call gate",
		[SYSTEM_INTERRUPT] = "32-bit interrupt gate",
		[SYSTEM_TRAP] = "32-bit trap gate",
	};
	static const char *const in_long[16] = {
		[SYSTEM_LDT] = "LDT",
		[SYSTEM_TSS] = "64-bit TSS",
		[SYSTEM_TSS_BUSY] = "busy 64-bit TSS",
		[SYSTEM_CALL] = "64-bit call gate",
		[SYSTEM_INTERRUPT] = "64-bit interrupt gate",
		[SYSTEM_TRAP] = "64-bit trap gate",
	};
	const char *name = d->is_long ? in_long[d->type] : legacy[d->type];

	return name ? name : "reserved type";
}

const char *descriptor_name(const struct descriptor *d)
{
	if (!d->s)
		return system_name(d);
	if (!(d->type & SEGMENT_CODE))
		return d->db ? "32-bit data" : "16-bit data";
	if (d->is_long && d->l)
		return d->db ? "code with L and D" : "64-bit code";
	return d->db ? "32-bit code" : "16-bit code";
}

static void add_segment_type(struct text *text, const struct descriptor *d)
{
	if (d->type & SEGMENT_CODE)
		text_add(text, " execute%s%s",
			 d->type & SEGMENT_WRITABLE ? "/read" : " only",
			 d->type & SEGMENT_DOWN ? " conforming" : "");
	else
		text_add(text, " read%s%s",
			 d->type & SEGMENT_WRITABLE ? "/write" : " only",
			 d->type & SEGMENT_DOWN ? " expand-down" : "");
	if (d->type & SEGMENT_ACCESSED)
		text_add(text, " accessed");
}

static void add_gate(struct text *text, const struct descriptor *d)
{
	text_add(text, "selector %04x", d->selector);
	if (d->type != SYSTEM_TASK_GATE)
		text_add(text, " offset 0x%llx", (unsigned long long)d->offset);
	text_add(text, " DPL %u", d->dpl);
	if (d->ist)
		text_add(text, " IST %u", d->ist);
	if (d->count && (d->type & 7) == SYSTEM_CALL_16)
		text_add(text, " %u parameters", d->count);
}

static void add_segment(struct text *text, const struct descriptor *d)
{
	text_add(text, "base 0x%llx limit 0x%x DPL %u",
		 (unsigned long long)d->base, d->limit, d->dpl);
	if (d->g)
		text_add(text, " G");
	if (d->db)
		text_add(text, " D/B");
	if (d->l)
		text_add(text, " L");
	if (d->avl)
		text_add(text, " AVL");
	if (d->s)
		add_segment_type(text, d);
}

void descriptor_add(struct text *text, const struct descriptor *d)
{
	if (descriptor_is_gate(d))
		add_gate(text, d);
	else
		add_segment(text, d);
	if (!d->present)
		text_add(text, " not present");
}
