/*-------------------------------------------------------------------------
 *
 * arguments.h
 *	  Counting and mapping the arguments of a variadic macro, up to 64 of them.
 *
 * C11 has neither __VA_OPT__ nor GNU's ##__VA_ARGS__, and wants at least one argument for an ellipsis.  So a macro
 * whose last arguments may be left out takes all of its arguments as an ellipsis, and these take them apart.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_ARGUMENTS_H
#define BOLT_ORM_ARGUMENTS_H

/* clang-format off */

/* The 67th, which is all that the macros below know of counting. */
#define BOLT__PICK( \
	_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, _20, _21, \
	_22, _23, _24, _25, _26, _27, _28, _29, _30, _31, _32, _33, _34, _35, _36, _37, _38, _39, _40, \
	_41, _42, _43, _44, _45, _46, _47, _48, _49, _50, _51, _52, _53, _54, _55, _56, _57, _58, _59, \
	_60, _61, _62, _63, _64, _65, _66, n, ...) n

/* How many: from 1 to 66. */
#define BOLT__COUNT(...) BOLT__PICK(__VA_ARGS__, \
	66, 65, 64, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, \
	42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, \
	18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, ~)

/* Whether they are more than one: 0 or 1. */
#define BOLT__MORE(...) BOLT__PICK(__VA_ARGS__, \
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, \
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, \
	~)

/*
 * Whether there is nothing at all: 0 or 1.  Nothing is what has no comma, whether BOLT__COMMA stands before it or
 * parentheses behind it, but has one where both do: then BOLT__COMMA and the parentheses meet.
 */
#define BOLT__COMMA(...) ,
#define BOLT__IS_EMPTY(...) \
	BOLT__IS_EMPTY_(BOLT__MORE(__VA_ARGS__), BOLT__MORE(BOLT__COMMA __VA_ARGS__), BOLT__MORE(__VA_ARGS__()), \
		BOLT__MORE(BOLT__COMMA __VA_ARGS__()))
#define BOLT__IS_EMPTY_(a, b, c, d) BOLT__MORE(BOLT__PASTE5(BOLT__EMPTY_, a, b, c, d))
#define BOLT__PASTE5(a, b, c, d, e) a##b##c##d##e
#define BOLT__EMPTY_0001 ,

#define BOLT__PASTE(a, b) BOLT__PASTE_(a, b)
#define BOLT__PASTE_(a, b) a##b

/* The first one, the second one, … */
#define BOLT__FIRST(...) BOLT__FIRST_(__VA_ARGS__, ~)
#define BOLT__FIRST_(a, ...) a
#define BOLT__SECOND(...) BOLT__SECOND_(__VA_ARGS__, ~)
#define BOLT__SECOND_(a, b, ...) b
#define BOLT__THIRD(...) BOLT__THIRD_(__VA_ARGS__, ~)
#define BOLT__THIRD_(a, b, c, ...) c
#define BOLT__FOURTH(...) BOLT__FOURTH_(__VA_ARGS__, ~)
#define BOLT__FOURTH_(a, b, c, d, ...) d

/* All but the first so many, each with a comma behind it: for the inside of braces, where a comma may be the last. */
#define BOLT__REST_1(...) BOLT__REST_1_(__VA_ARGS__, )
#define BOLT__REST_1_(a, ...) __VA_ARGS__
#define BOLT__REST_2(...) BOLT__REST_2_(__VA_ARGS__, )
#define BOLT__REST_2_(a, b, ...) __VA_ARGS__
#define BOLT__REST_3(...) BOLT__REST_3_(__VA_ARGS__, )
#define BOLT__REST_3_(a, b, c, ...) __VA_ARGS__
#define BOLT__REST_4(...) BOLT__REST_4_(__VA_ARGS__, )
#define BOLT__REST_4_(a, b, c, d, ...) __VA_ARGS__

