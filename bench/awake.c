/*-------------------------------------------------------------------------
 *
 * awake.c
 *	  Keeps the processor's cores awake while calls of a few microseconds are timed.
 *
 * An idle core of a virtual machine takes now five and now fifty microseconds to
 * wake up, which hides what such calls differ by.  A process of idle priority a
 * core, which runs only where nothing else wants to, keeps it from falling asleep.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define MOST_CORES 64

static pid_t spinners[MOST_CORES];
static int spinner_count;

static void
spin(void)
{
	struct sched_param parameter = {.sched_priority = 0};
	volatile unsigned long turns = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sched_setscheduler(0, SCHED_IDLE, &parameter) != 0)
		_exit(1);
	for (;;)
		turns++;
}

/* Starts a process of idle priority for each core. */
void
keep_awake(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	while (spinner_count < cores && spinner_count < MOST_CORES)
	{
		pid_t spinner = fork();

		if (spinner < 0)
			return;
		if (spinner == 0)
			spin();
		spinners[spinner_count++] = spinner;
	}
}

/* Ends those processes, if there are any. */
void
let_sleep(void)
{
	while (spinner_count > 0)
	{
		pid_t spinner = spinners[--spinner_count];

		kill(spinner, SIGKILL);
		waitpid(spinner, NULL, 0);
	}
}
