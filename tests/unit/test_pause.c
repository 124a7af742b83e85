/* objects: core/pause.o irqchip/vmm.o */
/*
 * vCPUs that stand still and answer, without KVM: each is a thread which is "in
 * the guest" until it is kicked, so a kick or a question that is lost is a test
 * that never ends. guest/threads has the same program with ThreadSanitizer.
 */
#include "pause_world.h"

#define NR_STORMS 4
#define NR_ROUNDS 1500

/* --- Questions ------------------------------------------------------------- */

static void count_here(struct vcpu *vcpu, void *arg)
{
	unsigned int *count = arg;

	assert_ptr_equal(vcpu, current);
	++*count;
}

static void answers_in_the_guest_and_in_a_pause(void **state)
{
	unsigned int count = 0;

	(void)state;
	start_all();
	for (unsigned int i = 0; i < 100; i++)
		assert_true(
			vcpu_ask(&m.vcpus[i % NR_VCPUS], count_here, &count));
	assert_true(vm_pause(&m.vm));
	for (unsigned int i = 0; i < 100; i++)
		assert_true(
			vcpu_ask(&m.vcpus[i % NR_VCPUS], count_here, &count));
	vm_resume(&m.vm);
	assert_int_equal(count, 200);
	finish();
}

struct record {
	char text[8];
	unsigned int len;
};

static void note_1(struct vcpu *vcpu, void *arg)
{
	struct record *record = arg;

	(void)vcpu;
	record->text[record->len++] = '1';
}

static void note_2(struct vcpu *vcpu, void *arg)
{
	struct record *record = arg;

	(void)vcpu;
	record->text[record->len++] = '2';
}

/* Posted before it runs: in their order, and each once. */
static void answers_in_order(void **state)
{
	struct record record = { 0 };
	struct question one = { .ask = note_1, .arg = &record };
	struct question two = { .ask = note_2, .arg = &record };
	unsigned int count = 0;

	(void)state;
	vcpu_post(&m.vcpus[0], &one);
	vcpu_post(&m.vcpus[0], &two);
	vcpu_post(&m.vcpus[0], &one);
	start(0);
	assert_true(vcpu_ask(&m.vcpus[0], count_here, &count));
	assert_string_equal(record.text, "12");
	vcpu_post(&m.vcpus[0], &one); /* it may be asked again */
	assert_true(vcpu_ask(&m.vcpus[0], count_here, &count));
	assert_string_equal(record.text, "121");
	finish();
}

/* --- Pauses ---------------------------------------------------------------- */

static void stays_for_the_last_pauser(void **state)
{
	unsigned int before[NR_VCPUS];

	(void)state;
	start_all();
	assert_true(vm_pause(&m.vm));
	assert_true(vm_pause(&m.vm));
	for (unsigned int id = 0; id < NR_VCPUS; id++) {
		assert_true(stands(id));
		before[id] = entries(id);
	}
	vm_resume(&m.vm);
	assert_true(vm_is_paused(&m.vm));
	assert_true(vm_pause_wait(&m.vm));
	for (unsigned int id = 0; id < NR_VCPUS; id++)
		assert_int_equal(entries(id), before[id]);
	vm_resume(&m.vm);
	assert_false(vm_is_paused(&m.vm));
	for (unsigned int id = 0; id < NR_VCPUS; id++)
		await_entry(id, before[id] + 1);
	finish();
}

static void one_goes_on_alone(void **state)
{
	unsigned int before[NR_VCPUS], count = 0;

	(void)state;
	start_all();
	assert_true(vm_pause(&m.vm));
	for (unsigned int id = 0; id < NR_VCPUS; id++)
		before[id] = entries(id);
	for (unsigned int i = 1; i <= 50; i++) {
		vcpu_let_run(&m.vcpus[1]);
		await_entry(1, before[1] + i);
		assert_true(vcpu_ask(&m.vcpus[0], count_here, &count));
		vcpu_hold(&m.vcpus[1]);
		assert_true(vm_pause_wait(&m.vm));
		assert_int_equal(entries(1), before[1] + i);
	}
	assert_int_equal(entries(0), before[0]);
	assert_int_equal(entries(2), before[2]);

	/* Another pauser stops that one, too. */
	vcpu_let_run(&m.vcpus[1]);
	await_entry(1, before[1] + 51);
	assert_true(vm_pause(&m.vm));
	assert_true(stands(1));
	vm_resume(&m.vm);
	await_entry(1, before[1] + 52);
	vcpu_hold(&m.vcpus[1]);
	assert_true(vm_pause_wait(&m.vm));
	vm_resume(&m.vm);
	finish();
}

