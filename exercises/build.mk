# Exercises that judge themselves: exercises/README.md.
#
#   make exercise N=3 [TEXT=ko]      begins one in answers/; without N, the list
#   make check N=3 [FOLDER=DIR]      judges it
#   make hint N=3 STAGE=1            helps, in three stages
#   make grade FOLDER=DIR            judges what a class has handed in
#   make handout                     the tree for students, without solutions

EXERCISE_GOALS := exercise check hint

# `make exercise 3` is N=3; the number is then a word and no goal.
ifneq ($(filter $(EXERCISE_GOALS),$(firstword $(MAKECMDGOALS))),)
ifneq ($(word 2,$(MAKECMDGOALS)),)
N ?= $(word 2,$(MAKECMDGOALS))
$(filter-out $(EXERCISE_GOALS),$(MAKECMDGOALS)): ; @:
.PHONY: $(filter-out $(EXERCISE_GOALS),$(MAKECMDGOALS))
endif
endif

exercise:
	$(Q)tools/exercise begin $(call quoted,$N)

hint:
	$(Q)tools/exercise hint $(call quoted,$N) $(call quoted,$(STAGE))

# 1K OS is linked anew with what is handed in for two of them.
check: kvm-vmm $(if $(CONFIG_OS_1K),$(B)/os-1k/os-1k.elf) | $(B)/deps/judge
	$(Q)tools/check --own $(call quoted,$N) $(call quoted,$(FOLDER))

# What a class has handed in: FOLDER/STUDENT/NN-name/files. REPORT=DIR for what comes
# of it, build/grade otherwise.
grade: kvm-vmm $(if $(CONFIG_OS_1K),$(B)/os-1k/os-1k.elf) | $(B)/deps/judge
	$(Q)tools/grade $(call quoted,$(or $(FOLDER),handed-in)) \
		$(if $(REPORT),--out $(call quoted,$(REPORT)))

handout:
	$(say) HANDOUT build/handout
	$(Q)tools/handout '$(abspath $(B))/handout'

PHONY += exercise hint check grade handout
