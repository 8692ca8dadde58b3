/*-------------------------------------------------------------------------
 *
 * json_out_datetime.c
 *	  Dates, times and timestamps as JSON: ISO 8601, whatever DateStyle says.
 *
 * Years 1 to 9999 are written here.  Infinities, dates before Christ and
 * years of five digits go to the server's JsonEncodeDateTime, as does a
 * timestamptz within days of either end of that range.
 *
 * The offset of the session's time zone is kept a period of time, so that a
 * value costs no look-up in the zone's transitions.  Zones never change once
 * loaded and are never freed (pg_tzset), so the pointer is the key; zones with
 * leap seconds are refused by the server.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "compat.h"
#include "json_out.h"
#include "json_out_writers.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/timestamp.h"

/* 0001-01-01 and 10000-01-01 as days from 2000-01-01 */
#define FIRST_DAY (-730119)
#define END_DAY 2921940

/* a zone's offset is at most a week, see the TimeZone setting */
#define ZONE_MARGIN 8

/* 0000-03-01, the first day of the calendar that civil_date counts in */
#define DAYS_BEFORE_2000 730425

/* seconds from the Unix epoch to 2000-01-01 */
#define POSTGRES_EPOCH ((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

/* quotes, date, T, time with microseconds, offset with seconds */
#define TIMESTAMP_LENGTH 48

/* A period is so many seconds, some 24 days; the table spans 17 years. */
#define PERIOD_BITS 21
#define PERIODS 256

typedef struct ZoneOffset
{
	int32 seconds; /* east of Greenwich */
	int32 length;  /* of text */
	char text[12]; /* "+01:00", "-00:43:08" */
} ZoneOffset;

/* What the session's zone does in one period. */
typedef struct ZonePeriod
{
	int64 number;	  /* time >> PERIOD_BITS, or NO_PERIOD */
	pg_time_t change; /* from when on after holds */
	ZoneOffset before;
	ZoneOffset after;
	bool irregular; /* changes twice: before holds for nothing
								 * and is set for each value */
} ZonePeriod;

#define NO_PERIOD PG_INT64_MIN

static pg_tz *known_zone = NULL;
static ZonePeriod zone_periods[PERIODS];

/* "00" to "99" */
static const char digit_pairs[] = "0001020304050607080910111213141516171819"
								  "2021222324252627282930313233343536373839"
								  "4041424344454647484950515253545556575859"
								  "6061626364656667686970717273747576777879"
								  "8081828384858687888990919293949596979899";

/*
 * A number below 100, with its zero.
 */
static inline char *
put_pair(char *to, uint32 number)
{
	memcpy(to, digit_pairs + 2 * number, 2);
	return to + 2;
}

/*
 * "2024-02-29" from the days since 2000-01-01.
 *
 * Counted in years that begin with March, so that the leap day comes last, and
 * with multiplications in the place of divisions, after Neri and Schneider,
 * "Euclidean affine functions and their application to calendar algorithms".
 */
static inline char *
put_date(char *to, int32 day)
{
	uint32 n1 = 4 * (uint32) (day + DAYS_BEFORE_2000) + 3;
	uint32 century = n1 / 146097;
	uint32 n2 = (n1 % 146097) | 3;
	uint64 product = UINT64CONST(2939745) * n2;
	uint32 year_of_century = (uint32) (product >> 32);
	uint32 day_of_year = (uint32) product / 2939745 / 4;
	uint32 n3 = 2141 * day_of_year + 197913;
	uint32 month = n3 >> 16;

	if (day_of_year >= 306)
	{
		/* January and February belong to the next year */
		month -= 12;
		if (++year_of_century == 100)
		{
			year_of_century = 0;
			century++;
		}
	}

	to = put_pair(to, century);
	to = put_pair(to, year_of_century);
	*to++ = '-';
	to = put_pair(to, month);
	*to++ = '-';
	return put_pair(to, (n3 & 0xffff) / 2141 + 1);
}

/*
 * "23:59:59.25" from the microseconds since midnight; a fraction has no
 * trailing zeros.
 */
static inline char *
put_time(char *to, int64 microseconds)
{
	uint32 seconds = (uint32) (microseconds / USECS_PER_SEC);
	uint32 fraction = (uint32) (microseconds % USECS_PER_SEC);

	to = put_pair(to, seconds / SECS_PER_HOUR);
	*to++ = ':';
	to = put_pair(to, seconds / SECS_PER_MINUTE % MINS_PER_HOUR);
	*to++ = ':';
	to = put_pair(to, seconds % SECS_PER_MINUTE);

	if (fraction != 0)
	{
		*to++ = '.';
		to = put_pair(to, fraction / 10000);
		to = put_pair(to, fraction / 100 % 100);
		to = put_pair(to, fraction % 100);
		while (to[-1] == '0')
			to--;
	}
	return to;
}

/*
 * Days since 2000-01-01 and what is left of the last one.
 */
static inline int64
split_timestamp(int64 timestamp, int64 *microseconds)
{
	int64 day = timestamp / USECS_PER_DAY;
	int64 rest = timestamp % USECS_PER_DAY;

	if (rest < 0)
	{
		rest += USECS_PER_DAY;
		day--;
	}
	*microseconds = rest;
	return day;
}

/*
 * What is not written here, the server does.
 */
static void
write_unusual(Datum value, Oid type, JsonBuffer *out)
{
	char encoded[MAXDATELEN + 1];

	JsonEncodeDateTime(encoded, value, type, NULL);
	bolt_json_write_string(out, encoded, strlen(encoded));
}

/*
 * ISO, as opposed to the output function, which asks DateStyle.
 */
