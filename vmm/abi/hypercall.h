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
 * A result has as many bytes as its function says below. What is read beyond
 * them is zeros, and so is what is read after a function without a result. A
 * call drops what was left of the result before it.
 *
 * HC_GETCHAR only asks: the first `in` after it takes the character, if one
 * is waiting by then, and no other `in` ever takes one. HC_TIME gives the time
 * of the call, however late it is read. An unknown function answers with ones
 * at every width and for as long as it is asked: HC_ERROR, 0xffff, 0xffffffff.
 * So does an `in` before the first call.
 *
 * String instructions are the same accesses one after the other: OUTS makes a
 * call of each item, of which the low byte is the function number, and all of
 * them have the same BX; INS reads on in the result. The three ports after
 * HC_PORT are there for the upper bytes of wide accesses: an `out` that begins
 * at one of them does nothing, an `in` gives ones.
 */
#ifndef MKVM_ABI_HYPERCALL_H
#define MKVM_ABI_HYPERCALL_H

#define HC_PORT 0x500

#define HC_EXIT	       0 /* end the guest with exit status 0, whatever BX is */
#define HC_PUTCHAR     1 /* print the character in BL */
#define HC_GETCHAR     2 /* result: a character, or HC_NOCHAR */
#define HC_PUTNUM      3 /* print BX in decimal, unsigned, without a newline */
#define HC_NEWLINE     4 /* print a newline */
#define HC_TIME	       5 /* result: 8 bytes, ns since the guest started */
#define HC_RANDOM      6 /* result: random bytes, as many as are read */
#define HC_GUEST_ID    7 /* result: 4 bytes, place on the command line from 0 */
#define HC_EXIT_STATUS 8 /* end the guest; BL = exit status, 0-63 */
#define HC_SAVE	       9 /* save the guest; result: 1 byte, as below */
#define HC_RESTORES    10 /* result: 4 bytes, how often it was restored */
#define HC_WALL_TIME   11 /* result: 8 bytes, ns since 1970-01-01 UTC */
#define HC_COPY	       12 /* result: 4 bytes, which copy of a guest; 0: none */

#define HC_NOCHAR 0xff /* no character is waiting */
#define HC_ERROR  0xff /* each byte of an unknown function's result */

/* What HC_SAVE gives: as fork() it comes back in each of them. */
#define HC_UNSAVED  0 /* it cannot be saved, or nobody has said where */
#define HC_SAVED    1 /* and goes on */
#define HC_RESTORED 2 /* this is the one that was saved, at another time */

#define HC_STATUS_MAX 63 /* larger exit statuses are the VMM's own */

#endif
