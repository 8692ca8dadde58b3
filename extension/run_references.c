/*-------------------------------------------------------------------------
 *
 * run_references.c
 *	  {"Ref": [0, "id"]}: values from earlier results in the arguments of bolt.run.
 *
 * What is referred to is copied as text and marked as data: it is never an expression, a
 * name or a queryset, whatever it looks like, and what looks like a Ref in it is none.
 *
 * Results are not parsed.  They stay where they were written, in the text that is to be
 * returned, and a Ref finds its value there.  Where a large array or object is looked into,
 * the places of its members are noted, so that the next Ref into it finds its member at
 * once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "error.h"
#include "json_scan.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "name_table.h"
#include "run_references.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

/* Arrays and objects of so many bytes get an index; less is quickly read. */
#define INDEXED_BYTES 1024

/*
 * What the references of one operation, and those of all, may put in.  A document of two
 * kilobytes could double its data again and again otherwise.  Writing a value takes several
 * times its size.
 */
#define MAX_RESOLVED (64 * 1024 * 1024)
#define MAX_RESOLVED_TOTAL (1024 * 1024 * 1024)

/* A stretch of the results' text. */
typedef struct Place
{
	Size start;
	Size length;
} Place;

/* Where the members of an array or object are. */
typedef struct PlaceIndex
{
	Size start; /* of the array or object: the key of the hash table */
	int nmembers;
	Place *members;
	NameTable *names; /* of an object: to its members */
} PlaceIndex;

struct Results
{
	MemoryContext context;
	const JsonBuffer *out;
	int n;
	Place *places; /* of each result */
	HTAB *indexes; /* of PlaceIndex */
	int64 resolved;
};

Results *
bolt_results_create(int size, const JsonBuffer *out)
{
	Results *results = palloc0(sizeof(Results));
	HASHCTL control = {
		.keysize = sizeof(Size), .entrysize = sizeof(PlaceIndex), .hcxt = CurrentMemoryContext};

	results->context = CurrentMemoryContext;
	results->out = out;
	results->places = palloc_extended(sizeof(Place) * Max(size, 1), MCXT_ALLOC_HUGE);
	results->indexes = hash_create("bolt_orm results", 16, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return results;
}

void
bolt_results_add(Results *results, Size start)
{
	results->places[results->n].start = start;
	results->places[results->n++].length = results->out->length - start;
}

bool
bolt_is_reference(const JsonValue *value)
{
	return value->kind == JSON_OBJECT && value->count == 1 && strcmp(value->first->name, "Ref") == 0;
}

/* {"Value": …}, where everything is as it stands, but for a Ref in its own place. */
static bool
is_value(const JsonValue *value)
{
	return value->kind == JSON_OBJECT && value->count == 1 && strcmp(value->first->name, "Value") == 0;
}

/* ----------
 * Following a reference
 * ----------
 */
pg_noreturn static void
bad_reference(const JsonValue *place, const char *message, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", message), bolt_errdetail_at(place),
			 errhint("%s", hint)));
}

/* A number from 0 on, or -1 for anything else. */
static int
reference_number(const JsonValue *step)
{
	if (step->kind != JSON_NUMBER || strspn(step->text, "0123456789") != step->length || step->length > 9)
		return -1;
	return strtol(step->text, NULL, 10);
}

static Place
place_of(const Results *results, const JsonScan *scan)
{
	return (Place){scan->value - results->out->data, scan->length};
}

/* Reads on to the member that a step names. */
static bool
scan_for_member(const Results *results, JsonScan *scan, const JsonValue *step, Place *member)
{
	int left = scan->object ? 0 : reference_number(step);

	while (bolt_json_scan_next(scan))
	{
		if (scan->object)
		{
			int length;
			const char *name = bolt_json_scan_name(scan, &length);

			if (length != step->length || memcmp(name, step->text, length) != 0)
				continue;
		}
		else if (left-- > 0)
			continue;
		*member = place_of(results, scan);
		return true;
	}
	return false;
}

