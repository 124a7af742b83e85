/*
 * Hypercalls: what a guest asks of Mini-KVM through one I/O port.
 *
 * Only #define lines, so that assembly guests, 1K OS and the VMM share this
 * file. A call is `out HC_PORT, al` with the function number in AL and the
 * argument in BL; a result is fetched by `in al, HC_PORT`.
 */
#ifndef MKVM_ABI_HYPERCALL_H
#define MKVM_ABI_HYPERCALL_H

#define HC_PORT 0x500

#define HC_EXIT	   0 /* end the guest; BL = exit status, 0-63 */
#define HC_PUTCHAR 1 /* print the character in BL */
#define HC_GETCHAR 2 /* next `in` returns a character, or HC_NOCHAR */

#define HC_NOCHAR 0xff /* no character is waiting */
#define HC_ERROR  0xff /* answer to a function number nobody knows */

#define HC_STATUS_MAX 63 /* larger exit statuses are the VMM's own */

#endif
