/*-------------------------------------------------------------------------
 *
 * schema_queryset.c
 *	  The queryset that fetches what a schema reads.
 *
 * To-one relations are joined to their object by select_related, as long as no to-many one
 * lies between; a to-many one is a prefetch with a queryset of its own, which the nested schema
 * derives in the same way.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "bolt_orm/schema.h"
#include "json_writer.h"
#include "queryset.h"

/* What one queryset asks for; lists of JSON strings and prefetches, joined by commas. */
typedef struct Wanted
{
	bolt__writer only;
	bolt__writer select_related;
	bolt__writer prefetch_related;
} Wanted;

/* Schemas that are being looked at, from the inside out, and the path from their queryset. */
typedef struct Level
{
	const struct Level *around;
	const bolt_schema *schema;
	const bolt_member *member; /* that led here; NULL: the queryset's own objects */
} Level;

static bolt_queryset *want(bolt_queryset *queryset, const bolt_schema *schema, const Level *around);

static const char *
field_name(const bolt_member *member)
{
	return member->lookup ? member->lookup : member->json ? member->json : member->name;
}

/* author__profile__ */
static void
write_prefix(bolt__writer *path, const Level *level)
{
	if (level->member == NULL)
		return;
	write_prefix(path, level->around);
	bolt__write_text(path, field_name(level->member));
	bolt__write(path, "__", 2);
}

/* "author__profile__city", behind the others.  Names are the program's constants, but are escaped all the same. */
static void
add_path(bolt__writer *list, const Level *level, const bolt_member *member)
{
	bolt__writer path = {0};

	write_prefix(&path, level);
	bolt__write_text(&path, field_name(member));
	bolt__write_comma(list, 0);
	if (path.error)
		bolt__writer_fail(list, bolt_error_ref(path.error));
	else
		bolt__write_string(list, path.text, path.length);
	bolt__writer_free(&path);
}

static bool
is_open(const bolt_schema *schema, const Level *level)
{
	for (; level != NULL; level = level->around)
	{
		if (level->schema == schema)
			return true;
	}
	return false;
}

/* {"lookup": path, "queryset": {…}}; of a schema in itself the whole tree. */
static void
add_prefetch(bolt__writer *list, const Level *level, const bolt_member *member)
{
	const char *shown = member->json ? member->json : member->name;
	bool recurse = member->schema == level->schema;

	if (!recurse && is_open(member->schema, level))
	{
		bolt__writer_fail(
			list,
			bolt__error_new(
				BOLT_VALUE_ERROR, NULL,
				"schema \"%s\" comes back to \"%s\" by way of another schema, which no queryset fetches",
				level->schema->name, member->schema->name));
		return;
	}
	bolt__write_comma(list, 0);
	bolt__write_text(list, "{\"lookup\":");
	{
		bolt__writer path = {0};

		add_path(&path, level, member);
		bolt__write_move(list, &path);
	}
	bolt__write_text(list, ",\"queryset\":");
	bolt__write_queryset(list, want(bolt_objects(NULL, NULL), member->schema, level), "bolt_with_schema",
						 false);
	if (strcmp(shown, field_name(member)) != 0)
	{
		bolt__write_text(list, ",\"to_attr\":");
		bolt__write_string(list, shown, strlen(shown));
	}
	bolt__write_text(list, recurse ? ",\"recurse\":true}" : "}");
}

static void
add_members(Wanted *wanted, const Level *level)
{
	for (size_t i = 0; i < level->schema->count; i++)
	{
		const bolt_member *member = &level->schema->members[i];
		Level inside = {level, member->schema, member};

		if (member->annotation)
			continue;
		if (member->kind == BOLT_MEMBER_ARRAY ||
			(member->kind == BOLT_MEMBER_NESTED && member->schema == level->schema))
		{
			/* at the next levels of a tree this one is there already */
			if (member->schema != level->schema || !is_open(level->schema, level->around))
				add_prefetch(&wanted->prefetch_related, level, member);
		}
		else if (member->kind != BOLT_MEMBER_NESTED)
			add_path(&wanted->only, level, member);
		else if (is_open(member->schema, level))
			add_prefetch(&wanted->prefetch_related, level, member);
		else
		{
			add_path(&wanted->select_related, level, member);
			add_members(wanted, &inside);
		}
	}
}

/* {"only":[…]}, unless there is nothing to name */
static bolt_queryset *
step(bolt_queryset *queryset, const char *name, bolt__writer *names)
{
	bolt__writer text = {0};

	if (names->length == 0 && names->error == NULL)
		return queryset;
	bolt__write_text(&text, "{\"");
	bolt__write_text(&text, name);
	bolt__write_text(&text, "\":[");
	bolt__write_move(&text, names);
	bolt__write_text(&text, "]}");
	return bolt__queryset_step(queryset, "bolt_with_schema", &text);
}

static bolt_queryset *
want(bolt_queryset *queryset, const bolt_schema *schema, const Level *around)
{
	Level level = {around, schema, NULL};
	Wanted wanted = {0};

	add_members(&wanted, &level);

	/* a schema of relations alone still reads no more than the key */
	if (wanted.only.length == 0 && wanted.only.error == NULL)
		bolt__write_text(&wanted.only, "\"pk\"");
	queryset = step(queryset, "select_related", &wanted.select_related);
	queryset = step(queryset, "only", &wanted.only);
	return step(queryset, "prefetch_related", &wanted.prefetch_related);
}

bolt_queryset *
bolt_with_schema(bolt_queryset *queryset, const bolt_schema *schema)
{
	bolt__writer fault = {0};

	if (schema != NULL)
		return want(queryset, schema, NULL);
	bolt__writer_fail(&fault, bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "the schema is NULL"));
	return bolt__queryset_step(queryset, "bolt_with_schema", &fault);
}
