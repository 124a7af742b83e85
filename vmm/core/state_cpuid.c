/*
 * What CPUID told a guest: it has chosen its code by that, and runs on with the same
 * answers only. A host that would answer otherwise is refused, and the message
 * says where (SDM 2A, "CPUID"; APM 3, Appendix E).
 */
#include <asm/kvm_para.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>

#include "core/cpuid.h"
#include "core/state.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "util/log.h"
#include "util/parts.h"

#define PART	"cpuid"
#define VERSION 1

#define LEAF_VENDOR 0x0
#define LEAF_MODEL  0x1
#define LEAF_BRAND  0x80000002 /* and the next two */
#define VENDOR_LEN  12
#define BRAND_LEAFS 3
#define BRAND_LEN   (BRAND_LEAFS * 16)
#define FIRST_CHAR  ' '
#define LAST_CHAR   '~'

/* One row of the table: a register of a leaf for each. */
struct row {
	uint32_t function, index;
	uint32_t regs[4]; /* EAX, EBX, ECX, EDX */
};

struct table {
	unsigned int nr;
	struct row rows[CPUID_ENTRIES_MAX];
};

static int get_table(struct vm *vm, struct table *table)
{
	struct kvm_cpuid_entry2 entries[CPUID_ENTRIES_MAX];
	struct cpuid_topology topology = vcpu_topology(&vm->vcpus[0]);
	int nr = cpuid_get(vm->kvm, &topology, entries);

	if (nr < 0)
		return nr;
	memset(table, 0, sizeof(*table));
	table->nr = nr;
	for (int i = 0; i < nr; i++)
		table->rows[i] = (struct row){
			entries[i].function,
			entries[i].index,
			{ entries[i].eax, entries[i].ebx, entries[i].ecx,
			  entries[i].edx },
		};
	return 0;
}

int state_save_cpuid(struct vm *vm, struct parts *parts)
{
	struct stash *out = parts_add(parts, PART, 0, VERSION);
	struct table table;
	int err = get_table(vm, &table);

	if (!err)
		stash_put(out, table.rows, table.nr * sizeof(table.rows[0]));
	return err;
}

static const struct row *find(const struct table *table, uint32_t function,
			      uint32_t index)
{
	for (unsigned int i = 0; i < table->nr; i++)
		if (table->rows[i].function == function &&
		    table->rows[i].index == index)
			return &table->rows[i];
	return NULL;
}

/* What a file says is printed: it may be anything. */
static void clean(char *text)
{
	for (; *text; text++)
		if (*text < FIRST_CHAR || *text > LAST_CHAR)
			*text = '?';
}

static void name_vendor(const struct table *table, char name[VENDOR_LEN + 1])
{
	const struct row *row = find(table, LEAF_VENDOR, 0);

	memset(name, 0, VENDOR_LEN + 1);
	if (!row)
		return;
	memcpy(name, &row->regs[1], 4);
	memcpy(name + 4, &row->regs[3], 4);
	memcpy(name + 8, &row->regs[2], 4);
	clean(name);
}

static void name_brand(const struct table *table, char name[BRAND_LEN + 1])
{
	memset(name, 0, BRAND_LEN + 1);
	for (unsigned int i = 0; i < BRAND_LEAFS; i++) {
		const struct row *row = find(table, LEAF_BRAND + i, 0);

		if (row)
			memcpy(name + i * sizeof(row->regs), row->regs,
			       sizeof(row->regs));
	}
	clean(name);
}

static uint32_t model_of(const struct table *table)
{
	const struct row *row = find(table, LEAF_MODEL, 0);

	return row ? row->regs[0] : 0;
}

/* Another processor altogether, which its names tell best. */
static bool is_other_cpu(const struct table *saved, const struct table *here,
			 const char *subject)
{
	char was[BRAND_LEN + 1], is[BRAND_LEN + 1];
	bool other;

	name_vendor(saved, was);
	name_vendor(here, is);
	other = strcmp(was, is) != 0;
	if (!other) {
		name_brand(saved, was);
		name_brand(here, is);
		other = strcmp(was, is) || model_of(saved) != model_of(here);
	}
	if (other)
		log_error("%s: was saved on another CPU, `%s` (%x), and this "
			  "is `%s` (%x)",
			  subject, was, model_of(saved), is, model_of(here));
	return other;
}

static bool has_other_reg(const struct row *was, const struct row *is,
			  const char *subject)
{
	static const char *const names[] = { "EAX", "EBX", "ECX", "EDX" };

	for (unsigned int i = 0; i < 4; i++) {
		if (was->regs[i] == is->regs[i])
			continue;
		log_error("%s: CPUID says something else here: %s of leaf "
			  "%x.%x was %08x and is %08x; another CPU, or another "
			  "kernel of the host",
			  subject, names[i], was->function, was->index,
			  was->regs[i], is->regs[i]);
		return true;
	}
	return false;
}

/* Whether all of @a is in @b as it is; else says what is not. */
static bool has_leafs(const struct table *a, const struct table *b,
		      const char *subject, const char *where)
{
	for (unsigned int i = 0; i < a->nr; i++) {
		const struct row *row = &a->rows[i];

		if (find(b, row->function, row->index))
			continue;
		log_error("%s: CPUID says something else here: %s has a leaf "
			  "%x.%x; another CPU, or another kernel of the host",
			  subject, where, row->function, row->index);
		return false;
	}
	return true;
}

static int compare(const struct table *saved, const struct table *here,
		   const char *subject)
{
	if (is_other_cpu(saved, here, subject) ||
	    !has_leafs(saved, here, subject, "only the saved guest") ||
	    !has_leafs(here, saved, subject, "only this host"))
		return -EINVAL;
	for (unsigned int i = 0; i < saved->nr; i++) {
		const struct row *was = &saved->rows[i];

		if (has_other_reg(was, find(here, was->function, was->index),
				  subject))
			return -EINVAL;
	}
	return 0;
}

int state_load_cpuid(struct vm *vm, struct parts *parts, const char *subject)
{
	struct stash *in = parts_take(parts, subject, PART, 0, VERSION);
	struct table saved = { 0 }, here;
	int err;

	if (!in)
		return -EINVAL;
	saved.nr = stash_left(in) / sizeof(saved.rows[0]);
	if (saved.nr > CPUID_ENTRIES_MAX) {
		log_error("%s: a CPUID table of %u rows; there are at most %u",
			  subject, saved.nr, CPUID_ENTRIES_MAX);
		return -EINVAL;
	}
	stash_get(in, saved.rows, saved.nr * sizeof(saved.rows[0]));
	err = get_table(vm, &here);
	return err ? err : compare(&saved, &here, subject);
}
