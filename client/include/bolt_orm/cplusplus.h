/*-------------------------------------------------------------------------
 *
 * cplusplus.h
 *	  What the macros need in C++, where there is neither _Generic nor a compound literal.
 *
 * The macros are written as in C, and work from C++17 on; where options are named
 * (.page = 2), from C++20 on, and in the order of their struct.  NULL as a value
 * is a number in C++: write nullptr.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_CPLUSPLUS_H
#define BOLT_ORM_CPLUSPLUS_H

#include <cstddef>
#include <string_view>
#include <type_traits>

#include "schema.h"
#include "value.h"

/* What is left out of braces is 0, as in C; g++ would warn of it, also where members are named. */
#pragma GCC system_header

#define BOLT_ARGUMENT(x) bolt__argument_from(x)
#define BOLT__ARRAY_OF(type, ...) (bolt__array<type, BOLT__COUNT(__VA_ARGS__)>{{__VA_ARGS__}}.begin())
#define BOLT__NUMBER_OF(type, ...) sizeof(bolt__number_of<type>({__VA_ARGS__}))
#define BOLT__OPTIONS(type, ...) bolt__sized<type>(type{__VA_ARGS__})
#define BOLT__KIND(x) bolt__kind_of<decltype(x)>()
#define BOLT__COUNT_OFFSET(type, member) \
	bolt__count_offset<decltype(BOLT__OF(type, member))>(offsetof(type, member))
#define BOLT_SCHEMA(schema_name, type, ...) \
	namespace \
	{ \
	extern const bolt_schema schema_name; \
	const bolt_member schema_name##_members[] = {__VA_ARGS__}; \
	const bolt_schema schema_name = {#schema_name, sizeof(type), schema_name##_members, \
									 sizeof(schema_name##_members) / sizeof(bolt_member)}; \
	} \
	static_assert(true, "")

/* BOLT_ARGUMENT: one function per type; a pointer of any other type is refused, for it would become a bool. */
#define BOLT__ARGUMENT_FROM(type, suffix) \
	inline bolt_argument bolt__argument_from(type value) \
	{ \
		return bolt_argument_##suffix(value); \
	}

BOLT__ARGUMENT_FROM(bool, bool)
BOLT__ARGUMENT_FROM(signed char, integer)
BOLT__ARGUMENT_FROM(short, integer)
BOLT__ARGUMENT_FROM(int, integer)
BOLT__ARGUMENT_FROM(long, integer)
BOLT__ARGUMENT_FROM(long long, integer)
BOLT__ARGUMENT_FROM(unsigned char, unsigned)
BOLT__ARGUMENT_FROM(unsigned short, unsigned)
BOLT__ARGUMENT_FROM(unsigned int, unsigned)
BOLT__ARGUMENT_FROM(unsigned long, unsigned)
BOLT__ARGUMENT_FROM(unsigned long long, unsigned)
BOLT__ARGUMENT_FROM(float, double)
BOLT__ARGUMENT_FROM(double, double)
BOLT__ARGUMENT_FROM(char *, text)
BOLT__ARGUMENT_FROM(const char *, text)
BOLT__ARGUMENT_FROM(std::nullptr_t, null)
BOLT__ARGUMENT_FROM(json_t *, json)
BOLT__ARGUMENT_FROM(const json_t *, json)
BOLT__ARGUMENT_FROM(bolt_list *, list)
BOLT__ARGUMENT_FROM(bolt_kw *, kw)
BOLT__ARGUMENT_FROM(bolt_q *, q)
BOLT__ARGUMENT_FROM(bolt_expr *, expr)
BOLT__ARGUMENT_FROM(bolt_queryset *, queryset)
BOLT__ARGUMENT_FROM(bolt_prefetch *, prefetch)
BOLT__ARGUMENT_FROM(bolt_argument, itself)

template <typename other> bolt_argument bolt__argument_from(other *) = delete;

/* std::string too. */
inline bolt_argument
bolt__argument_from(std::string_view text)
{
	return bolt_text(text.data(), text.size());
}

/* An array that lives as long as the call that it is made for.  (g++ 12 cannot have an initializer_list beside co_await.) */
template <typename type, std::size_t number> struct bolt__array
{
	type elements[number];

	const type *begin() const
	{
		return elements;
	}
};

/* How many there are in braces, for sizeof. */
template <typename element, std::size_t number>
char (&bolt__number_of(const element (&&elements)[number]))[number];

/* A struct of options, which lives as long as the call that it is made for. */
template <typename type>
const type *
bolt__sized(type &&options)
{
	options.size = sizeof(type);
	return &options;
}

/* BOLT__KIND */
template <typename type>
constexpr bolt_member_kind
bolt__kind_of()
{
	using bare = std::remove_cv_t<std::remove_reference_t<type>>;

	static_assert(std::is_arithmetic_v<bare> || std::is_same_v<bare, char *> ||
					  std::is_same_v<bare, const char *>,
				  "a field is a number, a bool or a text");
	if (std::is_same_v<bare, bool>)
		return BOLT_MEMBER_BOOL;
	if (std::is_floating_point_v<bare>)
		return BOLT_MEMBER_FLOAT;
	if (std::is_arithmetic_v<bare>)
		return std::is_signed_v<bare> ? BOLT_MEMBER_SIGNED : BOLT_MEMBER_UNSIGNED;
	return BOLT_MEMBER_STRING;
}

/* BOLT__COUNT_OFFSET */
template <typename type>
constexpr std::size_t
bolt__count_offset(std::size_t offset)
{
	static_assert(std::is_same_v<std::remove_reference_t<type>, std::size_t>,
				  "the number of elements is a size_t");
	return offset;
}

#endif /* BOLT_ORM_CPLUSPLUS_H */
