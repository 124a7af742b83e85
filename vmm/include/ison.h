/*
 * IS_ON(SYMBOL): a Kconfig bool as a value, for use in a table row.
 *
 * 1 when SYMBOL is defined to 1, else 0, so that no function and no row needs
 * an #if. The placeholder of a symbol that is 1 expands to "0," and pushes
 * the 1 into second place; any other is one junk argument.
 */
#ifndef MKVM_ISON_H
#define MKVM_ISON_H

#define ISON_PLACEHOLDER_1		0,
#define ISON_SECOND(first, second, ...) second
#define ISON_PICK(junk)			ISON_SECOND(junk 1, 0, 0)
#define ISON_PASTE(value)		ISON_PICK(ISON_PLACEHOLDER_##value)
#define IS_ON(symbol)			ISON_PASTE(symbol)

/* A function, or what else has an address, that only a kvm-vmm with SYMBOL has. */
#define IF_ON(symbol, what) (IS_ON(symbol) ? (what) : NULL)

#endif
