/* objects: service/insn/record.o service/insn/code.o core/linear.o core/memory.o core/memory_seen.o x86/walk.o */
/* host-objects: backends/insn/records.o backends/insn/mode.o */
/*
 * A trace of instructions, written (service/insn/record.c, code.c) and read again
 * (backends/insn/records.c): registers and code come out as they went in, and what is
 * cut off or made up is told from what is whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backends/insn/insn.h"
#include "core/symbols.h"
#include "core/vm.h"
#include "service/insn/insn.h"

#define RAM	 65536
#define HEAD	 INSN_BLOCK_HEAD
#define SYMBOL	 0x1010 /* where the only one is */
#define NR_STEPS 500

struct guest_name guests[GUESTS_MAX] = { { .nr_cpus = 2, .name = "guest" } };
unsigned int nr_guests = 1;
bool steps_wait;

/* --- What the writer looks at ---------------------------------------------- */

static bool has_symbols;

uint64_t vm_now_ns(const struct vm *vm)
{
	(void)vm;
	return 0x123456789;
}

const struct symbols *vm_symbols(const struct vm *vm)
{
	return has_symbols ? (const void *)vm : NULL;
}

bool vm_find_symbol(const struct vm *vm, uint64_t addr, const char **name,
		    uint64_t *off)
{
	(void)vm;
	*name = "main";
	*off = addr - SYMBOL;
	return addr >= SYMBOL;
}

bool vm_find_loaded_symbol(const struct vm *vm, uint64_t gpa, const char **name,
			   uint64_t *off)
{
	(void)vm;
	(void)gpa;
	(void)name;
	(void)off;
	return false;
}

/* --- What the reader calls ------------------------------------------------- */

static struct state seen[NR_STEPS + 1];
static unsigned int nr_seen, nr_events;
static uint64_t last_event[2];

bool step_over(struct lane *lane)
{
	seen[nr_seen++] = lane->before;
	return true;
}

void step_ahead(struct lane *lane)
{
	(void)lane;
}

void step_last(struct lane *lane)
{
	step_over(lane);
}

void step_event(struct lane *lane, uint64_t what, uint64_t more)
{
	(void)lane;
	nr_events++;
	last_event[0] = what;
	last_event[1] = more;
}

/* --- One vCPU -------------------------------------------------------------- */

static struct vm vm;
static struct insn_lane *lane;

static int set_up(void **state)
{
	(void)state;
	has_symbols = false;
	nr_seen = nr_events = 0;
	memset(&vm, 0, sizeof(vm));
	lane = calloc(1, sizeof(*lane));
	assert_non_null(lane);
	lane->vm = &vm;
	lane->cpu = 1;
	return mem_init(&vm.mem, RAM);
}

static int tear_down(void **state)
{
	(void)state;
	records_end(false);
	free(lane);
	mem_free(&vm.mem);
	return 0;
}

static enum found feed(const uint8_t *buf, size_t len, size_t *done)
{
	const char *why = NULL;
	enum found found = records_read(0, 1, 0, buf, len, done, &why);

	assert_true((found == FOUND_WRONG) == (why != NULL));
	return found;
}

/* What the lane has, read; whole records. */
static void read_lane(void)
{
	size_t len = insn_close_block(lane), done;

	assert_true(len > HEAD);
	assert_int_equal(feed(lane->buf + HEAD, len - HEAD, &done), FOUND_ALL);
	assert_int_equal(done, len - HEAD);
}

/* Numbers of all lengths, the same at each run. */
static uint64_t any(void)
{
	static uint64_t x = 88172645463325252ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x >> (x >> 32) % 64;
}

static void change(struct kvm_regs *regs, struct kvm_sregs *sregs)
{
	__u64 *const some[] = { &regs->rax, &regs->rdi, &regs->r8,
				&regs->r15, &regs->rsp, &regs->rflags };

	for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++)
		if (any() & 1)
			*some[i] = any() & 1 ? *some[i] + (any() % 256) - 128 :
					       any();
	regs->rip = any();
	if (any() % 4)
		return;
	sregs->cr2 = any();
	sregs->efer = any() % 4096;
	sregs->gs.base = any();
	sregs->cs.l = any() & 1;
	sregs->ldt.limit = any();
}

static void registers_come_back(void **state)
{
	static struct kvm_regs regs[NR_STEPS];
	static struct kvm_sregs sregs[NR_STEPS];

	(void)state;
	for (unsigned int i = 0; i < NR_STEPS; i++) {
		if (i) {
			regs[i] = regs[i - 1];
			sregs[i] = sregs[i - 1];
		}
		change(&regs[i], &sregs[i]);
		insn_add_step(lane, &regs[i], &sregs[i]);
		if (insn_is_full(lane) || i == NR_STEPS / 2)
			read_lane();
	}
	insn_add_event(lane, INSN_LEFT, 71);
	read_lane();
	assert_int_equal(nr_seen, NR_STEPS - 1);
	for (unsigned int i = 0; i < nr_seen; i++) {
		assert_int_equal(seen[i].rip, regs[i].rip);
		assert_int_equal(seen[i].regs[INSN_FLAGS], regs[i].rflags);
		assert_int_equal(seen[i].regs[INSN_RAX], regs[i].rax);
		assert_int_equal(seen[i].regs[INSN_RAX + 15], regs[i].r15);
		assert_int_equal(seen[i].systems[INSN_CR2], sregs[i].cr2);
		assert_int_equal(seen[i].systems[INSN_GS + INSN_BASE],
				 sregs[i].gs.base);
		assert_int_equal(seen[i].systems[INSN_LDT + INSN_LIMIT],
				 sregs[i].ldt.limit);
		assert_true(!(seen[i].systems[INSN_CS + INSN_ATTR] &
			      INSN_ATTR_L) == !sregs[i].cs.l);
	}
	assert_int_equal(last_event[0], INSN_LEFT);
	assert_int_equal(last_event[1], 71);
}

