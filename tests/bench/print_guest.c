/*
 * An /init that prints lines on the terminal that the variable `to` names, with a
 * marker before and one behind, when all has gone. Then it ends the guest.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <termios.h>
#include <unistd.h>

#include "abi/hypercall.h"
#include "marker.h"

#define LINES 100
#define WIDTH 99 /* and the line end: 10,000 characters in all, less CRs */

#define MARK(id)                                                     \
	__asm__ volatile(".byte %c0, %c1, %c2, %c3, %c4, %c5, %c6"   \
			 :                                           \
			 : "i"(0x0f), "i"(0x1f), "i"(0x80), "i"(id), \
			   "i"(0x4b), "i"(0x56), "i"(0x4d)           \
			 : "memory")

int main(void)
{
	const char *to = getenv("to");
	char path[64], line[WIDTH + 1];
	int fd;

	mount("dev", "/dev", "devtmpfs", 0, "");
	snprintf(path, sizeof(path), "/dev/%s", to ? to : "");
	fd = open(path, O_RDWR | O_NOCTTY);
	memset(line, 'x', WIDTH);
	line[WIDTH] = '\n';
	if (fd < 0 || write(fd, line, sizeof(line)) != sizeof(line))
		perror(path);
	tcdrain(fd);
	MARK(MARKER_EXEC);
	for (int i = 0; i < LINES; i++)
		if (write(fd, line, sizeof(line)) != sizeof(line))
			perror(path);
	tcdrain(fd);
	MARK(MARKER_INIT);
	if (!iopl(3))
		outb(HC_EXIT, HC_PORT);
	pause();
	return 1;
}
