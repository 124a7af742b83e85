/*
 * The bytes at RIP, and as much of a disassembler as a crash needs: it knows
 * instructions that raise an exception by themselves and families that KVM's
 * emulator is known not to handle (SDM 2, "Opcode Map").
 */
#include <string.h>

#include "probes/report/report.h"

#define BYTES_BEFORE 8
#define BYTES_AFTER  16

#define VECTOR_BP 3
#define VECTOR_OF 4
#define VECTOR_UD 6
#define VECTOR_GP 13

#define ANY_REG 0xff

struct opcode {
	uint8_t bytes[3];
	uint8_t len;
	uint8_t reg; /* the field of ModRM behind it, or ANY_REG */
	const char *name;
};

static const struct opcode opcodes[] = {
	{ { 0xcc }, 1, ANY_REG, "int3" },
	{ { 0xcd }, 1, ANY_REG, "int" },
	{ { 0xce }, 1, ANY_REG, "into" },
	{ { 0xf1 }, 1, ANY_REG, "int1" },
	{ { 0xf4 }, 1, ANY_REG, "hlt" },
	{ { 0xfa }, 1, ANY_REG, "cli" },
	{ { 0xfb }, 1, ANY_REG, "sti" },
	{ { 0xcf }, 1, ANY_REG, "iret" },
	{ { 0xcb }, 1, ANY_REG, "far return" },
	{ { 0xea }, 1, ANY_REG, "far jump" },
	{ { 0x9a }, 1, ANY_REG, "far call" },
	{ { 0xf6 }, 1, 6, "div" },
	{ { 0xf7 }, 1, 6, "div" },
	{ { 0xf6 }, 1, 7, "idiv" },
	{ { 0xf7 }, 1, 7, "idiv" },
	{ { 0x0f, 0x0b }, 2, ANY_REG, "ud2" },
	{ { 0x0f, 0xff }, 2, ANY_REG, "ud0" },
	{ { 0x0f, 0x05 }, 2, ANY_REG, "syscall" },
	{ { 0x0f, 0x34 }, 2, ANY_REG, "sysenter" },
	{ { 0x0f, 0x30 }, 2, ANY_REG, "wrmsr" },
	{ { 0x0f, 0x32 }, 2, ANY_REG, "rdmsr" },
	{ { 0x0f, 0x22 }, 2, ANY_REG, "mov to a control register" },
	{ { 0x0f, 0x01, 0xd0 }, 3, ANY_REG, "xgetbv" },
	{ { 0x0f, 0x01, 0xd1 }, 3, ANY_REG, "xsetbv" },
	{ { 0x0f, 0x01 }, 2, 2, "lgdt" },
	{ { 0x0f, 0x01 }, 2, 3, "lidt" },
	{ { 0x0f, 0x00 }, 2, 3, "ltr" },
	{ { 0x0f, 0xae }, 2, 0, "fxsave" },
	{ { 0x0f, 0xae }, 2, 1, "fxrstor" },
	{ { 0x0f, 0xae }, 2, 4, "xsave" },
	{ { 0x0f, 0xae }, 2, 5, "xrstor" },
	{ { 0x0f, 0xae }, 2, 6, "xsaveopt" },
	{ { 0x0f, 0x38 }, 2, ANY_REG, "an SSSE3 or SSE4 instruction" },
	{ { 0x0f, 0x3a }, 2, ANY_REG, "an SSSE3 or SSE4 instruction" },
};

static bool is_prefix(uint8_t byte, bool is_64bit)
{
	static const uint8_t prefixes[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
					    0x66, 0x67, 0xf0, 0xf2, 0xf3 };

	return memchr(prefixes, byte, sizeof(prefixes)) ||
	       (is_64bit && (byte & 0xf0) == 0x40);
}

static size_t skip_prefixes(const uint8_t *code, size_t len, bool is_64bit)
{
	size_t at = 0;

	while (at < len && is_prefix(code[at], is_64bit))
		at++;
	return at;
}

