/* The words of `monitor`, and what they have in common. */
#include "service/gdb/monitor.h"

#include <ctype.h>
#include <string.h>

#include "core/symbols.h"
#include "service/gdb/target.h"

static void monitor_help(struct gdb_cpu *cpu, const char *rest,
			 struct text *answer);

static const struct monitor monitors[] = {
	{ "help", "", "this list", monitor_help },
	{ "info registers", "", "all registers, with their bits by name",
	  monitor_registers },
	{ "info gdt", "[SELECTOR]", "the global descriptor table",
	  monitor_gdt },
	{ "info ldt", "[SELECTOR]", "the local descriptor table", monitor_ldt },
	{ "info idt", "[VECTOR]", "the interrupt descriptor table",
	  monitor_idt },
	{ "info tss", "", "the task state segment: stacks, I/O bitmap",
	  monitor_tss },
	{ "info page", "ADDRESS", "how a linear address is translated",
	  monitor_page },
	{ "info devices", "", "devices, their ranges and interrupt lines",
	  monitor_devices },
	{ "info irq", "", "what is in the interrupt controllers", monitor_irq },
	{ "info cpus", "", "what each virtual CPU is doing", monitor_cpus },
	{ "step", "[irqs on|off]",
	  "how this host steps and stops, and whether steps let interrupts in",
	  monitor_step },
	{ "phys", "ADDRESS [LENGTH]", "shows physical memory", monitor_phys },
	{ "phys", "ADDRESS = BYTES", "writes to it: 90 90 f4", monitor_phys },
};

#define NR_MONITORS (sizeof(monitors) / sizeof(monitors[0]))
#define HELP_COLUMN 28

static void monitor_help(struct gdb_cpu *cpu, const char *rest,
			 struct text *answer)
{
	(void)cpu;
	(void)rest;
	for (size_t i = 0; i < NR_MONITORS; i++) {
		text_add(answer, "%s %s", monitors[i].words, monitors[i].args);
		text_pad(answer, HELP_COLUMN);
		text_add(answer, "  %s\n", monitors[i].what);
	}
	text_add(answer,
		 "ADDRESS is a number (0x for hex), a register or a symbol: "
		 "0x1000, $pc, main+4\n");
}

static const char *skip_blanks(const char *at)
{
	while (*at == ' ')
		at++;
	return at;
}

/* What stands in @line behind @words, with any number of blanks between them; NULL:
 * something else does. */
static const char *behind(const char *line, const char *words)
{
	line = skip_blanks(line);
	for (; *words; words++) {
		if (*words != *line)
			return NULL;
		line = *words == ' ' ? skip_blanks(line) : line + 1;
	}
	return *line && *line != ' ' ? NULL : skip_blanks(line);
}

void monitor_run(struct gdb_cpu *cpu, const char *words, struct text *answer)
{
	for (size_t i = 0; i < NR_MONITORS; i++) {
		const char *rest = behind(words, monitors[i].words);

		if (!rest)
			continue;
		if (*rest && !*monitors[i].args)
			break;
		monitors[i].run(cpu, rest, answer);
		return;
	}
	text_add(answer, "no such command; there are:\n");
	monitor_help(cpu, "", answer);
}

void monitor_no_address(struct text *answer, const char *rest)
{
	if (*rest)
		text_add(answer, "%s: ", rest);
	text_add(answer, "an address is a number, a $register or a symbol of "
			 "the image\n");
}

#define LINE_ROOM 512 /* bytes: more than a line has */

bool monitor_is_full(const struct text *answer)
{
	return answer->size - answer->len < 2 * LINE_ROOM;
}

bool monitor_number(const char **rest, uint64_t *val)
{
	const char *at = *rest;
	unsigned int base = 10;

	if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
		base = 16;
		at += 2;
	}
	if (!isxdigit((unsigned char)*at))
		return false;
	*val = 0;
	for (; isxdigit((unsigned char)*at); at++) {
		unsigned int digit = isdigit((unsigned char)*at) ?
					     *at - '0' :
					     (*at | 0x20) - 'a' + 10;

		if (digit >= base || __builtin_mul_overflow(*val, base, val) ||
		    __builtin_add_overflow(*val, digit, val))
			return false;
	}
	if (*at && *at != ' ' && *at != '=')
		return false;
	*rest = skip_blanks(at);
	return true;
}

/* What the client calls $pc and $sp is so without asking. */
static bool find_register(struct gdb_cpu *cpu, const char *name, uint64_t *val)
{
	const struct target *target = target_choose(cpu);
	const struct gdb_state *state = gdb_state(cpu);
	uint8_t bytes[TARGET_REG_MAX];
	const struct reg *reg;

	*val = 0;
	if (!strcmp(name, "pc")) {
		*val = target_pc(&state->regs, &state->sregs);
		return true;
	}
	if (!strcmp(name, "sp")) {
		*val = state->regs.rsp;
		return true;
	}
	for (unsigned int i = 0; (reg = target_reg(target, i)); i++) {
		if (!*name || strcmp(name, reg->name) ||
		    reg->size > sizeof(*val) || !reg_get(reg, cpu, bytes))
			continue;
		memcpy(val, bytes, reg->size);
		return true;
	}
	return false;
}

static bool find_name(struct gdb_cpu *cpu, const char *name, uint64_t *val)
{
	if (*name == '$')
		return find_register(cpu, name + 1, val);
	return vm_symbol_value(gdb_vm(gdb_of(cpu)), name, val);
}

#define NAME_SIZE 200 /* bytes of the longest that is looked for */

bool monitor_address(struct gdb_cpu *cpu, const char **rest, uint64_t *addr)
{
	char name[NAME_SIZE];
	uint64_t off = 0;
	size_t len;

	if (isdigit((unsigned char)**rest))
		return monitor_number(rest, addr);
	len = strcspn(*rest, " +=");
	if (!len || len >= sizeof(name))
		return false;
	memcpy(name, *rest, len);
	name[len] = '\0';
	if (!find_name(cpu, name, addr))
		return false;
	*rest = skip_blanks(*rest + len);
	if (**rest != '+')
		return true;
	*rest = skip_blanks(*rest + 1);
	if (!monitor_number(rest, &off))
		return false;
	*addr += off;
	return true;
}
