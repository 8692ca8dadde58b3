/*-------------------------------------------------------------------------
 *
 * statistics.c
 *	  Medians, quartiles, and ratios of runs that were made side by side.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static int
compare_doubles(const void *left, const void *right)
{
	double a = *(const double *) left;
	double b = *(const double *) right;

	return (a > b) - (a < b);
}

/* Interpolates between the two nearest samples. */
double
quantile(const double *samples, int count, double fraction)
{
	double *sorted;
	double position = fraction * (count - 1);
	int below = (int) position;
	double value;

	if (count == 0)
		return 0;
	sorted = malloc(count * sizeof(double));
	memcpy(sorted, samples, count * sizeof(double));
	qsort(sorted, count, sizeof(double), compare_doubles);
	value = sorted[below];
	if (below + 1 < count)
		value += (position - below) * (sorted[below + 1] - sorted[below]);
	free(sorted);
	return value;
}

double
median(const double *samples, int count)
{
	return quantile(samples, count, 0.5);
}

/*
 * The sample of a round, which for a contestant that ran once is that run.
 */
static double
sample_of_round(const Contestant *contestant, int round)
{
	return contestant->samples[contestant->once ? 0 : round];
}

static int
common_rounds(const Contestant *one, const Contestant *other)
{
	if (one->once)
		return other->sample_count;
	if (other->once || one->sample_count < other->sample_count)
		return one->sample_count;
	return other->sample_count;
}

/*
 * The median of the rounds' ratios: noise that a round's neighbours share falls out.
 */
double
paired_ratio(const Contestant *over, const Contestant *under)
{
	double ratios[MAX_ROUNDS];
	int rounds = common_rounds(over, under);

	for (int round = 0; round < rounds; round++)
		ratios[round] = sample_of_round(over, round) / sample_of_round(under, round);
	return median(ratios, rounds);
}

/* The median of the rounds' differences, in milliseconds. */
double
paired_difference(const Contestant *contestant, const Contestant *other)
{
	double differences[MAX_ROUNDS];
	int rounds = common_rounds(contestant, other);

	for (int round = 0; round < rounds; round++)
		differences[round] = sample_of_round(contestant, round) - sample_of_round(other, round);
	return median(differences, rounds);
}