static bool opcode_fits(const struct opcode *opcode, const uint8_t *code,
			size_t len)
{
	if (len < opcode->len || memcmp(code, opcode->bytes, opcode->len) != 0)
		return false;
	return opcode->reg == ANY_REG ||
	       (len > opcode->len &&
		(code[opcode->len] >> 3 & 7) == opcode->reg);
}

/* VEX and EVEX share their first bytes with LES, LDS and BOUND. */
static bool is_vex(const uint8_t *code, size_t len, bool is_64bit)
{
	return len > 1 &&
	       (code[0] == 0xc4 || code[0] == 0xc5 || code[0] == 0x62) &&
	       (is_64bit || code[1] >= 0xc0);
}

static bool is_vector(const uint8_t *code, size_t len)
{
	return len > 1 && code[0] == 0x0f &&
	       ((code[1] >= 0x10 && code[1] <= 0x17) ||
		(code[1] >= 0x28 && code[1] <= 0x2f) ||
		(code[1] >= 0x50 && code[1] <= 0x7f) || code[1] >= 0xd0);
}

const char *report_name_code(const uint8_t *code, size_t len, bool is_64bit)
{
	size_t at = skip_prefixes(code, len, is_64bit);

	code += at;
	len -= at;
	for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++)
		if (opcode_fits(&opcodes[i], code, len))
			return opcodes[i].name;
	if (is_vex(code, len, is_64bit))
		return "an AVX instruction";
	if (is_vector(code, len))
		return "an MMX or SSE instruction";
	if (len && (code[0] & 0xf8) == 0xd8)
		return "an x87 instruction";
	return NULL;
}

static bool is_privileged(const uint8_t *code, size_t len)
{
	if (code[0] == 0xf4)
		return true;
	return len > 1 && code[0] == 0x0f &&
	       (code[1] == 0x22 || code[1] == 0x20 || code[1] == 0x30 ||
		code[1] == 0x32 || code[1] == 0x06 ||
		(code[1] == 0x01 && len > 2 && (code[2] >> 3 & 7) >= 2 &&
		 (code[2] >> 3 & 7) <= 3));
}

int report_code_vector(const struct report_state *state, const uint8_t *code,
		       size_t len)
{
	size_t at = skip_prefixes(code, len, report_is_64bit(&state->sregs));

	code += at;
	len -= at;
	if (!len)
		return -1;
	if (code[0] == 0xcc)
		return VECTOR_BP;
	if (code[0] == 0xcd && len > 1)
		return code[1];
	if (code[0] == 0xce && state->regs.rflags >> 11 & 1)
		return VECTOR_OF;
	if (code[0] == 0x0f && len > 1 && (code[1] == 0x0b || code[1] == 0xff))
		return VECTOR_UD;
	if (report_ring(&state->sregs) && is_privileged(code, len))
		return VECTOR_GP;
	return -1;
}

uint64_t report_register(const struct kvm_regs *regs, unsigned int index)
{
	const uint64_t all[16] = {
		regs->rax, regs->rcx, regs->rdx, regs->rbx,
		regs->rsp, regs->rbp, regs->rsi, regs->rdi,
		regs->r8,  regs->r9,  regs->r10, regs->r11,
		regs->r12, regs->r13, regs->r14, regs->r15,
	};

	return all[index & 15];
}

size_t report_code(const struct report_state *state, uint8_t *code)
{
	uint64_t at = report_code_address(state);
	size_t len = 0;

	while (len < CODE_MAX && report_read(state, at + len, &code[len], 1))
		len++;
	return len;
}

void report_add_code(struct text *text, const struct report_state *state)
{
	uint64_t rip = report_code_address(state);
	uint64_t before = rip < BYTES_BEFORE ? rip : BYTES_BEFORE;

	text_add(text, "  code at 0x%llx:", (unsigned long long)(rip - before));
	for (uint64_t at = rip - before; at != rip + BYTES_AFTER; at++) {
		uint8_t byte;

		text_add(text, at == rip ? " <" : " ");
		if (report_read(state, at, &byte, 1))
			text_add(text, "%02x", byte);
		else
			text_add(text, "??");
		text_add(text, at == rip ? ">" : "");
	}
	text_add(text, "\n");
}
