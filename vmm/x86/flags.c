/* Names of bits. */
#include "x86/flags.h"

#include "util/text.h"

const struct flag flags_rflags[] = {
	{ 0, "CF" },  { 2, "PF" },  { 4, "AF" },  { 6, "ZF" },	 { 7, "SF" },
	{ 8, "TF" },  { 9, "IF" },  { 10, "DF" }, { 11, "OF" },	 { 14, "NT" },
	{ 16, "RF" }, { 17, "VM" }, { 18, "AC" }, { 19, "VIF" }, { 20, "VIP" },
	{ 21, "ID" }, { 0 },
};

const struct flag flags_cr0[] = {
	{ 0, "PE" },  { 1, "MP" },  { 2, "EM" },  { 3, "TS" },
	{ 4, "ET" },  { 5, "NE" },  { 16, "WP" }, { 18, "AM" },
	{ 29, "NW" }, { 30, "CD" }, { 31, "PG" }, { 0 },
};

const struct flag flags_cr4[] = {
	{ 0, "VME" },	 { 1, "PVI" },	       { 2, "TSD" },
	{ 3, "DE" },	 { 4, "PSE" },	       { 5, "PAE" },
	{ 6, "MCE" },	 { 7, "PGE" },	       { 8, "PCE" },
	{ 9, "OSFXSR" }, { 10, "OSXMMEXCPT" }, { 11, "UMIP" },
	{ 12, "LA57" },	 { 13, "VMXE" },       { 16, "FSGSBASE" },
	{ 17, "PCIDE" }, { 18, "OSXSAVE" },    { 20, "SMEP" },
	{ 21, "SMAP" },	 { 22, "PKE" },	       { 0 },
};

const struct flag flags_efer[] = {
	{ 0, "SCE" },  { 8, "LME" },   { 10, "LMA" },
	{ 11, "NXE" }, { 12, "SVME" }, { 0 },
};

void flags_add(struct text *text, const struct flag *flags, uint64_t val)
{
	for (; *flags->name; flags++)
		if (val >> flags->bit & 1)
			text_add(text, " %s", flags->name);
}
