/*
 * cplusplus.cpp
 *	  bolt_orm.hpp without a server: futures that are moved and freed, exceptions, coroutines that are destroyed
 *	  while they wait.  headers.t runs it under AddressSanitizer.
 */
#include <cstdio>
#include <optional>
#include <string>
#include <type_traits>

#include <bolt_orm.hpp>

static int wrong;

#define CHECK(condition) \
	do \
	{ \
		if (!(condition)) \
		{ \
			std::printf("line %d: %s\n", __LINE__, #condition); \
			wrong = 1; \
		} \
	} while (0)

static_assert(!std::is_copy_constructible_v<bolt::future>, "a reference has one owner");
static_assert(std::is_nothrow_move_constructible_v<bolt::future>, "");

static bolt::future
sleep(bolt_database *db, int milliseconds)
{
	return bolt::future(bolt_sleep(db, milliseconds));
}

static bolt::task<std::string>
text(bolt_database *db)
{
	co_await sleep(db, 1);
	co_return "text";
}

static bolt::task<int>
fails(bolt_database *db)
{
	(co_await bolt::future(bolt_fail(db, BOLT_DOES_NOT_EXIST, "nothing is there"))).check();
	co_return 1;
}

static bolt::task<void>
composed(bolt_database *db, std::string *said)
{
	*said = co_await text(db);
	try
	{
		co_await fails(db);
	}
	catch (const bolt::error &error)
	{
		*said += ": ";
		*said += error.what();
		CHECK(error.code() == BOLT_DOES_NOT_EXIST && error.sqlstate() == "P0002");
	}
}

static bolt::task<void>
many(bolt_database *db, int *count)
{
	for (int i = 0; i < 1000; i++)
	{
		co_await sleep(db, 0);
		co_await bolt::future(bolt_fail(db, BOLT_TIMEOUT, "at once"));
		(*count)++;
	}
}

static bolt::task<void>
waits_long(bolt_database *db, bool *went_on)
{
	bolt::future slept = co_await sleep(db, 60000);

	*went_on = true;
	CHECK(slept.failed());
}

/* As bolt::start, with a handle to destroy it by. */
struct held
{
	struct promise_type
	{
		held get_return_object()
		{
			return {std::coroutine_handle<promise_type>::from_promise(*this)};
		}
		std::suspend_never initial_suspend() const noexcept
		{
			return {};
		}
		std::suspend_always final_suspend() const noexcept
		{
			return {};
		}
		void return_void() const noexcept
		{
		}
		void unhandled_exception() const noexcept
		{
			std::terminate();
		}
	};

	std::coroutine_handle<promise_type> coroutine;
};

static held
hold(bolt::task<void> task)
{
	co_await std::move(task);
}

int
main()
{
	bolt::database db(bolt_open("", nullptr));
	std::string said;
	int count = 0;
	bool went_on = false;
	bool closed = false;

	bolt::start(composed(db.get(), &said));
	bolt::start(many(db.get(), &count));
	CHECK(bolt_run(db.get()) == 0);
	CHECK(said == "text: nothing is there");
	CHECK(count == 1000);

	held waiting = hold(waits_long(db.get(), &went_on));
	waiting.coroutine.destroy();
	CHECK(bolt_run(db.get()) == 0); /* what it waited for is cancelled */
	CHECK(!went_on);

	bolt::task<void> never_started = waits_long(db.get(), &went_on);

	bolt::future one = sleep(db.get(), 1);
	bolt::future other = std::move(one);
	bolt::future both(bolt_gather(other.release(), sleep(db.get(), 2).release()));

	CHECK(one.get() == nullptr && other.get() == nullptr);
	CHECK(!both.await().failed());
	CHECK(bolt::future().json().empty() && !bolt::future().failed());

	bolt::start(waits_long(db.get(), &closed));
	db.reset(); /* its future fails, and it goes on with that */
	CHECK(closed);
	return wrong;
}
