/* 3: says every line again, until it is told to quit. */
#include "user/print.h"
#include "user/input.h"

int main(void)
{
	char line[LINE_SIZE];

	print("Says what you say; quit leaves.\n");
	while (ask("echo> ", "quit", line))
		print("%s\n", line);
	return 0;
}