void
bolt_json_write_date(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	DateADT day = DatumGetDateADT(value);
	char *to;

	if (unlikely(day < FIRST_DAY || day >= END_DAY))
	{
		write_unusual(value, DATEOID, out);
		return;
	}

	to = json_buffer_reserve(out, 12);
	*to++ = '"';
	to = put_date(to, day);
	*to = '"';
	out->length += 12;
}

/*
 * Not a case of its own in to_json, but the output function writes the same in
 * every DateStyle.
 */
void
bolt_json_write_time(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	char scratch[TIMESTAMP_LENGTH];
	char *start = json_compose(out, sizeof(scratch), scratch);
	char *to = start;

	*to++ = '"';
	to = put_time(to, DatumGetTimeADT(value));
	*to++ = '"';
	json_composed(out, start, to - start);
}

/*
 * ISO with a T, without an offset.
 */
void
bolt_json_write_timestamp(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	char scratch[TIMESTAMP_LENGTH];
	int64 microseconds;
	int64 day = split_timestamp(DatumGetTimestamp(value), &microseconds);
	char *start;
	char *to;

	if (unlikely(day < FIRST_DAY || day >= END_DAY))
	{
		write_unusual(value, TIMESTAMPOID, out);
		return;
	}

	start = to = json_compose(out, sizeof(scratch), scratch);
	*to++ = '"';
	to = put_date(to, (int32) day);
	*to++ = 'T';
	to = put_time(to, microseconds);
	*to++ = '"';
	json_composed(out, start, to - start);
}

/*
 * The zone's offset at a time, with its text; seconds only where there are
 * any, as in local mean times.
 */
static void
look_up_offset(pg_time_t time, ZoneOffset *offset)
{
	uint32 seconds;
	char *to = offset->text;

	offset->seconds = (int32) pg_localtime(&time, known_zone)->tm_gmtoff;

	seconds = (uint32) abs(offset->seconds);
	*to++ = offset->seconds < 0 ? '-' : '+';
	to = pg_ultostr_zeropad(to, seconds / SECS_PER_HOUR, 2);
	*to++ = ':';
	to = put_pair(to, seconds / SECS_PER_MINUTE % MINS_PER_HOUR);
	if (seconds % SECS_PER_MINUTE != 0)
	{
		*to++ = ':';
		to = put_pair(to, seconds % SECS_PER_MINUTE);
	}
	offset->length = to - offset->text;
}

/*
 * The first change of the zone after a time, or end if there is none before.
 */
static pg_time_t
next_change(pg_time_t time, pg_time_t end)
{
	long int before_offset;
	long int after_offset;
	int before_is_dst;
	int after_is_dst;
	pg_time_t change;

	if (pg_next_dst_boundary(&time, &before_offset, &before_is_dst, &change, &after_offset, &after_is_dst,
							 known_zone) != 1)
		return end;
	return Min(change, end);
}

/*
 * Finds out how a period's offset goes.
 *
 * pg_next_dst_boundary only says where to cut: the offsets are pg_localtime's,
 * since the two differ before a zone's first transition.  It is silent about
 * what follows the last listed transition exactly, hence the look at the last
 * second.
 */
static void
look_up_period(ZonePeriod *period, int64 number)
{
	pg_time_t start = number * ((int64) 1 << PERIOD_BITS);
	pg_time_t end = start + ((int64) 1 << PERIOD_BITS);
	ZoneOffset last;

	period->number = NO_PERIOD;
	period->change = next_change(start, end);
	look_up_offset(start, &period->before);
	look_up_offset(Min(period->change, end - 1), &period->after);
	look_up_offset(end - 1, &last);
	period->irregular = last.seconds != period->after.seconds ||
		(period->change < end && next_change(period->change, end) < end);
	period->number = number;
}

/*
 * The offset of the session's zone at a time.
 */
static inline const ZoneOffset *
zone_offset(pg_time_t time)
{
	int64 number = time >> PERIOD_BITS;
	ZonePeriod *period = &zone_periods[number & (PERIODS - 1)];

	if (unlikely(period->number != number))
		look_up_period(period, number);
	if (unlikely(period->irregular))
	{
		look_up_offset(time, &period->before);
		return &period->before;
	}
	return time < period->change ? &period->before : &period->after;
}

/*
 * Forgets the offsets of another zone.
 */
void
bolt_json_zone_refresh(void)
{
	if (known_zone == session_timezone)
		return;

	for (int i = 0; i < PERIODS; i++)
		zone_periods[i].number = NO_PERIOD;
	known_zone = session_timezone;
}

/*
 * In the session's zone, with its offset.  The zone is compared for each value:
 * a function in the query may have set another.
 */
void
bolt_json_write_timestamptz(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	char scratch[TIMESTAMP_LENGTH];
	int64 timestamp = DatumGetTimestampTz(value);
	int64 microseconds;
	int64 day = split_timestamp(timestamp, &microseconds);
	const ZoneOffset *offset;
	char *start;
	char *to;

	if (unlikely(day < FIRST_DAY + ZONE_MARGIN || day >= END_DAY - ZONE_MARGIN))
	{
		write_unusual(value, TIMESTAMPTZOID, out);
		return;
	}

	bolt_json_zone_refresh();
	offset = zone_offset(day * SECS_PER_DAY + microseconds / USECS_PER_SEC + POSTGRES_EPOCH);
	day = split_timestamp(timestamp + offset->seconds * USECS_PER_SEC, &microseconds);

	start = to = json_compose(out, sizeof(scratch), scratch);
	*to++ = '"';
	to = put_date(to, (int32) day);
	*to++ = 'T';
	to = put_time(to, microseconds);
	memcpy(to, offset->text, sizeof(offset->text));
	to += offset->length;
	*to++ = '"';
	json_composed(out, start, to - start);
}
