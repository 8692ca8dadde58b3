/*-------------------------------------------------------------------------
 *
 * arguments.h
 *	  Counting and mapping the arguments of a variadic macro, up to 64 of them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_ARGUMENTS_H
#define BOLT_ORM_ARGUMENTS_H

/* clang-format off */

/* How many: BOLT__COUNT() is 0. */
#define BOLT__COUNT(...) BOLT__COUNT_(_0, ##__VA_ARGS__, \
	64, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, \
	38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, \
	12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define BOLT__COUNT_(\
	_0, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, _20, _21, _22, \
	_23, _24, _25, _26, _27, _28, _29, _30, _31, _32, _33, _34, _35, _36, _37, _38, _39, _40, _41, _42, _43, \
	_44, _45, _46, _47, _48, _49, _50, _51, _52, _53, _54, _55, _56, _57, _58, _59, _60, _61, _62, _63, _64, \
	n, ...) n

#define BOLT__PASTE(a, b) BOLT__PASTE_(a, b)
#define BOLT__PASTE_(a, b) a##b

/* An argument that may be left out. */
#define BOLT__OPTIONAL(otherwise, ...) BOLT__SECOND(0, ##__VA_ARGS__, otherwise, 0)
#define BOLT__SECOND(first, second, ...) second

/* Each as a bolt_argument; a comma behind each but the last. */
#define BOLT__ARGUMENTS(...) BOLT__PASTE(BOLT__ARGUMENTS_, BOLT__COUNT(__VA_ARGS__))(__VA_ARGS__)
#define BOLT__ARGUMENTS_0()
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

/* Names and values in turn as bolt_pairs. */
#define BOLT__PAIRS(...) BOLT__PASTE(BOLT__PAIRS_, BOLT__COUNT(__VA_ARGS__))(__VA_ARGS__)
#define BOLT__PAIRS_0()
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
/* clang-format on */

/* Texts as an array, and how many they are. */
#define BOLT__TEXTS(...) \
	((const char *const[]){__VA_ARGS__}), (sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

#endif /* BOLT_ORM_ARGUMENTS_H */
