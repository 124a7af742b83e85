/* Prints what each key sends, in hexadecimal; q ends it. */
#include "user/calls.h"
#include "user/print.h"

int main(void)
{
	unsigned char byte = 0;

	print("keys\n");
	while (byte != 'q' && read((char *)&byte, 1) == 1)
		print("%02x ", byte);
	print("\n");
	return 0;
}
