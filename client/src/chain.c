/*-------------------------------------------------------------------------
 *
 * chain.c
 *	  The methods of querysets: each writes its step of the chain.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "expression.h"
#include "queryset.h"
#include "value.h"

struct bolt_prefetch
{
	bolt__writer text; /* the object */
};

static bolt_prefetch prefetch_without_memory;

/* {"name": */
static bolt__writer
begin_step(const char *name)
{
	bolt__writer step = {0};

	bolt__write_text(&step, "{\"");
	bolt__write_text(&step, name);
	bolt__write_text(&step, "\":");
	return step;
}

static bolt_queryset *
end_step(bolt_queryset *queryset, const char *method, bolt__writer *step)
{
	bolt__write(step, "}", 1);
	return bolt__queryset_step(queryset, method, step);
}

/* {"filter":{…}} */
static bolt_queryset *
condition_step(bolt_queryset *queryset, const char *method, const char *name, const bolt_argument *conditions,
			   size_t count)
{
	bolt__writer step = begin_step(name);

	bolt__write(&step, "{", 1);
	bolt__write_conditions(&step, conditions, count);
	bolt__write(&step, "}", 1);
	return end_step(queryset, method, &step);
}

/* {"only":["a","b"]}, or {"distinct":true} where without names it means all */
static bolt_queryset *
names_step(bolt_queryset *queryset, const char *method, const char *name, const char *const *names,
		   size_t count, bool none_is_true)
{
	bolt__writer step = begin_step(name);

	if (count == 0 && none_is_true)
		bolt__write_text(&step, "true");
	else
		bolt__write_names(&step, names, count);
	return end_step(queryset, method, &step);
}

static bolt_queryset *
true_step(bolt_queryset *queryset, const char *method, const char *name)
{
	return names_step(queryset, method, name, NULL, 0, true);
}

/* {"annotate":{"n":…}} */
static bolt_queryset *
annotation_step(bolt_queryset *queryset, const char *method, const char *name, bolt_kw *annotations)
{
	bolt__writer step = begin_step(name);

	bolt__write(&step, "{", 1);
	bolt__write_kw(&step, annotations, BOLT__KW_EXPRESSIONS);
	bolt__write(&step, "}", 1);
	return end_step(queryset, method, &step);
}

/* ----------
 * Conditions, annotations
 * ----------
 */
bolt_queryset *
bolt_filter_by(bolt_queryset *queryset, const bolt_argument *conditions, size_t count)
{
	return condition_step(queryset, "bolt_filter", "filter", conditions, count);
}

bolt_queryset *
bolt_exclude_by(bolt_queryset *queryset, const bolt_argument *conditions, size_t count)
{
	return condition_step(queryset, "bolt_exclude", "exclude", conditions, count);
}

bolt_queryset *
bolt_none(bolt_queryset *queryset)
{
	return true_step(queryset, "bolt_none", "none");
}

bolt_queryset *
bolt_annotate(bolt_queryset *queryset, bolt_kw *annotations)
{
	return annotation_step(queryset, "bolt_annotate", "annotate", annotations);
}

bolt_queryset *
bolt_alias(bolt_queryset *queryset, bolt_kw *annotations)
{
	return annotation_step(queryset, "bolt_alias", "alias", annotations);
}

/* ----------
 * Order and slice
 * ----------
 */
static void
write_terms(bolt__writer *writer, const bolt_argument *terms, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		if (i > 0)
			bolt__write(writer, ",", 1);
		bolt__write_ordering(writer, terms[i]);
	}
}

bolt_queryset *
bolt_order_by_terms(bolt_queryset *queryset, const bolt_argument *terms, size_t count)
{
	bolt__writer step = begin_step("order_by");

	bolt__write(&step, "[", 1);
	write_terms(&step, terms, count);
	bolt__write(&step, "]", 1);
	return end_step(queryset, "bolt_order_by", &step);
}

bolt_list *
bolt_ordering_list(const bolt_argument *terms, size_t count)
{
	bolt__writer writer = {0};

	write_terms(&writer, terms, count);
	return bolt__list_of_text(&writer);
}

bolt_queryset *
bolt_reverse(bolt_queryset *queryset)
{
	return true_step(queryset, "bolt_reverse", "reverse");
}

bolt_queryset *
bolt_distinct_on(bolt_queryset *queryset, const char *const *fields, size_t count)
{
	return names_step(queryset, "bolt_distinct", "distinct", fields, count, true);
}

/* Django: "Negative indexing is not supported." */
static bolt_queryset *
number_step(bolt_queryset *queryset, const char *method, const char *name, long long number)
{
	bolt__writer step = begin_step(name);

	if (number < 0)
		bolt__writer_fail(&step,
						  bolt__error_new(BOLT_VALUE_ERROR, NULL, "negative indexing is not supported: %lld",
										  number));
	bolt__write_integer(&step, number);
	return end_step(queryset, method, &step);
}

bolt_queryset *
bolt_limit(bolt_queryset *queryset, long long limit)
{
	return number_step(queryset, "bolt_limit", "limit", limit);
}

bolt_queryset *
bolt_offset(bolt_queryset *queryset, long long offset)
{
	return number_step(queryset, "bolt_offset", "offset", offset);
}

bolt_queryset *
bolt_slice(bolt_queryset *queryset, long long start, long long stop)
{
	bool negative = start < 0 || stop < 0;

	if (start != 0)
		queryset = number_step(queryset, "bolt_slice", "offset", start);
	return number_step(queryset, "bolt_slice", "limit", negative ? -1 : stop > start ? stop - start : 0);
}

/* ----------
 * Relations
 * ----------
 */
bolt_queryset *
bolt_select_related_paths(bolt_queryset *queryset, const char *const *paths, size_t count)
{
	return names_step(queryset, "bolt_select_related", "select_related", paths, count, true);
}

/* Consumes. */
static void
write_lookup(bolt__writer *writer, bolt_argument lookup)
{
	if (lookup.kind == BOLT_ARGUMENT_TEXT && lookup.value.text != NULL)
		bolt__write_literal(writer, lookup);
	else if (lookup.kind == BOLT_ARGUMENT_PREFETCH && lookup.value.prefetch == &prefetch_without_memory)
		bolt__writer_fail(writer, bolt__out_of_memory());
	else if (lookup.kind == BOLT_ARGUMENT_PREFETCH && lookup.value.prefetch != NULL)
	{
		bolt__write_move(writer, &lookup.value.prefetch->text);
		bolt_prefetch_free(lookup.value.prefetch);
	}
	else
	{
		bolt__writer_fail(
			writer,
			bolt__error_hint(bolt__error_new(BOLT_TYPE_ERROR, NULL, "a lookup is NULL, or is none"),
							 "A lookup is \"path\" or bolt_prefetch(\"path\", queryset)."));
		bolt__argument_free(lookup);
	}
}

bolt_queryset *
bolt_prefetch_related_lookups(bolt_queryset *queryset, const bolt_argument *lookups, size_t count)
{
	bolt__writer step = begin_step("prefetch_related");

	bolt__write(&step, "[", 1);
	for (size_t i = 0; i < count; i++)
	{
		if (i > 0)
			bolt__write(&step, ",", 1);
		write_lookup(&step, lookups[i]);
	}
	bolt__write(&step, "]", 1);
	return end_step(queryset, "bolt_prefetch_related", &step);
}

bolt_prefetch *
bolt_prefetch_new(const char *lookup, bolt_queryset *queryset, const bolt_prefetch_options *options)
{
	bolt_prefetch *prefetch = calloc(1, sizeof(bolt_prefetch));

	if (prefetch == NULL)
	{
		bolt_unref(queryset);
		return &prefetch_without_memory;
	}
	bolt__write_text(&prefetch->text, "{\"lookup\":");
	if (lookup)
		bolt__write_string(&prefetch->text, lookup, strlen(lookup));
	else
		bolt__writer_fail(&prefetch->text, bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "the lookup is NULL"));
	if (queryset)
	{
		bolt__write_text(&prefetch->text, ",\"queryset\":");
		bolt__write_queryset(&prefetch->text, queryset, "bolt_prefetch", false);
	}
	if (options->to_attr)
	{
		bolt__write_text(&prefetch->text, ",\"to_attr\":");
		bolt__write_string(&prefetch->text, options->to_attr, strlen(options->to_attr));
	}
	if (options->recurse)
		bolt__write_text(&prefetch->text, ",\"recurse\":true");
	if (options->depth)
	{
		bolt__write_text(&prefetch->text, ",\"depth\":");
		bolt__write_integer(&prefetch->text, options->depth);
	}
	bolt__write(&prefetch->text, "}", 1);
	return prefetch;
}

void
bolt_prefetch_free(bolt_prefetch *prefetch)
{
	if (prefetch == NULL || prefetch == &prefetch_without_memory)
		return;
	bolt__writer_free(&prefetch->text);
	free(prefetch);
}

/* ----------
 * What to read
 * ----------
 */
bolt_queryset *
bolt_only_fields(bolt_queryset *queryset, const char *const *fields, size_t count)
{
	return names_step(queryset, "bolt_only", "only", fields, count, false);
}

bolt_queryset *
bolt_defer_fields(bolt_queryset *queryset, const char *const *fields, size_t count)
{
	return names_step(queryset, "bolt_defer", "defer", fields, count, false);
}

bolt_queryset *
bolt_values_fields(bolt_queryset *queryset, const char *const *fields, size_t count)
{
	return names_step(queryset, "bolt_values", "values", fields, count, false);
}

bolt_queryset *
bolt_values_list_fields(bolt_queryset *queryset, const char *const *fields, size_t count)
{
	return names_step(queryset, "bolt_values_list", "values_list", fields, count, false);
}

bolt_queryset *
bolt_values_flat(bolt_queryset *queryset, const char *field)
{
	queryset = names_step(queryset, "bolt_values_flat", "values_list", &field, 1, false);
	return true_step(queryset, "bolt_values_flat", "flat");
}

bolt_queryset *
bolt_dates_of(bolt_queryset *queryset, const char *const *arguments, size_t count)
{
	return names_step(queryset, "bolt_dates", "dates", arguments, count, false);
}

bolt_queryset *
bolt_datetimes_of(bolt_queryset *queryset, const char *const *arguments, size_t count)
{
	return names_step(queryset, "bolt_datetimes", "datetimes", arguments, count, false);
}

/* ----------
 * Combining, locks
 * ----------
 */
bolt_queryset *
bolt_combine(bolt_queryset *queryset, bolt_combination how, const bolt_argument *others, size_t count)
{
	static const char *const methods[] = {
		[BOLT_UNION] = "bolt_union",
		[BOLT_UNION_ALL] = "bolt_union_all",
		[BOLT_INTERSECTION] = "bolt_intersection",
		[BOLT_DIFFERENCE] = "bolt_difference",
	};
	const char *method = methods[how];
	bolt__writer step = begin_step(method + strlen("bolt_"));

	bolt__write(&step, "[", 1);
	for (size_t i = 0; i < count; i++)
	{
		if (i > 0)
			bolt__write(&step, ",", 1);
		if (others[i].kind == BOLT_ARGUMENT_QUERYSET)
			bolt__write_queryset(&step, others[i].value.queryset, method, false);
		else
		{
			bolt__writer_fail(
				&step, bolt__error_new(BOLT_TYPE_ERROR, NULL, "an argument is NULL, or is no queryset"));
			bolt__argument_free(others[i]);
		}
	}
	bolt__write(&step, "]", 1);
	return end_step(queryset, method, &step);
}

static void
write_flag(bolt__writer *writer, size_t beginning, const char *name, bool flag)
{
	if (!flag)
		return;
	bolt__write_comma(writer, beginning);
	bolt__write_string(writer, name, strlen(name));
	bolt__write_text(writer, ":true");
}

bolt_queryset *
bolt_select_for_update_with(bolt_queryset *queryset, const bolt_lock_options *options)
{
	bolt__writer step = begin_step("select_for_update");

	if (!options->nowait && !options->skip_locked && !options->no_key && options->of == NULL)
		bolt__write_text(&step, "true");
	else
	{
		size_t beginning;

		bolt__write(&step, "{", 1);
		beginning = step.length;
		write_flag(&step, beginning, "nowait", options->nowait);
		write_flag(&step, beginning, "skip_locked", options->skip_locked);
		write_flag(&step, beginning, "no_key", options->no_key);
		if (options->of)
		{
			bolt__write_comma(&step, beginning);
			bolt__write_text(&step, "\"of\":");
			bolt__write_list(&step, options->of);
		}
		bolt__write(&step, "}", 1);
	}
	return bolt__queryset_locking(end_step(queryset, "bolt_select_for_update", &step));
}
