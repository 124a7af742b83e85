# make level-1 to level-6: kvm-vmm to be read in six steps, docs/reading.md.

LEVEL_GOALS := level-1 level-2 level-3 level-4 level-5 level-6

$(LEVEL_GOALS): level-%: | $(B)/deps/level
	$(SUB)$(Q)tools/level $*

PHONY += $(LEVEL_GOALS)
