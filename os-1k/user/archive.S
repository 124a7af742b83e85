/* The programs: an archive as ar(1) makes it, inside the kernel's image. */
	.section .rodata
	.globl	archive, archive_end
	.align	4
archive:
	.incbin	ARCHIVE
archive_end:
