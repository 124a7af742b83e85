/*
 * Hypercalls: what a guest asks of Mini-KVM through one I/O port.
 *
 * Only #define lines, so that assembly guests, 1K OS and the VMM share this
 * file. A call is `out HC_PORT, al` with the function number in AL and the
 * argument in BL or BX; `in` from the same port fetches the result:
 *
 *   out %al, $HC_PORT      the call; of a wider `out` AL counts
 *   in  $HC_PORT, %eax     the next 1, 2 or 4 bytes of the result, low first
 *
 * A result has as many bytes as its function says below; what is read beyond
 * it is zeros, and so is the result of a function without one. An `in` that
 * follows no HC_GETCHAR of its own never takes a character. An unknown function
 * answers with ones at every width and for as long as it is asked: HC_ERROR,
 * 0xffff, 0xffffffff. Before the first call, `in` gives HC_NOCHAR. OUTS makes
 * one call per item, all with the same BX; INS reads on.
 */
#ifndef MKVM_ABI_HYPERCALL_H
#define MKVM_ABI_HYPERCALL_H

#define HC_PORT 0x500

#define HC_EXIT	    0 /* end the guest; BL = exit status, 0-63 */
#define HC_PUTCHAR  1 /* print the character in BL */
#define HC_GETCHAR  2 /* result: a character, or HC_NOCHAR */
#define HC_PUTNUM   3 /* print BX in decimal, unsigned, without a newline */
#define HC_NEWLINE  4 /* print a newline */
#define HC_TIME	    5 /* result: 8 bytes, ns since the guest started */
#define HC_RANDOM   6 /* result: random bytes, as many as are read */
#define HC_GUEST_ID 7 /* result: 4 bytes, place on the command line from 0 */

#define HC_NOCHAR 0xff /* no character is waiting */
#define HC_ERROR  0xff /* each byte of an unknown function's result */

#define HC_STATUS_MAX 63 /* larger exit statuses are the VMM's own */

#endif
