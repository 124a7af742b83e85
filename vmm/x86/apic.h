/*
 * The local APIC's registers and the entries of an I/O APIC's table, after SDM
 * 3A, "Local APIC", and the data sheet of the Intel 82093AA.
 */
#ifndef MKVM_X86_APIC_H
#define MKVM_X86_APIC_H

/* Registers of 32 bits, 16 bytes apart: number N is at offset N * 16. */
#define APIC_REG_SIZE 16
#define APIC_NR_REGS  64

#define APIC_ID		 0x02 /* in bits 24-31, before x2APIC */
#define APIC_ID_SHIFT	 24
#define APIC_VERSION	 0x03
#define APIC_TPR	 0x08
#define APIC_PPR	 0x0a
#define APIC_LDR	 0x0d
#define APIC_DFR	 0x0e
#define APIC_SVR	 0x0f
#define APIC_ISR	 0x10 /* eight, of 32 vectors each */
#define APIC_TMR	 0x18
#define APIC_IRR	 0x20
#define APIC_ESR	 0x28
#define APIC_ICR	 0x30 /* two */
#define APIC_LVT_TIMER	 0x32
#define APIC_LVT_THERMAL 0x33
#define APIC_LVT_PERF	 0x34
#define APIC_LVT_LINT0	 0x35
#define APIC_LVT_LINT1	 0x36
#define APIC_LVT_ERROR	 0x37
#define APIC_TIMER_INIT	 0x38
#define APIC_TIMER_COUNT 0x39
#define APIC_TIMER_DIV	 0x3e

#define APIC_SVR_ENABLE (1u << 8)

/* A local vector; the I/O APIC's entries have the same, but for the timer's
 * mode, and above them what is theirs alone. */
#define APIC_VECTOR	  0xffu
#define APIC_DELIVERY	  0x700u
#define APIC_FIXED	  0x000u
#define APIC_LOWEST	  0x100u
#define APIC_SMI	  0x200u
#define APIC_NMI	  0x400u
#define APIC_INIT	  0x500u
#define APIC_EXTINT	  0x700u
#define APIC_PENDING	  (1u << 12)
#define APIC_LOW	  (1u << 13) /* active low */
#define APIC_REMOTE_IRR	  (1u << 14)
#define APIC_LEVEL	  (1u << 15)
#define APIC_MASKED	  (1u << 16)
#define APIC_TIMER_MODE	  (3u << 17)
#define APIC_TIMER_ONCE	  (0u << 17)
#define APIC_TIMER_REPEAT (1u << 17)
#define APIC_TIMER_TSC	  (2u << 17) /* by IA32_TSC_DEADLINE */
#define IOAPIC_LOGICAL	  (1u << 11) /* a set of CPUs, else an APIC id */
#define IOAPIC_DEST_SHIFT 56

/* IA32_APIC_BASE */
#define APIC_BASE_BSP	 (1u << 8)
#define APIC_BASE_X2APIC (1u << 10)
#define APIC_BASE_ENABLE (1u << 11)
#define APIC_BASE_ADDR	 0x000ffffffffff000ULL

#endif