/* The index of the array or object that a scan begins with, made when it is first asked for. */
static const PlaceIndex *
index_of(Results *results, Size start, JsonScan *scan)
{
	bool found;
	PlaceIndex *index;
	MemoryContext old;
	int capacity = 64;
	Place *members;
	int n = 0;
	NameTable *names;

	index = hash_search(results->indexes, &start, HASH_FIND, NULL);
	if (index != NULL)
		return index;
	old = MemoryContextSwitchTo(results->context);
	members = palloc(sizeof(Place) * capacity);
	names = scan->object ? bolt_name_table_create(capacity) : NULL;
	while (bolt_json_scan_next(scan))
	{
		if (n == capacity)
			members = repalloc_huge(members, sizeof(Place) * (capacity *= 2));
		if (scan->object)
		{
			int length;
			const char *name = bolt_json_scan_name(scan, &length);

			/* the text moves as it grows: the name is kept, the first of two equal ones is meant */
			bolt_name_table_add(names, pnstrdup(name, length), length, (void *) (uintptr_t) (n + 1));
		}
		members[n++] = place_of(results, scan);
	}
	MemoryContextSwitchTo(old);

	/* complete, so that an error before leaves nothing half made */
	index = hash_search(results->indexes, &start, HASH_ENTER, &found);
	Assert(!found);
	index->nmembers = n;
	index->members = members;
	index->names = names;
	return index;
}

static bool
find_member(Results *results, const Place *value, const JsonValue *step, Place *member)
{
	JsonScan scan;
	const PlaceIndex *index;
	int number;

	if (!bolt_json_scan_begin(&scan, results->out->data + value->start, value->length) ||
		(scan.object ? step->kind != JSON_STRING : reference_number(step) < 0))
		return false;
	if (value->length < INDEXED_BYTES)
		return scan_for_member(results, &scan, step, member);
	index = index_of(results, value->start, &scan);
	number = scan.object ?
		(int) (uintptr_t) bolt_name_table_find(index->names, step->text, step->length) - 1 :
		reference_number(step);
	if (number < 0 || number >= index->nmembers)
		return false;
	*member = index->members[number];
	return true;
}

/* [0, "id"]: the number of an operation, then members and indexes. */
static Place
follow_reference(Results *results, const JsonValue *reference)
{
	const JsonValue *path = reference->first;
	Place place;
	int number;

	if (path->kind != JSON_ARRAY || path->count == 0 || (number = reference_number(path->first)) < 0)
		bad_reference(path, "a Ref needs an array that begins with the number of an operation",
					  "As in {\"Ref\": [0, \"id\"]}: the member \"id\" of the first operation's result.");
	if (number >= results->n)
		bad_reference(path, psprintf("a Ref to operation %d, which has not run yet", number),
					  "A Ref names an operation before its own; the first is 0.");
	place = results->places[number];
	for (const JsonValue *step = path->first->next; step != NULL; step = step->next)
	{
		CHECK_FOR_INTERRUPTS();
		if (!find_member(results, &place, step, &place))
			bad_reference(step, psprintf("the result of operation %d has nothing at this Ref", number),
						  "A member of an object goes by its name, one of an array by its number.");
	}
	return place;
}

/* ----------
 * Putting values in
 * ----------
 */
typedef struct Resolver
{
	Results *results;
	StringInfoData json;
	const char *from; /* what stands before it is written */
} Resolver;

static void
append_until(Resolver *resolver, const char *until)
{
	appendBinaryStringInfo(&resolver->json, resolver->from, until - resolver->from);
	resolver->from = until;
}

static void
append_data(Resolver *resolver, const JsonValue *reference)
{
	Results *results = resolver->results;
	Place place = follow_reference(results, reference);

	results->resolved += place.length;
	if (place.length > MAX_RESOLVED || resolver->json.len > MAX_RESOLVED - (int) place.length ||
		results->resolved > MAX_RESOLVED_TOTAL)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("Refs put in more than %d MB",
						results->resolved > MAX_RESOLVED_TOTAL ? MAX_RESOLVED_TOTAL / (1024 * 1024) :
																 MAX_RESOLVED / (1024 * 1024)),
				 bolt_errdetail_at(reference)));
	append_until(resolver, reference->raw);
	appendStringInfoCharMacro(&resolver->json, JSON_DATA_MARK);
	appendBinaryStringInfo(&resolver->json, results->out->data + place.start, place.length);
	resolver->from = reference->raw + reference->raw_length;
}

static void
resolve(Resolver *resolver, const JsonValue *value)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (bolt_is_reference(value))
		append_data(resolver, value);
	else if (is_value(value))
	{
		if (bolt_is_reference(value->first))
			append_data(resolver, value->first);
	}
	else
	{
		json_foreach(member, value)
			resolve(resolver, member);
	}
}

text *
bolt_resolve_references(Results *results, const JsonValue *value)
{
	Resolver resolver = {.results = results, .from = value->raw};

	/* room for the length of a text before it */
	initStringInfo(&resolver.json);
	appendStringInfoSpaces(&resolver.json, VARHDRSZ);
	resolve(&resolver, value);
	append_until(&resolver, value->raw + value->raw_length);
	SET_VARSIZE(resolver.json.data, resolver.json.len);
	return (text *) resolver.json.data;
}
