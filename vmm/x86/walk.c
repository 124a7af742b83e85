/*
 * Page walks: the engine. Reserved bits and protection keys are not checked. At
 * most five entries are read, so tables that point at themselves do no harm.
 */
#include "x86/walk.h"

#include <string.h>

#include "x86/bits.h"
#include "x86/paging.h"

#define PTE_ADDR     0x000ffffffffff000ULL
#define CR3_ADDR_32  0xfffff000ULL
#define CR3_ADDR_PAE 0xffffffe0ULL

/* How one mode cuts a linear address into indices. */
struct paging {
	unsigned int entry_size; /* bytes */
	unsigned int index_bits;
	unsigned int nr_levels;
	const char *names[WALK_LEVELS_MAX]; /* top level first */
	bool large[WALK_LEVELS_MAX];	    /* PS may be set there */
	uint64_t root_mask;		    /* of CR3 */
	unsigned int address_bits;
};

static const struct paging paging_32 = {
	.entry_size = 4,
	.index_bits = 10,
	.nr_levels = 2,
	.names = { "PDE", "PTE" },
	.root_mask = CR3_ADDR_32,
	.address_bits = 32,
};

static const struct paging paging_32_pse = {
	.entry_size = 4,
	.index_bits = 10,
	.nr_levels = 2,
	.names = { "PDE", "PTE" },
	.large = { true },
	.root_mask = CR3_ADDR_32,
	.address_bits = 32,
};

static const struct paging paging_pae = {
	.entry_size = 8,
	.index_bits = 9,
	.nr_levels = 3,
	.names = { "PDPTE", "PDE", "PTE" },
	.large = { false, true },
	.root_mask = CR3_ADDR_PAE,
	.address_bits = 32,
};

static const struct paging paging_4 = {
	.entry_size = 8,
	.index_bits = 9,
	.nr_levels = 4,
	.names = { "PML4E", "PDPTE", "PDE", "PTE" },
	.large = { false, true, true },
	.root_mask = PTE_ADDR,
	.address_bits = 48,
};

static const struct paging paging_5 = {
	.entry_size = 8,
	.index_bits = 9,
	.nr_levels = 5,
	.names = { "PML5E", "PML4E", "PDPTE", "PDE", "PTE" },
	.large = { false, false, true, true },
	.root_mask = PTE_ADDR,
	.address_bits = 57,
};

/* NULL: no paging. */
static const struct paging *paging_of(const struct walk_regs *regs)
{
	if (!(regs->cr0 & CR0_PG))
		return NULL;
	if (regs->efer & EFER_LMA)
		return regs->cr4 & CR4_LA57 ? &paging_5 : &paging_4;
	if (regs->cr4 & CR4_PAE)
		return &paging_pae;
	return regs->cr4 & CR4_PSE ? &paging_32_pse : &paging_32;
}

/* The bits above those that are translated all equal the topmost one. */
static bool is_canonical(uint64_t gva, unsigned int bits)
{
	int64_t top = (int64_t)gva >> (bits - 1);

	return bits <= 32 || top == 0 || top == -1;
}

/* 4 MiB pages keep bits 32-39 of their address in bits 13-20. */
static uint64_t large_address(const struct paging *mode, uint64_t entry,
			      uint64_t size)
{
	if (mode->entry_size == 4)
		return (entry & 0xffc00000) | (entry >> 13 & 0xff) << 32;
	return entry & PTE_ADDR & ~(size - 1);
}

static void add_rights(struct walk *walk, const struct paging *mode,
		       unsigned int level, uint64_t entry, bool nxe)
{
	/* The top level of PAE has no such bits. */
	if (mode != &paging_pae || level > 0) {
		walk->writable = walk->writable && entry & PTE_W;
		walk->user = walk->user && entry & PTE_U;
	}
	if (nxe && mode->entry_size == 8 && entry & PTE_NX)
		walk->executable = false;
}

/* Reads the entry of @step; false, with the walk ended, if it leads nowhere. */
static bool read_entry(struct walk *walk, walk_read *read, const void *ram,
		       const struct paging *mode, struct walk_step *step)
{
	walk->nr_steps++;
	if (read(ram, step->at, &step->entry, mode->entry_size)) {
		walk->end = WALK_NO_TABLE;
		return false;
	}
	if (!(step->entry & PTE_P)) {
		walk->end = WALK_ABSENT;
		return false;
	}
	return true;
}

static void walk_tables(struct walk *walk, const struct walk_regs *regs,
			const struct paging *mode, walk_read *read,
			const void *ram)
{
	uint64_t table = regs->cr3 & mode->root_mask;
	unsigned int shift = 12 + mode->index_bits * (mode->nr_levels - 1);

	for (unsigned int level = 0; level < mode->nr_levels; level++) {
		struct walk_step *step = &walk->steps[level];
		uint64_t size = 1ULL << shift;
		bool last = level + 1 == mode->nr_levels;

		step->name = mode->names[level];
		step->index = walk->gva >> shift &
			      ((1u << mode->index_bits) - 1);
		step->at = table + (uint64_t)step->index * mode->entry_size;
		if (!read_entry(walk, read, ram, mode, step))
			return;
		add_rights(walk, mode, level, step->entry,
			   regs->efer & EFER_NXE);
		if (last || (mode->large[level] && step->entry & PTE_PS)) {
			table = last ? step->entry & PTE_ADDR :
				       large_address(mode, step->entry, size);
			walk->gpa = table | (walk->gva & (size - 1));
			walk->page_size = size;
			walk->end = WALK_MAPPED;
			return;
		}
		table = step->entry & PTE_ADDR;
		shift -= mode->index_bits;
	}
}

void walk_address(struct walk *walk, const struct walk_regs *regs, uint64_t gva,
		  walk_read *read, const void *ram)
{
	const struct paging *mode = paging_of(regs);

	memset(walk, 0, sizeof(*walk));
	walk->gva = gva;
	walk->writable = walk->user = walk->executable = true;
	if (!mode) {
		walk->end = WALK_MAPPED;
		walk->gpa = gva;
		return;
	}
	if (!is_canonical(gva, mode->address_bits)) {
		walk->end = WALK_CANONICAL;
		return;
	}
	walk_tables(walk, regs, mode, read, ram);
}
