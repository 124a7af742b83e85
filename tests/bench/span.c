/*
 * span ROUNDS PROGRAM ARG...: executes PROGRAM so many times, with its output thrown
 * away, and the two markers around each.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "marker.h"

#define MARK(id)                                                     \
	__asm__ volatile(".byte %c0, %c1, %c2, %c3, %c4, %c5, %c6"   \
			 :                                           \
			 : "i"(0x0f), "i"(0x1f), "i"(0x80), "i"(id), \
			   "i"(0x4b), "i"(0x56), "i"(0x4d)           \
			 : "memory")

extern char **environ;

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t quiet;
	int status = 0;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: span ROUNDS PROGRAM ARG...\n");
		return 64;
	}
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	for (long i = strtol(argv[1], NULL, 10); i > 0 && !status; i--) {
		MARK(MARKER_EXEC);
		if (posix_spawn(&pid, argv[2], &quiet, NULL, argv + 2, environ))
			return 127;
		waitpid(pid, &status, 0);
		MARK(MARKER_INIT);
	}
	return WEXITSTATUS(status);
}