/* As a single step does: it holds itself, and the next entry is one. */
static void hold_self(struct vcpu *vcpu, void *arg)
{
	(void)arg;
	vcpu_hold(vcpu);
}

static void holds_itself(void **state)
{
	unsigned int before;

	(void)state;
	start_all();
	assert_true(vm_pause(&m.vm));
	before = entries(0);
	for (unsigned int i = 1; i <= 50; i++) {
		vcpu_let_run(&m.vcpus[0]);
		await_entry(0, before + i);
		assert_true(vcpu_ask(&m.vcpus[0], hold_self, NULL));
		assert_true(vm_pause_wait(&m.vm));
		assert_int_equal(entries(0), before + i);
	}
	vm_resume(&m.vm);
	finish();
}

/* Its thread begins with standing still, however late that is. */
static void paused_before_it_starts(void **state)
{
	unsigned int count = 0;

	(void)state;
	assert_true(vm_pause(&m.vm));
	start_all();
	for (unsigned int id = 0; id < NR_VCPUS; id++)
		assert_true(vcpu_ask(&m.vcpus[id], count_here, &count));
	assert_true(vm_pause_wait(&m.vm));
	for (unsigned int id = 0; id < NR_VCPUS; id++)
		assert_int_equal(entries(id), 0);
	vm_resume(&m.vm);
	await_entry(0, 1);
	finish();
}

/* --- Ends ------------------------------------------------------------------ */

struct waiter {
	pthread_t thread;
	struct vcpu *vcpu; /* of the question; NULL: it pauses */
	bool result;
};

static void *wait_for_it(void *arg)
{
	struct waiter *waiter = arg;
	static unsigned int count;

	waiter->result = waiter->vcpu ?
				 vcpu_ask(waiter->vcpu, count_here, &count) :
				 vm_pause(&m.vm);
	return NULL;
}

static void begin_to_wait(struct waiter *waiter, struct vcpu *vcpu)
{
	bool waits = false;

	*waiter = (struct waiter){ .vcpu = vcpu };
	pthread_create(&waiter->thread, NULL, wait_for_it, waiter);
	while (!waits) {
		sched_yield();
		pthread_mutex_lock(&m.vm.pause.lock);
		waits = vcpu ? vcpu->questions != NULL : m.vm.pause.pausers > 0;
		pthread_mutex_unlock(&m.vm.pause.lock);
	}
}

static bool end_wait(struct waiter *waiter)
{
	pthread_join(waiter->thread, NULL);
	return waiter->result;
}

static void ends_while_somebody_waits(void **state)
{
	struct waiter pauser, asker;

	(void)state;
	m.in_device[2] = true; /* does not come */
	start_all();
	await_entry(2, 1);
	begin_to_wait(&pauser, NULL);
	begin_to_wait(&asker, &m.vcpus[2]);
	end_guest();
	assert_false(end_wait(&pauser));
	leave_devices();
	assert_false(end_wait(&asker));
	join();
	/* Nor is anybody who comes later kept waiting, or a thread that has
	 * ended signalled. */
	assert_false(vcpu_ask(&m.vcpus[0], count_here, NULL));
	assert_false(vm_pause(&m.vm));
	vcpu_let_run(&m.vcpus[0]);
	vcpu_hold(&m.vcpus[0]);
	vm_resume(&m.vm);
}

static void ends_while_it_stands(void **state)
{
	(void)state;
	start_all();
	assert_true(vm_pause(&m.vm));
	end_guest();
	join();
	assert_false(vm_pause_wait(&m.vm));
}

static void ends_before_it_starts(void **state)
{
	struct waiter asker;

	(void)state;
	assert_true(vm_pause(&m.vm)); /* there is nobody to wait for */
	begin_to_wait(&asker, &m.vcpus[1]);
	end_guest();
	assert_false(end_wait(&asker));
	assert_null(m.vcpus[1].questions);
	assert_false(vcpu_ask(&m.vcpus[1], count_here, NULL));
	start_all(); /* somebody had not seen yet that it is over */
	join();
}

