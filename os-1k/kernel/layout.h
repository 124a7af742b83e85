/*
 * Where things are, in numbers that C and assembly share.
 *
 *   0x00400000  program: text, data            a process's own page directory
 *   0x7fff6000  guard: never mapped            maps this half in 4 KiB pages
 *   0x7fff7000  stack, 32 KiB
 *   0x7ffff000  never mapped
 *   0x80000000  all RAM from physical 0 on     the same in every directory,
 *                                              4 MiB pages, ring 0 only
 */
#pragma once

#define PAGE_SIZE     4096
#define ENTRIES	      1024 /* of a page table or directory */
#define HALF	      512
#define KERNEL_BASE   0x80000000
#define PROGRAM_AT    0x00400000
#define PROGRAM_ENTRY (PROGRAM_AT + 8)
#define PROGRAM_ARGS  (STACK_TOP - 128)
#define STACK_TOP     0x7ffff000
#define STACK_SIZE    0x8000
#define STACK_GUARD   (STACK_TOP - STACK_SIZE - PAGE_SIZE)

/* Selectors: the place in the GDT, and the ring for those of programs. */
#define KERNEL_CODE 0x08
#define KERNEL_DATA 0x10
#define USER_CODE   0x1b
#define USER_DATA   0x23
#define TASK_STATE  0x28

/* Interrupt vectors: 32 of the CPU's own, 16 of the 8259s, ours. */
#define VECTOR_PAGE_FAULT 14
#define VECTOR_IRQ	  32
#define VECTOR_SYSCALL	  0x80
#define NR_VECTORS	  (VECTOR_SYSCALL + 1)
#define ERROR_CODES	  0x27d00 /* bit N: exception N has an error code */
#define STUB_SIZE	  16

#define IRQ_TIMER    0
#define IRQ_KEYBOARD 1
#define IRQ_SERIAL   4
