# make level-1 to level-7: kvm-vmm to be read in seven steps, docs/reading.md.

LEVEL_GOALS := level-1 level-2 level-3 level-4 level-5 level-6 level-7

$(LEVEL_GOALS): level-%: | $(B)/deps/level
	$(SUB)$(Q)tools/level $*

# make sizes [T=pattern]: what each switch of kvm-vmm adds to it.
sizes: | $(B)/deps/build
	$(SUB)$(Q)tools/sizes $(call quoted,$T)

PHONY += $(LEVEL_GOALS) sizes
