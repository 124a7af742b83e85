/* Says that it is there, and then never ends. */
#include "user/print.h"

int main(void)
{
	print("busy\n");
	for (;;)
		;
}
