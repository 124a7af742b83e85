/* The page as it is sent: page.html with all that belongs to it, by gzip. */
	.section .rodata
	.globl	web_page, web_page_end
web_page:
	.incbin	WEB_PAGE
web_page_end:
	.section .note.GNU-stack, "", @progbits