/* Each as a bolt_argument, one at least; a comma behind each but the last. */
#define BOLT__ARGUMENTS(...) BOLT__PASTE(BOLT__ARGUMENTS_, BOLT__COUNT(__VA_ARGS__))(__VA_ARGS__)
#define BOLT__ARGUMENTS_1(x) BOLT_ARGUMENT(x)
#define BOLT__ARGUMENTS_2(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_1(__VA_ARGS__)
#define BOLT__ARGUMENTS_3(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_2(__VA_ARGS__)
#define BOLT__ARGUMENTS_4(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_3(__VA_ARGS__)
#define BOLT__ARGUMENTS_5(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_4(__VA_ARGS__)
#define BOLT__ARGUMENTS_6(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_5(__VA_ARGS__)
#define BOLT__ARGUMENTS_7(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_6(__VA_ARGS__)
#define BOLT__ARGUMENTS_8(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_7(__VA_ARGS__)
#define BOLT__ARGUMENTS_9(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_8(__VA_ARGS__)
#define BOLT__ARGUMENTS_10(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_9(__VA_ARGS__)
#define BOLT__ARGUMENTS_11(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_10(__VA_ARGS__)
#define BOLT__ARGUMENTS_12(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_11(__VA_ARGS__)
#define BOLT__ARGUMENTS_13(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_12(__VA_ARGS__)
#define BOLT__ARGUMENTS_14(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_13(__VA_ARGS__)
#define BOLT__ARGUMENTS_15(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_14(__VA_ARGS__)
#define BOLT__ARGUMENTS_16(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_15(__VA_ARGS__)
#define BOLT__ARGUMENTS_17(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_16(__VA_ARGS__)
#define BOLT__ARGUMENTS_18(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_17(__VA_ARGS__)
#define BOLT__ARGUMENTS_19(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_18(__VA_ARGS__)
#define BOLT__ARGUMENTS_20(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_19(__VA_ARGS__)
#define BOLT__ARGUMENTS_21(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_20(__VA_ARGS__)
#define BOLT__ARGUMENTS_22(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_21(__VA_ARGS__)
#define BOLT__ARGUMENTS_23(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_22(__VA_ARGS__)
#define BOLT__ARGUMENTS_24(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_23(__VA_ARGS__)
#define BOLT__ARGUMENTS_25(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_24(__VA_ARGS__)
#define BOLT__ARGUMENTS_26(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_25(__VA_ARGS__)
#define BOLT__ARGUMENTS_27(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_26(__VA_ARGS__)
#define BOLT__ARGUMENTS_28(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_27(__VA_ARGS__)
#define BOLT__ARGUMENTS_29(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_28(__VA_ARGS__)
#define BOLT__ARGUMENTS_30(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_29(__VA_ARGS__)
#define BOLT__ARGUMENTS_31(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_30(__VA_ARGS__)
#define BOLT__ARGUMENTS_32(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_31(__VA_ARGS__)
#define BOLT__ARGUMENTS_33(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_32(__VA_ARGS__)
#define BOLT__ARGUMENTS_34(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_33(__VA_ARGS__)
#define BOLT__ARGUMENTS_35(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_34(__VA_ARGS__)
#define BOLT__ARGUMENTS_36(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_35(__VA_ARGS__)
#define BOLT__ARGUMENTS_37(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_36(__VA_ARGS__)
#define BOLT__ARGUMENTS_38(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_37(__VA_ARGS__)
#define BOLT__ARGUMENTS_39(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_38(__VA_ARGS__)
#define BOLT__ARGUMENTS_40(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_39(__VA_ARGS__)
#define BOLT__ARGUMENTS_41(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_40(__VA_ARGS__)
#define BOLT__ARGUMENTS_42(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_41(__VA_ARGS__)
#define BOLT__ARGUMENTS_43(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_42(__VA_ARGS__)
#define BOLT__ARGUMENTS_44(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_43(__VA_ARGS__)
#define BOLT__ARGUMENTS_45(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_44(__VA_ARGS__)
#define BOLT__ARGUMENTS_46(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_45(__VA_ARGS__)
#define BOLT__ARGUMENTS_47(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_46(__VA_ARGS__)
#define BOLT__ARGUMENTS_48(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_47(__VA_ARGS__)
#define BOLT__ARGUMENTS_49(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_48(__VA_ARGS__)
#define BOLT__ARGUMENTS_50(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_49(__VA_ARGS__)
#define BOLT__ARGUMENTS_51(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_50(__VA_ARGS__)
#define BOLT__ARGUMENTS_52(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_51(__VA_ARGS__)
#define BOLT__ARGUMENTS_53(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_52(__VA_ARGS__)
#define BOLT__ARGUMENTS_54(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_53(__VA_ARGS__)
#define BOLT__ARGUMENTS_55(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_54(__VA_ARGS__)
#define BOLT__ARGUMENTS_56(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_55(__VA_ARGS__)
#define BOLT__ARGUMENTS_57(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_56(__VA_ARGS__)
#define BOLT__ARGUMENTS_58(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_57(__VA_ARGS__)
#define BOLT__ARGUMENTS_59(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_58(__VA_ARGS__)
#define BOLT__ARGUMENTS_60(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_59(__VA_ARGS__)
#define BOLT__ARGUMENTS_61(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_60(__VA_ARGS__)
#define BOLT__ARGUMENTS_62(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_61(__VA_ARGS__)
#define BOLT__ARGUMENTS_63(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_62(__VA_ARGS__)
#define BOLT__ARGUMENTS_64(x, ...) BOLT_ARGUMENT(x), BOLT__ARGUMENTS_63(__VA_ARGS__)

