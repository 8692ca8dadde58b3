/*-------------------------------------------------------------------------
 *
 * result.c
 *	  What a future has brought, as a tree and as structs.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bolt_orm/result.h"
#include "error.h"
#include "json_writer.h"
#include "relation_hint.h"
#include "request.h"

/* What was made of a future's JSON; the future's cache. */
typedef struct Made
{
	json_t *tree;
	struct Structs *structs;
} Made;

typedef struct Structs
{
	struct Structs *next;
	const bolt_schema *schema;
	bolt_decoded *decoded;
} Structs;

static void
free_made(void *cache)
{
	Made *made = cache;

	while (made->structs)
	{
		Structs *structs = made->structs;

		made->structs = structs->next;
		bolt_decoded_free(structs->decoded);
		free(structs);
	}
	json_decref(made->tree);
	free(made);
}

static Made *
made_of(bolt_future *future)
{
	Made *made = bolt__future_cache(future);

	if (made)
		return made;
	made = calloc(1, sizeof(Made));
	if (made)
		bolt__future_cache_set(future, made, free_made);
	return made;
}

static void
give_error(bolt_exception **error, bolt_exception *value)
{
	if (error)
		*error = value;
	else
		bolt_error_unref(value);
}

/* Whether there is JSON; else whether that is an error. */
static bool
has_json(bolt_future *future, const char *function, bolt_exception **error)
{
	give_error(error, NULL);
	if (future == NULL)
		give_error(error, bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "%s(): the future is NULL", function));
	else if (bolt_failed(future))
		give_error(error, bolt_error_ref(bolt_error(future)));
	else if (!bolt_done(future))
		give_error(error,
				   bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "%s(): the future has not settled", function));
	else
		return bolt_json(future) != NULL;
	return false;
}

/* ----------
 * Numbers that jansson refuses
 * ----------
 */

/* An integer beyond 64 bits becomes a double, what is beyond that a text, which has all its digits. */
static void
write_number(bolt__writer *writer, const char *text, size_t length)
{
	bool integral = strcspn(text, ".eE") >= length;
	bool wide = false;

	if (integral)
	{
		errno = 0;
		strtoll(text, NULL, 10);
		wide = errno == ERANGE;
	}
	if (__builtin_isinf(strtod(text, NULL)))
	{
		bolt__write_string(writer, text, length);
		return;
	}
	bolt__write(writer, text, length);
	if (wide)
		bolt__write(writer, ".0", 2);
}

/* The same JSON with numbers that jansson takes; NULL without memory. The text is well-formed, and terminated. */
static char *
with_smaller_numbers(const char *text, size_t length)
{
	const char *end = text + length;
	bolt__writer writer = {0};
	bolt_exception *error;
	char *made;

	while (text < end)
	{
		size_t size = 1;

		if (*text == '"')
		{
			while (text + size < end && text[size] != '"')
				size += text[size] == '\\' ? 2 : 1;
			size++;
		}
		else if (*text == '-' || (*text >= '0' && *text <= '9'))
			size = strspn(text, "-+.eE0123456789");
		if (size > (size_t) (end - text))
			size = (size_t) (end - text);
		if (*text == '-' || (*text >= '0' && *text <= '9'))
			write_number(&writer, text, size);
		else
			bolt__write(&writer, text, size);
		text += size;
	}
	made = bolt__writer_finish(&writer, &error);
	bolt_error_unref(error);
	return made;
}

static json_t *
parse(const char *text, size_t length, json_error_t *fault)
{
	static const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
	json_t *tree = json_loadb(text, length, flags, fault);
	char *smaller;

	if (tree != NULL || json_error_code(fault) != json_error_numeric_overflow)
		return tree;
	smaller = with_smaller_numbers(text, length);
	if (smaller != NULL)
		tree = json_loads(smaller, flags, fault);
	free(smaller);
	return tree;
}

json_t *
bolt_tree(bolt_future *future, bolt_exception **error)
{
	json_error_t fault;
	Made *made;

	if (!has_json(future, "bolt_tree", error))
		return NULL;
	made = made_of(future);
	if (made && made->tree == NULL)
	{
		made->tree = parse(bolt_json(future), bolt_json_length(future), &fault);
		if (made->tree == NULL)
			give_error(error,
					   bolt__error_new(BOLT_DECODE_ERROR, NULL, "invalid JSON at byte %d: %s", fault.position,
									   fault.text));
	}
	if (made == NULL)
		give_error(error, bolt__out_of_memory());
	return made ? made->tree : NULL;
}

