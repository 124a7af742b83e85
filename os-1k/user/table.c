/* 1: the multiplication tables from 2 to 9, or the one that is asked for. */
#include "user/print.h"
#include "user/input.h"

static void print_table(int n)
{
	for (int i = 1; i <= 9; i++)
		print("%d x %d = %2d%s", n, i, n * i, i % 3 ? "   " : "\n");
}

int main(const char *args)
{
	int only = 0;

	if (!argument("table", args, 2, 9, &only))
		return 1;
	for (int n = 2; n <= 9; n++) {
		if (only && n != only)
			continue;
		print_table(n);
		if (!only && n < 9)
			print("\n");
	}
	return 0;
}
