/* Never ends and never asks the kernel for anything. */
int main(void)
{
	for (;;)
		;
}
