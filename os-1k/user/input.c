/* What the programs have in common: how they take numbers and lines. */
#include "user/input.h"

#include "user/number.h"
#include "user/print.h"
#include "user/text.h"

bool argument(const char *program, const char *args, int low, int high,
	      int *value)
{
	const char *text = args;

	if (is_end(args))
		return true;
	if (!number_read(&text, value) && is_end(text) && *value >= low &&
	    *value <= high)
		return true;
	print("%s: error: '%s' is not a number from %d to %d\n", program, args,
	      low, high);
	return false;
}

bool ask(const char *prompt, const char *leave, char line[LINE_SIZE])
{
	int len;

	while ((len = line_read(prompt, line)) == LINE_TOO_LONG)
		print("error: the line is too long; %d characters are the "
		      "most\n",
		      LINE_SIZE - 1);
	return len != LINE_END && strcmp(line, leave) != 0;
}

bool number(const char **text, int *value, const char *line)
{
	switch (number_read(text, value)) {
	case NUMBER_OK:
		return true;
	case NUMBER_TOO_LARGE:
		print("error: a number in '%s' does not fit in 32 bits\n",
		      line);
		return false;
	default:
		print("error: '%s': a number is missing\n", line);
		return false;
	}
}
