/* Data in low RAM, where guests that know firmware find an MP table, stays what
 * the image has there: exit status 7. The image reaches over 640 KiB. */
#include "abi/hypercall.h"
#define MARK	 0x5a5a5a5a
#define EBDA	 (0x80000000 + 0x9fc00)

	.code32
	mov $HC_PORT, %edx
	mov $7, %bl
	cmpl $MARK, EBDA
	jne bad
	cmpl $MARK, EBDA + 16
	je done
bad:	mov $9, %bl
done:	mov $HC_EXIT_STATUS, %al
	out %al, %dx
	hlt
	.org 0x1000
	.fill 0x9f000 / 4, 4, MARK