/* Names and values in turn as bolt_pairs: a pair at least. */
#define BOLT__PAIRS(...) BOLT__PASTE(BOLT__PAIRS_, BOLT__COUNT(__VA_ARGS__))(__VA_ARGS__)
#define BOLT__PAIRS_2(k, v) {k, BOLT_ARGUMENT(v)}
#define BOLT__PAIRS_4(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_2(__VA_ARGS__)
#define BOLT__PAIRS_6(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_4(__VA_ARGS__)
#define BOLT__PAIRS_8(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_6(__VA_ARGS__)
#define BOLT__PAIRS_10(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_8(__VA_ARGS__)
#define BOLT__PAIRS_12(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_10(__VA_ARGS__)
#define BOLT__PAIRS_14(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_12(__VA_ARGS__)
#define BOLT__PAIRS_16(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_14(__VA_ARGS__)
#define BOLT__PAIRS_18(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_16(__VA_ARGS__)
#define BOLT__PAIRS_20(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_18(__VA_ARGS__)
#define BOLT__PAIRS_22(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_20(__VA_ARGS__)
#define BOLT__PAIRS_24(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_22(__VA_ARGS__)
#define BOLT__PAIRS_26(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_24(__VA_ARGS__)
#define BOLT__PAIRS_28(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_26(__VA_ARGS__)
#define BOLT__PAIRS_30(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_28(__VA_ARGS__)
#define BOLT__PAIRS_32(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_30(__VA_ARGS__)
#define BOLT__PAIRS_34(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_32(__VA_ARGS__)
#define BOLT__PAIRS_36(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_34(__VA_ARGS__)
#define BOLT__PAIRS_38(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_36(__VA_ARGS__)
#define BOLT__PAIRS_40(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_38(__VA_ARGS__)
#define BOLT__PAIRS_42(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_40(__VA_ARGS__)
#define BOLT__PAIRS_44(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_42(__VA_ARGS__)
#define BOLT__PAIRS_46(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_44(__VA_ARGS__)
#define BOLT__PAIRS_48(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_46(__VA_ARGS__)
#define BOLT__PAIRS_50(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_48(__VA_ARGS__)
#define BOLT__PAIRS_52(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_50(__VA_ARGS__)
#define BOLT__PAIRS_54(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_52(__VA_ARGS__)
#define BOLT__PAIRS_56(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_54(__VA_ARGS__)
#define BOLT__PAIRS_58(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_56(__VA_ARGS__)
#define BOLT__PAIRS_60(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_58(__VA_ARGS__)
#define BOLT__PAIRS_62(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_60(__VA_ARGS__)
#define BOLT__PAIRS_64(k, v, ...) {k, BOLT_ARGUMENT(v)}, BOLT__PAIRS_62(__VA_ARGS__)

/* An array of bolt_arguments, and how many they are: maybe none. */
#define BOLT__CONDITIONS(...) BOLT__PASTE(BOLT__CONDITIONS_, BOLT__IS_EMPTY(__VA_ARGS__))(__VA_ARGS__)
#define BOLT__CONDITIONS_0(...) \
	BOLT__ARRAY_OF(bolt_argument, BOLT__ARGUMENTS(__VA_ARGS__)), BOLT__COUNT(__VA_ARGS__)
#define BOLT__CONDITIONS_1(...) NULL, 0

/* The same of all but the first. */
#define BOLT__CONDITIONS_AFTER(...) BOLT__PASTE(BOLT__CONDITIONS_AFTER_, BOLT__MORE(__VA_ARGS__))(__VA_ARGS__)
#define BOLT__CONDITIONS_AFTER_0(a) NULL, 0
#define BOLT__CONDITIONS_AFTER_1(a, ...) BOLT__CONDITIONS_0(__VA_ARGS__)

/* Texts as an array, and how many they are: maybe none, so there is a NULL before them.  The last may have a comma behind it. */
#define BOLT__TEXTS(...) \
	(BOLT__ARRAY_OF(const char *, NULL, __VA_ARGS__) + 1), (BOLT__NUMBER_OF(const char *, NULL, __VA_ARGS__) - 1)

/* cplusplus.h has its own ones. */
#ifndef __cplusplus
/* An array, and how many there are in it. */
#define BOLT__ARRAY_OF(type, ...) ((type const[]){__VA_ARGS__})
#define BOLT__NUMBER_OF(type, ...) (sizeof((type const[]){__VA_ARGS__}) / sizeof(type))

/* A struct of options, which begins with its size. */
#define BOLT__OPTIONS(type, ...) (&(const type){.size = sizeof(type), __VA_ARGS__})
#endif
/* clang-format on */

#endif /* BOLT_ORM_ARGUMENTS_H */