void *
bolt_as(bolt_future *future, const bolt_schema *schema, size_t *count, bolt_exception **error)
{
	Made *made;
	Structs *structs;

	if (count)
		*count = 0;
	if (!has_json(future, "bolt_as", error))
		return NULL;
	made = made_of(future);
	for (structs = made ? made->structs : NULL; structs; structs = structs->next)
	{
		if (structs->schema == schema)
			return bolt_decoded_objects(structs->decoded, count);
	}
	structs = made ? calloc(1, sizeof(Structs)) : NULL;
	if (structs == NULL)
	{
		give_error(error, bolt__out_of_memory());
		return NULL;
	}
	structs->schema = schema;
	structs->decoded = bolt_decode(schema, bolt_json(future), bolt_json_length(future), error);
	if (structs->decoded == NULL)
	{
		free(structs);
		return NULL;
	}
	structs->next = made->structs;
	made->structs = structs;
	return bolt_decoded_objects(structs->decoded, count);
}

/* ----------
 * Relations
 * ----------
 */

/*
 * Writes the path from the tree's root to an object in it, as people read it and as querysets
 * do.  False where it is not in there.  Only errors need it, so that nothing has to be
 * kept for it.
 */
static bool
find_path(json_t *from, const json_t *object, bolt__writer *place, bolt__writer *lookup, bool *to_many)
{
	size_t place_length = place->length;
	size_t lookup_length = lookup->length;
	const char *key;
	json_t *member;
	size_t i;

	if (from == object)
		return true;
	json_object_foreach(from, key, member)
	{
		bolt__write_text(place, place_length > 0 ? "." : "");
		bolt__write_text(place, key);
		bolt__write_text(lookup, lookup_length > 0 ? "__" : "");
		bolt__write_text(lookup, key);
		if (find_path(member, object, place, lookup, to_many))
			return true;
		place->length = place_length;
		lookup->length = lookup_length;
	}
	json_array_foreach(from, i, member)
	{
		bolt__write(place, "[", 1);
		bolt__write_unsigned(place, i);
		bolt__write(place, "]", 1);
		if (find_path(member, object, place, lookup, to_many))
		{
			/* a list of objects is no relation yet */
			*to_many |= lookup_length > 0;
			return true;
		}
		place->length = place_length;
	}
	return false;
}

/* A relation whose column is there is to-one; of others it is not known. */
static bool
looks_to_one(const json_t *object, const char *relation)
{
	char *column;
	bool found;

	if (json_object_get(object, relation))
		return true;
	if (asprintf(&column, "%s_id", relation) < 0)
		return false;
	found = json_object_get(object, column) != NULL;
	free(column);
	return found;
}

static bolt_exception *
not_fetched(json_t *tree, const json_t *object, const char *relation)
{
	bolt__writer place = {0};
	bolt__writer lookup = {0};
	bolt_exception *error;
	bolt_exception *fault = NULL;
	bool to_many = false;
	char *place_text;
	char *lookup_text;

	/* a page's items are the queryset's objects */
	if (json_object_get(tree, "items") &&
		(json_object_get(tree, "page_size") || json_object_get(tree, "next")))
		tree = json_object_get(tree, "items");
	find_path(tree, object, &place, &lookup, &to_many);
	bolt__write_text(&place, place.length > 0 ? "." : "");
	bolt__write_text(&place, relation);
	bolt__write_text(&lookup, lookup.length > 0 ? "__" : "");
	bolt__write_text(&lookup, relation);
	place_text = bolt__writer_finish(&place, &fault);
	bolt_error_unref(fault);
	lookup_text = bolt__writer_finish(&lookup, &fault);
	bolt_error_unref(fault);
	error = place_text && lookup_text ?
		bolt__related_not_fetched(place_text, lookup_text, !to_many && looks_to_one(object, relation)) :
		bolt__out_of_memory();
	free(place_text);
	free(lookup_text);
	return error;
}

json_t *
bolt_related(bolt_future *future, json_t *object, const char *relation, bolt_exception **error)
{
	json_t *tree = bolt_tree(future, error);
	json_t *related;

	if (tree == NULL)
		return NULL;
	if (relation == NULL || !json_is_object(object))
	{
		give_error(error,
				   relation == NULL ?
					   bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "bolt_related(): the relation is NULL") :
					   bolt__error_new(BOLT_TYPE_ERROR, NULL, "\"%s\" was asked of what is no object",
									   relation));
		return NULL;
	}
	related = json_object_get(object, relation);
	if (related && (json_is_object(related) || json_is_array(related) || json_is_null(related)))
		return related;
	give_error(error, not_fetched(tree, object, relation));
	return NULL;
}
