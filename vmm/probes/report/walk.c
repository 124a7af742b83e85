/*
 * Page walks through guest RAM, after SDM 3A "Paging": 32-bit, PAE, 4-level and
 * 5-level, with large pages. It looks at what stands in memory now; a TLB or
 * the PDPTE registers may still hold something older. Reserved bits and
 * protection keys are not checked. At most five entries are read, so tables
 * that point at themselves do no harm.
 */
#include <string.h>

#include "probes/report/report.h"

#define CR0_PG	 (1u << 31)
#define CR4_PSE	 (1u << 4)
#define CR4_PAE	 (1u << 5)
#define CR4_LA57 (1u << 12)
#define EFER_LMA (1u << 10)
#define EFER_NXE (1u << 11)

#define PTE_P  (1u << 0)
#define PTE_W  (1u << 1)
#define PTE_U  (1u << 2)
#define PTE_PS (1u << 7)
#define PTE_NX (1ULL << 63)

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
static const struct paging *paging_of(const struct kvm_sregs *sregs)
{
	if (!(sregs->cr0 & CR0_PG))
		return NULL;
	if (sregs->efer & EFER_LMA)
		return sregs->cr4 & CR4_LA57 ? &paging_5 : &paging_4;
	if (sregs->cr4 & CR4_PAE)
		return &paging_pae;
	return sregs->cr4 & CR4_PSE ? &paging_32_pse : &paging_32;
}

/* The bits above those that are translated all equal the topmost one. */
static bool is_canonical(uint64_t gva, unsigned int bits)
{
	int64_t top = (int64_t)gva >> (bits - 1);

	return bits <= 32 || top == 0 || top == -1;
}

/* 4 MiB pages keep bits 32-39 of their address in bits 13-20. */
static gpa_t large_address(const struct paging *mode, uint64_t entry,
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
static bool read_entry(struct walk *walk, const struct memory *mem,
		       const struct paging *mode, struct walk_step *step)
{
	walk->nr_steps++;
	if (mem_read(mem, step->at, &step->entry, mode->entry_size)) {
		walk->end = WALK_NO_TABLE;
		return false;
	}
	if (!(step->entry & PTE_P)) {
		walk->end = WALK_ABSENT;
		return false;
	}
	return true;
}

static void walk_tables(struct walk *walk, const struct memory *mem,
			const struct kvm_sregs *sregs,
			const struct paging *mode)
{
	gpa_t table = sregs->cr3 & mode->root_mask;
	unsigned int shift = 12 + mode->index_bits * (mode->nr_levels - 1);

	for (unsigned int level = 0; level < mode->nr_levels; level++) {
		struct walk_step *step = &walk->steps[level];
		uint64_t size = 1ULL << shift;
		bool last = level + 1 == mode->nr_levels;

		step->name = mode->names[level];
		step->index = walk->gva >> shift &
			      ((1u << mode->index_bits) - 1);
		step->at = table + (uint64_t)step->index * mode->entry_size;
		if (!read_entry(walk, mem, mode, step))
			return;
		add_rights(walk, mode, level, step->entry,
			   sregs->efer & EFER_NXE);
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

void report_walk(struct walk *walk, const struct memory *mem,
		 const struct kvm_sregs *sregs, uint64_t gva)
{
	const struct paging *mode = paging_of(sregs);

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
	walk_tables(walk, mem, sregs, mode);
}

static void add_entry_flags(struct text *text, const struct walk_step *step)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} flags[] = {
		{ PTE_W, "W" },	    { PTE_U, "U" },   { 1u << 3, "PWT" },
		{ 1u << 4, "PCD" }, { 1u << 5, "A" }, { 1u << 6, "D" },
		{ 1u << 8, "G" },   { PTE_NX, "NX" },
	};
	/* In the last level, bit 7 is another one: PAT. */
	bool last = !strcmp(step->name, "PTE");

	if (!(step->entry & PTE_P)) {
		text_add(text, " not present");
		return;
	}
	text_add(text, " P");
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (step->entry & flags[i].bit)
			text_add(text, " %s", flags[i].name);
	if (step->entry & PTE_PS)
		text_add(text, last ? " PAT" : " PS");
}

static void add_size(struct text *text, uint64_t size)
{
	if (size >= 1u << 30)
		text_add(text, "%llu GiB", (unsigned long long)size >> 30);
	else if (size >= 1u << 20)
		text_add(text, "%llu MiB", (unsigned long long)size >> 20);
	else
		text_add(text, "%llu KiB", (unsigned long long)size >> 10);
}

void report_add_walk_end(struct text *text, const struct walk *walk)
{
	const struct walk_step *step =
		walk->nr_steps ? &walk->steps[walk->nr_steps - 1] : NULL;

	if (walk->end == WALK_CANONICAL)
		text_add(text, "the address is not canonical");
	else if (step && walk->end == WALK_ABSENT)
		text_add(text, "%s %u is not present", step->name, step->index);
	else if (step)
		text_add(text, "the table of %s %u is not in RAM", step->name,
			 step->index);
}

void report_add_walk(struct text *text, const struct walk *walk)
{
	for (unsigned int i = 0; i < walk->nr_steps; i++) {
		const struct walk_step *step = &walk->steps[i];

		text_add(text, "    %-5s %4u at 0x%llx:", step->name,
			 step->index, (unsigned long long)step->at);
		if (walk->end == WALK_NO_TABLE && i + 1 == walk->nr_steps)
			text_add(text, " no RAM there");
		else
			text_add(text, " 0x%llx",
				 (unsigned long long)step->entry);
		if (walk->end != WALK_NO_TABLE || i + 1 < walk->nr_steps)
			add_entry_flags(text, step);
		if (walk->end == WALK_MAPPED && i + 1 == walk->nr_steps) {
			text_add(text, " -> 0x%llx, ",
				 (unsigned long long)walk->gpa);
			add_size(text, walk->page_size);
			text_add(text, " page");
		}
		text_add(text, "\n");
	}
	if (walk->end == WALK_CANONICAL)
		text_add(text, "    the address is not canonical\n");
}

bool report_read(const struct report_state *state, uint64_t gva, void *buf,
		 size_t len)
{
	uint8_t *to = buf;
	struct walk walk;

	for (size_t i = 0; i < len; i++) {
		report_walk(&walk, state->mem, &state->sregs, gva + i);
		if (walk.end != WALK_MAPPED ||
		    mem_read(state->mem, walk.gpa, &to[i], 1))
			return false;
	}
	return true;
}
