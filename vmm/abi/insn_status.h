/* How kvm-insn, which prints traces of instructions, ends: its exit status. */
#ifndef MKVM_ABI_INSN_STATUS_H
#define MKVM_ABI_INSN_STATUS_H

#define INSN_OK	       0
#define INSN_CUT       1 /* the trace was cut off; up to there it is good */
#define INSN_DAMAGED   2
#define INSN_OTHER     3 /* it is no such trace */
#define INSN_IO	       4 /* it cannot be read */
#define INSN_NO_READER 5 /* nobody takes what is printed */
#define INSN_USAGE     64
#define INSN_NO_JAIL   69 /* this host has no filter for system calls */

#endif
