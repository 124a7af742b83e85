/*
 * What kvm-vmm's exit status means. Scripts rely on it: see docs and tests.
 * Only #define lines, so that scripts and guests can share the file.
 */
#ifndef MKVM_ABI_EXIT_STATUS_H
#define MKVM_ABI_EXIT_STATUS_H

#define STATUS_OK      0   /* and up to 63: the guest's own */
#define STATUS_USAGE   64  /* the command line or an image is wrong */
#define STATUS_BUDGET  65  /* other VM exits than --expect-exits wants */
#define STATUS_FAILED  70  /* the VMM or the host failed */
#define STATUS_CRASHED 71  /* triple fault, entry failure, kernel panic */
#define STATUS_HALTED  72  /* all vCPUs halted with interrupts off */
#define STATUS_LIMIT   124 /* --timeout, --max-exits or --max-output ran out */

#endif
