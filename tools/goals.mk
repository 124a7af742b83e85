# A goal that there is not: a letter or a word was forgotten. Read before anything
# is configured or installed, so that a slip costs nothing.

# Somebody's makefile that includes ours has goals of its own.
ifeq ($(firstword $(MAKEFILE_LIST)),Makefile)
MEANT := $(if $(MAKECMDGOALS),$(shell IMAGES='$(IMAGES)' tools/goals \
	$(foreach goal,$(MAKECMDGOALS),$(call quoted,$(goal)))))
$(if $(MEANT),$(error $(MEANT)))
endif

# $(eval $(call goal-without,GOAL,SYMBOL)): the goal of a part that is switched off.
define goal-without
$1:
	@echo 'mini-kvm: $1: not configured; CONFIG_$2 makes it: make menuconfig' >&2
	@false
PHONY += $1
endef
