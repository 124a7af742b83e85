/*
 * Registers as the client sees them: tables of rows, which make the description
 * (target_xml.c) as well as the values (target_value.c), so that the two cannot
 * differ.
 */
#ifndef MKVM_GDB_TARGET_H
#define MKVM_GDB_TARGET_H

#include "service/gdb/gdb.h"

/* The area of FXSAVE (SDM 1, "FXSAVE Area", "Non-64-bit mode"), bytes. */
enum {
	FX_FCW = 0,
	FX_FSW = 2,
	FX_TAG = 4, /* in short: a bit for each register that is not empty */
	FX_FOP = 6,
	FX_FIP = 8,
	FX_FCS = 12,
	FX_FDP = 16,
	FX_FDS = 20,
	FX_MXCSR = 24,
	FX_ST = 32,
	FX_XMM = 160,
	FX_SLOT = 16, /* of each register */
};

/* Where a register's value is, and what its `at` means. */
enum reg_from {
	FROM_REGS,  /* bytes into struct kvm_regs */
	FROM_SREGS, /* bytes into struct kvm_sregs */
	FROM_PC,    /* target_pc() */
	FROM_SELECT, /* of a struct kvm_segment in struct kvm_sregs: its selector, */
	FROM_HIDDEN,  /* and what the CPU has loaded with it */
	FROM_TABLE,   /* a struct kvm_dtable in struct kvm_sregs */
	FROM_FPU,     /* bytes into the area of XSAVE */
	FROM_FPU_TAG, /* the tags there, which FXSAVE has in short */
	FROM_MSR,     /* index into target_msrs[] */
	FROM_NOWHERE, /* zero, whatever is set; not described: it has no name */
};

/* What the client prints it as. */
enum reg_type {
	REG_INT32,
	REG_INT64,
	REG_UINT64,
	REG_DATA,
	REG_CODE,
	REG_EFLAGS,
	REG_EXTENDED, /* 80-bit float */
	REG_FLOAT_INT,
	REG_VECTOR,
	REG_MXCSR,
	REG_CR0,
	REG_CR4,
	REG_EFER,
	REG_SEGMENT,
	REG_TABLE,
};

struct reg {
	char name[15];
	uint8_t type;  /* enum reg_type */
	uint8_t from;  /* enum reg_from */
	uint8_t size;  /* bytes that the client sees */
	uint8_t width; /* bytes that there are, for those with bytes in `at` */
	uint16_t at;
};

/* Rows of one table that stand in one feature of the description. */
struct reg_group {
	const char *feature; /* NULL: that of the group before */
	const struct reg *regs;
	unsigned int nr;
};

struct target {
	const char *architecture;
	unsigned int nr_in_g;
	unsigned int nr_groups;
	const struct reg_group *groups;
};

extern const uint32_t target_msrs[];

extern const struct target target_16, target_32, target_64;

/* Row number @number of @target, or NULL. */
const struct reg *target_reg(const struct target *target, unsigned int number);

/* --- target_value.c --- */

/* Registers of a vCPU that are being changed. */
struct reg_edit {
	struct gdb_cpu *cpu;
	struct gdb_state state;
	uint64_t pc;
};

/* The reg->size bytes of @reg, at @bytes. False: KVM does not tell. */
bool reg_get(const struct reg *reg, struct gdb_cpu *cpu, uint8_t *bytes);

/* Starts, changes one register to the reg->size bytes at @bytes, brings all to the
 * vCPU. False: KVM does not take it. */
void reg_edit_start(struct reg_edit *edit, struct gdb_cpu *cpu);
bool reg_edit_set(struct reg_edit *edit, const struct reg *reg,
		  const uint8_t *bytes);
bool reg_edit_end(struct reg_edit *edit);

/* --- target_far.c: what is asked for only when somebody wants to see it --- */

/* Value of MSR @index, and a new one. False: KVM has no such, or takes none such. */
bool far_get_msr(struct gdb_cpu *cpu, uint32_t index, uint64_t *val);
bool far_set_msr(struct gdb_cpu *cpu, uint32_t index, uint64_t val);

/* The area of XSAVE in its standard form. */
bool far_get_fpu(struct gdb_cpu *cpu, struct kvm_xsave *area);
bool far_set_fpu(struct gdb_cpu *cpu, const struct kvm_xsave *area);

#endif