static struct lane *read_lane_of(uint64_t rip)
{
	struct kvm_regs regs = { .rip = rip };
	struct kvm_sregs sregs = { 0 };

	insn_add_step(lane, &regs, &sregs);
	read_lane();
	return records_lane(0, 1);
}

static void code_is_sent_once_and_when_it_changes(void **state)
{
	uint8_t buf[2 * CODE_MAX];
	size_t len;

	(void)state;
	for (unsigned int i = 0; i < 256; i++)
		vm.mem.base[0x1000 + i] = i;
	/* From 103Bh on it goes on in the next line. */
	assert_int_equal(code_bytes(read_lane_of(0x103b), 0x103b, UINT32_MAX,
				    buf, sizeof(buf)),
			 sizeof(buf));
	for (unsigned int i = 0; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0x3b + i);
	len = lane->len;
	assert_int_equal(len, 0);
	read_lane_of(0x103b);
	assert_true(lane->buf[0] < 8); /* a step, and no code */
	vm.mem.base[0x1042] = 0xcc;
	code_bytes(read_lane_of(0x103b), 0x103b, UINT32_MAX, buf, sizeof(buf));
	assert_int_equal(buf[7], 0xcc);
}

static void what_is_no_ram_is_no_code(void **state)
{
	uint8_t buf[CODE_MAX];

	(void)state;
	assert_int_equal(code_bytes(read_lane_of(RAM - 4), RAM - 4, UINT32_MAX,
				    buf, sizeof(buf)),
			 4);
	assert_int_equal(code_bytes(read_lane_of(0xfffffff0), 0xfffffff0,
				    UINT32_MAX, buf, sizeof(buf)),
			 0);
}

static void symbols_begin_within_a_line(void **state)
{
	struct lane *reader;
	uint64_t off;

	(void)state;
	has_symbols = true;
	reader = read_lane_of(0x1008);
	assert_null(code_symbol(reader, 0x100f, &off));
	assert_string_equal(code_symbol(reader, 0x1010, &off), "main");
	assert_int_equal(off, 0);
	assert_string_equal(code_symbol(reader, 0x1033, &off), "main");
	assert_int_equal(off, 0x23);
	reader = read_lane_of(0x1200);
	assert_string_equal(code_symbol(reader, 0x1203, &off), "main");
	assert_int_equal(off, 0x1f3);
}

/* Wherever it is cut, the records before that count, and no part of one does. */
static void a_cut_is_told(void **state)
{
	struct kvm_regs regs = { .rip = 0x1000, .rax = 1ULL << 40 };
	struct kvm_sregs sregs = { .cr3 = 0x123000 };
	size_t len, done, whole = 0;

	(void)state;
	for (unsigned int i = 0; i < 3; i++, regs.rip += 2, regs.rax *= 3)
		insn_add_step(lane, &regs, &sregs);
	len = insn_close_block(lane) - HEAD;
	for (size_t cut = 0; cut < len; cut++) {
		enum found found = feed(lane->buf + HEAD, cut, &done);

		assert_true(done <= cut && done >= whole);
		assert_true((found == FOUND_ALL) == (done == cut));
		assert_int_not_equal(found, FOUND_WRONG);
		whole = done;
		records_end(false);
	}
}

/* A record that begins with @bytes is none. */
static void refuse(const void *bytes, size_t len)
{
	uint8_t buf[256] = { 0 };
	size_t done;

	memcpy(buf, bytes, len);
	assert_int_equal(feed(buf, sizeof(buf), &done), FOUND_WRONG);
	assert_int_equal(done, 0);
	records_end(false);
}

#define REFUSE(...)                                  \
	do {                                         \
		const uint8_t bytes[] = __VA_ARGS__; \
		refuse(bytes, sizeof(bytes));        \
	} while (0)

static void lies_are_refused(void **state)
{
	size_t done;
	const char *why;

	(void)state;
	REFUSE({ 0x09 });			 /* a tag that there is not */
	REFUSE({ 0x80, 0x80, 0x10 });		 /* register 17 */
	REFUSE({ 0x03, 0x01, 0x00, 0x01, 'x' }); /* a symbol without a line */
	REFUSE({ 0x05, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f });
	REFUSE({ 0x07, 0x02, 0x00 }); /* an event that there is not */
	REFUSE({ 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80 });
	assert_int_equal(records_read(0, 2, 0, (const uint8_t *)"", 0, &done,
				      &why),
			 FOUND_WRONG); /* vCPU 2 */
	assert_int_equal(records_read(1, 0, 0, (const uint8_t *)"", 0, &done,
				      &why),
			 FOUND_WRONG); /* guest 1 */
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(registers_come_back),
		TEST(code_is_sent_once_and_when_it_changes),
		TEST(what_is_no_ram_is_no_code),
		TEST(symbols_begin_within_a_line),
		TEST(a_cut_is_told),
		TEST(lies_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
