/*
 * Registers become records (abi/insn_trace.h): what has not changed since the last
 * step costs nothing, and what has changed a little costs little.
 */
#include <string.h>

#include "core/linear.h"
#include "core/vm.h"
#include "service/insn/insn.h"

#define VARINT_MORE 0x80

void insn_add_number(struct insn_lane *lane, uint64_t number)
{
	uint8_t *to = lane->buf + lane->len;

	for (; number >= VARINT_MORE; number >>= 7)
		*to++ = number | VARINT_MORE;
	*to++ = number;
	lane->len = to - lane->buf;
}

/* As 0, -1, 1, -2. */
static void add_signed(struct insn_lane *lane, uint64_t number)
{
	insn_add_number(lane, number << 1 ^ -(number >> 63));
}

void insn_add_tag(struct insn_lane *lane, unsigned int what)
{
	insn_add_number(lane, what << 1 | 1);
}

void insn_add_bytes(struct insn_lane *lane, const void *bytes, size_t len)
{
	memcpy(lane->buf + lane->len, bytes, len);
	lane->len += len;
}

static void put_le(uint8_t *to, uint64_t val, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		to[i] = val >> 8 * i;
}

static void begin_block(struct insn_lane *lane)
{
	if (lane->len)
		return;
	lane->len = INSN_BLOCK_HEAD;
	put_le(lane->buf + 8, vm_now_ns(lane->vm), 8);
}

size_t insn_close_block(struct insn_lane *lane)
{
	const size_t len = lane->len;

	if (!len)
		return 0;
	put_le(lane->buf, len - INSN_BLOCK_HEAD, 4);
	put_le(lane->buf + 4, lane->vm->config.id, 2);
	put_le(lane->buf + 6, lane->cpu, 2);
	lane->len = 0;
	return len;
}

bool insn_is_full(const struct insn_lane *lane)
{
	return lane->len > sizeof(lane->buf) - INSN_ROOM;
}

static void put_segment(uint64_t *to, const struct kvm_segment *segment)
{
	to[INSN_SELECTOR] = segment->selector;
	to[INSN_BASE] = segment->base;
	to[INSN_LIMIT] = segment->limit;
	to[INSN_ATTR] = segment->type | segment->s << 4 | segment->dpl << 5 |
			segment->present << 7 | segment->avl << 12 |
			segment->l << 13 | segment->db << 14 | segment->g << 15;
}

static void put_systems(uint64_t *to, const struct kvm_sregs *sregs)
{
	to[INSN_CR0] = sregs->cr0;
	to[INSN_CR2] = sregs->cr2;
	to[INSN_CR3] = sregs->cr3;
	to[INSN_CR4] = sregs->cr4;
	to[INSN_CR8] = sregs->cr8;
	to[INSN_EFER] = sregs->efer;
	to[INSN_GDT_BASE] = sregs->gdt.base;
	to[INSN_GDT_LIMIT] = sregs->gdt.limit;
	to[INSN_IDT_BASE] = sregs->idt.base;
	to[INSN_IDT_LIMIT] = sregs->idt.limit;
	put_segment(to + INSN_ES, &sregs->es);
	put_segment(to + INSN_CS, &sregs->cs);
	put_segment(to + INSN_SS, &sregs->ss);
	put_segment(to + INSN_DS, &sregs->ds);
	put_segment(to + INSN_FS, &sregs->fs);
	put_segment(to + INSN_GS, &sregs->gs);
	put_segment(to + INSN_TR, &sregs->tr);
	put_segment(to + INSN_LDT, &sregs->ldt);
}

/* By words, since the C library may go by bytes, and this is asked at each step. */
static bool is_same(const struct kvm_sregs *a, const struct kvm_sregs *b)
{
	uint64_t wa, wb, others = 0;

	for (size_t at = 0; at < sizeof(*a); at += sizeof(wa)) {
		memcpy(&wa, (const char *)a + at, sizeof(wa));
		memcpy(&wb, (const char *)b + at, sizeof(wb));
		others |= wa ^ wb;
	}
	return !others;
}

static void add_systems(struct insn_lane *lane, const struct kvm_sregs *sregs)
{
	uint64_t now[INSN_SYSTEMS], changed = 0;

	if (is_same(sregs, &lane->sregs))
		return;
	lane->sregs = *sregs;
	put_systems(now, sregs);
	for (unsigned int i = 0; i < INSN_SYSTEMS; i++)
		changed |= (uint64_t)(now[i] != lane->systems[i]) << i;
	if (!changed)
		return;
	insn_add_tag(lane, INSN_SYSTEM);
	insn_add_number(lane, changed);
	for (unsigned int i = 0; i < INSN_SYSTEMS; i++)
		if (changed >> i & 1)
			insn_add_number(lane, now[i]);
	memcpy(lane->systems, now, sizeof(now));
}

/* By the numbers that the CPU gives them. */
static void list_regs(uint64_t *to, const struct kvm_regs *regs)
{
	const uint64_t values[INSN_REGS] = {
		regs->rflags, regs->rax, regs->rcx, regs->rdx, regs->rbx,
		regs->rsp,    regs->rbp, regs->rsi, regs->rdi, regs->r8,
		regs->r9,     regs->r10, regs->r11, regs->r12, regs->r13,
		regs->r14,    regs->r15,
	};

	memcpy(to, values, sizeof(values));
}

static void add_regs(struct insn_lane *lane, const struct kvm_regs *regs)
{
	uint64_t now[INSN_REGS];
	unsigned int changed = 0;

	list_regs(now, regs);
	for (unsigned int i = 0; i < INSN_REGS; i++)
		changed |= (unsigned int)(now[i] != lane->regs[i]) << i;
	insn_add_number(lane, changed << 1);
	add_signed(lane, regs->rip - lane->rip);
	if (changed & 1U << INSN_FLAGS)
		insn_add_number(lane, now[INSN_FLAGS] ^ lane->regs[INSN_FLAGS]);
	for (unsigned int i = INSN_RAX; i < INSN_REGS; i++)
		if (changed >> i & 1)
			add_signed(lane, now[i] - lane->regs[i]);
	memcpy(lane->regs, now, sizeof(now));
	lane->rip = regs->rip;
}

void insn_add_step(struct insn_lane *lane, const struct kvm_regs *regs,
		   const struct kvm_sregs *sregs)
{
	begin_block(lane);
	add_systems(lane, sregs);
	insn_add_code(lane, linear_code(sregs, regs->rip), sregs);
	add_regs(lane, regs);
	lane->begun = true;
	lane->skipped = false;
}

void insn_add_event(struct insn_lane *lane, unsigned int what, uint64_t more)
{
	begin_block(lane);
	insn_add_tag(lane, INSN_EVENT);
	insn_add_number(lane, what);
	insn_add_number(lane, more);
}