/* --- In a model of the interrupt controllers ------------------------------- */

static void answers_while_it_is_halted(void **state)
{
	unsigned int count = 0;

	(void)state;
	start_as(0, halt_vcpu);
	for (unsigned int i = 0; i < 100; i++)
		assert_true(vcpu_ask(&m.vcpus[0], count_here, &count));
	for (unsigned int i = 0; i < 100; i++) {
		assert_true(vm_pause(&m.vm));
		assert_true(stands(0));
		assert_true(vcpu_ask(&m.vcpus[0], count_here, &count));
		vcpu_let_run(&m.vcpus[0]);
		assert_true(vcpu_ask(&m.vcpus[0], count_here, &count));
		vcpu_hold(&m.vcpus[0]);
		assert_true(vm_pause_wait(&m.vm));
		vm_resume(&m.vm);
	}
	assert_int_equal(count, 300);
	finish();
}

static void is_woken_in_a_pause(void **state)
{
	(void)state;
	start_as(0, halt_vcpu);
	assert_true(vm_pause(&m.vm));
	atomic_store(&m.vm.intr, true);
	vm_wake_halted(&m.vm);
	assert_true(vm_pause_wait(&m.vm));
	assert_true(stands(0));
	vm_resume(&m.vm);
	join();
}

/* --- All at once ----------------------------------------------------------- */

static void hear(struct vcpu *vcpu, void *arg)
{
	(void)arg;
	assert_ptr_equal(vcpu, current);
}

static struct question posted[NR_VCPUS] = { { .ask = hear },
					    { .ask = hear },
					    { .ask = hear } };

static void do_one(unsigned int what, struct vcpu *vcpu, unsigned int *count)
{
	switch (what % 4) {
	case 0:
		assert_true(vm_pause(&m.vm));
		vm_resume(&m.vm);
		break;
	case 1:
		assert_true(vcpu_ask(vcpu, count_here, count));
		break;
	case 2:
		vcpu_post(vcpu, &posted[vcpu->id]); /* again and again */
		break;
	default:
		assert_true(vm_pause(&m.vm));
		vcpu_let_run(vcpu);
		assert_true(vcpu_ask(vcpu, count_here, count));
		vcpu_hold(vcpu);
		assert_true(vm_pause_wait(&m.vm));
		vm_resume(&m.vm);
	}
}

static void *storm(void *arg)
{
	unsigned int *count = arg, asked = 0, seed = 12345 + *count;

	*count = 0;
	for (unsigned int i = 0; i < NR_ROUNDS; i++) {
		unsigned int what;

		seed = seed * 1103515245 + 12345;
		what = seed >> 16;
		asked += what % 2;
		do_one(what, &m.vcpus[(what >> 4) % NR_VCPUS], count);
	}
	assert_int_equal(*count, asked);
	return NULL;
}

static void nothing_is_lost(void **state)
{
	pthread_t threads[NR_STORMS];
	unsigned int counts[NR_STORMS];

	(void)state;
	start_as(0, halt_vcpu);
	start(1);
	start(2);
	for (unsigned int i = 0; i < NR_STORMS; i++) {
		counts[i] = i;
		pthread_create(&threads[i], NULL, storm, &counts[i]);
	}
	for (unsigned int i = 0; i < NR_STORMS; i++)
		pthread_join(threads[i], NULL);
	assert_false(vm_is_paused(&m.vm));
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(answers_in_the_guest_and_in_a_pause,
				       create),
		cmocka_unit_test_setup(answers_in_order, create),
		cmocka_unit_test_setup(stays_for_the_last_pauser, create),
		cmocka_unit_test_setup(one_goes_on_alone, create),
		cmocka_unit_test_setup(holds_itself, create),
		cmocka_unit_test_setup(paused_before_it_starts, create),
		cmocka_unit_test_setup(ends_while_somebody_waits, create),
		cmocka_unit_test_setup(ends_while_it_stands, create),
		cmocka_unit_test_setup(ends_before_it_starts, create),
		cmocka_unit_test_setup(answers_while_it_is_halted, create),
		cmocka_unit_test_setup(is_woken_in_a_pause, create),
		cmocka_unit_test_setup(nothing_is_lost, create),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
