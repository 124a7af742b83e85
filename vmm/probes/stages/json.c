/* The stages of each guest in the JSON of --stats. */
#include "probes/stages/stages.h"
#include "section.h"

static void add_stage(struct json *json, enum stage stage,
		      const struct stage_mark *mark, uint64_t before_ns)
{
	json_row(json, NULL);
	json_string(json, "stage", stage_texts[stage].slug);
	json_string(json, "text", stage_texts[stage].text);
	if (mark->more)
		json_string(json, "more", mark->more);
	json_number(json, "ns", mark->ns);
	json_number(json, "step_ns", mark->ns - before_ns);
	json_number(json, "exits", mark->exits);
	json_close(json);
}

void stages_add_json(struct json *json, const char *key,
		     const struct stage_mark *marks)
{
	enum stage order[STAGE_COUNT];
	unsigned int count = marks ? stages_sorted(marks, order) : 0;
	uint64_t before_ns = 0;

	json_array(json, key);
	for (unsigned int i = 0; i < count; i++) {
		const struct stage_mark *mark = &marks[order[i]];

		add_stage(json, order[i], mark, before_ns);
		before_ns = mark->ns;
	}
	json_close(json);
}

static void add_stages(struct json *json, const char *key,
		       unsigned int guest_id, bool is_live)
{
	struct stage_mark marks[STAGE_COUNT];
	const struct stage_guest *guest;

	if (is_live) {
		stages_add_json(json, key,
				stages_copy(guest_id, marks) ? marks : NULL);
		return;
	}
	guest = stages_of(guest_id);
	stages_add_json(json, key, guest ? guest->marks : NULL);
}

static const struct section stages = {
	.key = "stages",
	.is_on = stages_are_on,
	.add = add_stages,
};
SECTION(stages);
