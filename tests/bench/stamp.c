/*
 * stamp PROGRAM ARG...: executes the marker that starts the count, then
 * becomes PROGRAM. The count thus has execve() and the dynamic linker in it.
 */
#include <stdio.h>
#include <unistd.h>

#include "marker.h"

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: stamp PROGRAM ARG...\n");
		return 64;
	}
	__asm__ volatile(".byte %c0, %c1, %c2, %c3, %c4, %c5, %c6"
			 :
			 : "i"(0x0f), "i"(0x1f), "i"(0x80), "i"(MARKER_EXEC),
			   "i"(0x4b), "i"(0x56), "i"(0x4d));
	execv(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
