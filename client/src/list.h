/*
 * list.h
 *	  Doubly linked lists whose links are members of what they link: they need no memory.
 */
#ifndef BOLT__LIST_H
#define BOLT__LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A list's head and each member's link. A link in no list points to itself. */
typedef struct bolt__link
{
	struct bolt__link *previous;
	struct bolt__link *next;
} bolt__link;

#define bolt__container(link, type, member) ((type *) ((char *) (link) -offsetof(type, member)))

static inline void
bolt__link_init(bolt__link *link)
{
	link->previous = link->next = link;
}

static inline bool
bolt__list_empty(const bolt__link *list)
{
	return list->next == list;
}

static inline bool
bolt__link_single(const bolt__link *link)
{
	return link->next == link;
}

static inline void
bolt__link_insert_before(bolt__link *place, bolt__link *link)
{
	link->previous = place->previous;
	link->next = place;
	place->previous->next = link;
	place->previous = link;
}

static inline void
bolt__list_append(bolt__link *list, bolt__link *link)
{
	bolt__link_insert_before(list, link);
}

static inline void
bolt__list_prepend(bolt__link *list, bolt__link *link)
{
	bolt__link_insert_before(list->next, link);
}

/* Allowed on a link that is in no list. */
static inline void
bolt__link_remove(bolt__link *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
	bolt__link_init(link);
}

/* Moves everything from one list to the end of another. */
static inline void
bolt__list_move(bolt__link *to, bolt__link *from)
{
	if (bolt__list_empty(from))
		return;
	from->next->previous = to->previous;
	to->previous->next = from->next;
	from->previous->next = to;
	to->previous = from->previous;
	bolt__link_init(from);
}

#endif
