/* How kvm-gunzip, which unpacks images for kvm-vmm, ends: its exit status. */
#ifndef MKVM_ABI_GUNZIP_H
#define MKVM_ABI_GUNZIP_H

#define GUNZIP_OK	 0
#define GUNZIP_TRUNCATED 1
#define GUNZIP_DAMAGED	 2
#define GUNZIP_CHECKSUM	 3 /* of something else */
#define GUNZIP_EMPTY	 4
#define GUNZIP_LARGE	 5 /* more than GUNZIP_MAX */
#define GUNZIP_IO	 6 /* reading or writing failed */
#define GUNZIP_MISSING	 7 /* it could not be started */

#define GUNZIP_MAX (1ull << 30) /* bytes of an unpacked image */

#endif
