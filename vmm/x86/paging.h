/*
 * Bits of the entries of page tables and page directories, whatever their size,
 * under the names of SDM 3A, "Paging".
 */
#ifndef MKVM_X86_PAGING_H
#define MKVM_X86_PAGING_H

#define PTE_P  (1u << 0)
#define PTE_W  (1u << 1)
#define PTE_U  (1u << 2)
#define PTE_PS (1u << 7) /* a large page, in a directory */
#define PTE_NX (1ULL << 63)

#endif
