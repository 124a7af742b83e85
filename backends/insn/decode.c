/*
 * An instruction by Zydis. The mode follows CR0.PE first: in real mode there are fewer
 * instructions than in 16-bit code of protected mode; then EFER.LMA with CS.L, and
 * CS.D (SDM 3A, "Mode Switching").
 */
#include <Zycore/Format.h>
#include <stdio.h>
#include <string.h>

#include "backends/insn/insn.h"
#include "vmm/x86/bits.h"

static ZydisDecoder decoders[ZYDIS_MACHINE_MODE_MAX_VALUE + 1];
static ZydisFormatter formatter;
static ZydisFormatterFunc plain_address;

/* Whose code is formatted: for the names of what is jumped to. */
struct place {
	const struct lane *lane;
	const struct state *state;
};

static ZydisMachineMode machine_mode(const struct state *state)
{
	const bool d = state->systems[INSN_CS + INSN_ATTR] & INSN_ATTR_D;

	if (!(state->systems[INSN_CR0] & CR0_PE))
		return d ? ZYDIS_MACHINE_MODE_LEGACY_32 :
			   ZYDIS_MACHINE_MODE_REAL_16;
	if (state->regs[INSN_FLAGS] & RFLAGS_VM)
		return ZYDIS_MACHINE_MODE_REAL_16;
	if (is_64bit(state))
		return ZYDIS_MACHINE_MODE_LONG_64;
	if (state->systems[INSN_EFER] & EFER_LMA)
		return d ? ZYDIS_MACHINE_MODE_LONG_COMPAT_32 :
			   ZYDIS_MACHINE_MODE_LONG_COMPAT_16;
	return d ? ZYDIS_MACHINE_MODE_LEGACY_32 : ZYDIS_MACHINE_MODE_LEGACY_16;
}

/* "0x80001234 <putchar>" */
static ZyanStatus add_address(const ZydisFormatter *f,
			      ZydisFormatterBuffer *buffer,
			      ZydisFormatterContext *context)
{
	const struct place *place = context->user_data;
	ZyanStatus status = plain_address(f, buffer, context);
	uint64_t at, off;
	ZyanString *text;
	const char *name;
	char word[INSN_NAME_MAX + 32];

	if (!ZYAN_SUCCESS(status) ||
	    !ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(
		    context->instruction, context->operand,
		    context->runtime_address, &at)))
		return status;
	name = code_symbol(place->lane, linear(place->state, at), &off);
	if (!name ||
	    !ZYAN_SUCCESS(ZydisFormatterBufferGetString(buffer, &text)))
		return status;
	if (off)
		snprintf(word, sizeof(word), " <%s+0x%llx>", name,
			 (unsigned long long)off);
	else
		snprintf(word, sizeof(word), " <%s>", name);
	return ZyanStringAppendFormat(text, "%s", word);
}

static void start(void)
{
	const ZydisStackWidth widths[] = {
		[ZYDIS_MACHINE_MODE_LONG_64] = ZYDIS_STACK_WIDTH_64,
		[ZYDIS_MACHINE_MODE_LONG_COMPAT_32] = ZYDIS_STACK_WIDTH_32,
		[ZYDIS_MACHINE_MODE_LONG_COMPAT_16] = ZYDIS_STACK_WIDTH_16,
		[ZYDIS_MACHINE_MODE_LEGACY_32] = ZYDIS_STACK_WIDTH_32,
		[ZYDIS_MACHINE_MODE_LEGACY_16] = ZYDIS_STACK_WIDTH_16,
		[ZYDIS_MACHINE_MODE_REAL_16] = ZYDIS_STACK_WIDTH_16,
	};

	const void *hook;

	for (int mode = 0; mode <= ZYDIS_MACHINE_MODE_MAX_VALUE; mode++)
		ZydisDecoderInit(&decoders[mode], mode, widths[mode]);
	ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
	ZydisFormatterSetProperty(&formatter,
				  ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, false);
	ZydisFormatterSetProperty(&formatter,
				  ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE,
				  ZYDIS_PADDING_DISABLED);
	ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_IMM_PADDING,
				  ZYDIS_PADDING_DISABLED);
	ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_DISP_PADDING,
				  ZYDIS_PADDING_DISABLED);
	hook = (const void *)add_address;
	ZydisFormatterSetHook(&formatter,
			      ZYDIS_FORMATTER_FUNC_PRINT_ADDRESS_ABS, &hook);
	plain_address = (ZydisFormatterFunc)hook;
}

/* Up to CODE_MAX bytes: those that were kept, if they are of that place. */
static size_t get_code(const struct lane *lane, const struct state *state,
		       uint64_t rip, uint8_t *bytes)
{
	const uint64_t mask = is_64bit(state) ? UINT64_MAX : UINT32_MAX;
	const uint64_t at = rip - lane->before.rip;
	size_t len;

	if (at >= lane->nr_code)
		return code_bytes(lane, linear(state, rip), mask, bytes,
				  CODE_MAX);
	len = lane->nr_code - at;
	if (len > CODE_MAX)
		len = CODE_MAX;
	memcpy(bytes, lane->code + at, len);
	return len;
}

void decode(struct insn *insn, const struct lane *lane,
	    const struct state *state, uint64_t rip)
{
	const ZydisDecoder *decoder = &decoders[machine_mode(state)];
	struct place place = { lane, state };
	ZyanStatus status;

	if (!plain_address)
		start();
	insn->len = get_code(lane, state, rip, insn->bytes);
	status = ZydisDecoderDecodeFull(decoder, insn->bytes, insn->len,
					&insn->insn, insn->operands);
	insn->valid = ZYAN_SUCCESS(status);
	if (!insn->valid) {
		snprintf(insn->text, sizeof(insn->text), "%s",
			 status == ZYDIS_STATUS_NO_MORE_DATA ?
				 "(code that cannot be read)" :
				 "(no instruction)");
		return;
	}
	insn->len = insn->insn.length;
	ZydisFormatterFormatInstruction(&formatter, &insn->insn, insn->operands,
					insn->insn.operand_count_visible,
					insn->text, sizeof(insn->text), rip,
					&place);
}
