/*-------------------------------------------------------------------------
 *
 * bolt_orm.hpp
 *	  For C++17: a future that frees itself, a database that closes itself, errors as exceptions for
 *	  those who want them.  For C++20: co_await.
 *
 *	   bolt::task<void>
 *	   show(bolt_database *db, int id)
 *	   {
 *		   bolt::future post = co_await bolt::future(bolt_aget(bolt_objects(db, "blog_article"), BOLT_KW("id", id)));
 *
 *		   std::cout << (post.failed() ? post.message() : post.json()) << '\n';
 *	   }
 *
 *	   bolt::start(show(db, 7)); // runs on from the loop
 *
 * A coroutine of C++ has no stack of its own and needs none of bolt_spawn's: it goes on in a callback
 * of the future that it waits for.  So bolt_await is refused in it, where it would block the loop; co_await
 * is what it has instead.
 *
 * Querysets, keyword arguments and expressions are consumed by the call that they are given to, as in C.
 * Threads: that of the database.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_HPP
#define BOLT_ORM_HPP

#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "bolt_orm.h"

#if defined(__cpp_impl_coroutine) && __has_include(<coroutine>)
#include <coroutine>
#include <optional>
#define BOLT__COROUTINES 1
#endif

namespace bolt
{

/** An error of a future, thrown by future::check. */
class error : public std::runtime_error
{
  public:
	explicit error(const bolt_exception *what)
		: std::runtime_error(bolt_error_message(what)), kept(bolt_error_ref(what), bolt_error_unref)
	{
	}

	bolt_code code() const noexcept
	{
		return bolt_error_code(kept.get());
	}

	std::string_view sqlstate() const noexcept
	{
		return bolt_error_sqlstate(kept.get());
	}

	/** For bolt_error_detail, bolt_error_hint and so on. */
	const bolt_exception *get() const noexcept
	{
		return kept.get();
	}

  private:
	std::shared_ptr<bolt_exception> kept;
};

struct closes
{
	void operator()(bolt_database *database) const noexcept
	{
		bolt_close(database);
	}
};

/** bolt::database db(bolt_open("dbname=blog", nullptr)); db.get() is the handle. */
using database = std::unique_ptr<bolt_database, closes>;

/** Owns a reference of a future.  It may be moved and not copied: bolt_future_ref makes a second one. */
class future
{
  public:
	future() noexcept = default;

	/** Takes the reference over. */
	explicit future(bolt_future *taken) noexcept : owned(taken)
	{
	}

	/** Waits, as bolt_await does: in a plain script, or in a coroutine of bolt_spawn. */
	future &await() noexcept
	{
		owned.reset(bolt_await(owned.release()));
		return *this;
	}

	/** Throws bolt::error where it has failed. */
	future &check()
	{
		if (failed())
			throw error(bolt_error(get()));
		return *this;
	}

	bool done() const noexcept
	{
		return bolt_done(get());
	}

	bool failed() const noexcept
	{
		return bolt_failed(get());
	}

	bolt_code code() const noexcept
	{
		return bolt_error_code(bolt_error(get()));
	}

	/** Of its error; lent by the future, as json is. */
	std::string_view message() const noexcept
	{
		return failed() ? bolt_error_message(bolt_error(get())) : "";
	}

	/** Empty where there is no JSON. */
	std::string_view json() const noexcept
	{
		const char *text = bolt_json(get());

		return text != nullptr ? std::string_view(text, bolt_json_length(get())) : std::string_view();
	}

	std::int64_t integer() const noexcept
	{
		return bolt_integer(get());
	}

	bool boolean() const noexcept
	{
		return bolt_boolean(get());
	}

	bool cancel() noexcept
	{
		return bolt_cancel(get());
	}

	bolt_future *get() const noexcept
	{
		return owned.get();
	}

	/** Gives the reference away, to bolt_then or bolt_gather. */
	[[nodiscard]] bolt_future *release() noexcept
	{
		return owned.release();
	}

  private:
	struct frees
	{
		void operator()(bolt_future *freed) const noexcept
		{
			bolt_free(freed);
		}
	};

	std::unique_ptr<bolt_future, frees> owned;
};

#ifdef BOLT__COROUTINES

/*
 * What co_await of a future is: its coroutine goes on when it has settled, in a callback.  One that is
 * destroyed while it waits cancels what it waits for.
 */
class awaiting
{
  public:
	explicit awaiting(future &&taken) noexcept : awaited(std::move(taken))
	{
	}

	awaiting(const awaiting &) = delete;
	awaiting &operator=(const awaiting &) = delete;

	~awaiting()
	{
		if (place == nullptr)
			return;
		place->owner = nullptr;
		awaited.cancel();
	}

	bool await_ready() const noexcept
	{
		return awaited.get() == nullptr || awaited.done();
	}

	/* Nothing of this is touched after bolt_then, which may call back at once where no loop is left to do it. */
	void await_suspend(std::coroutine_handle<> waiting)
	{
		place = new waiter{this, waiting};
		bolt_then(bolt_future_ref(awaited.get()), go_on, place);
	}

	future await_resume() noexcept
	{
		return std::move(awaited);
	}

  private:
	struct waiter
	{
		awaiting *owner; /* nullptr: destroyed */
		std::coroutine_handle<> coroutine;
	};

	static void go_on(bolt_future *, void *given)
	{
		std::unique_ptr<waiter> settled(static_cast<waiter *>(given));

		if (settled->owner == nullptr)
			return;
		settled->owner->place = nullptr;
		settled->coroutine.resume();
	}

	future awaited;
	waiter *place = nullptr;
};

inline awaiting operator co_await(future &&awaited) noexcept
{
	return awaiting(std::move(awaited));
}

template <typename value> class task;

/* What the promises of all tasks have. */
class promise_base
{
  public:
	std::suspend_always initial_suspend() const noexcept
	{
		return {};
	}

	/* Whoever waits for it goes on. */
	struct hands_over
	{
		bool await_ready() const noexcept
		{
			return false;
		}

		template <typename promise>
		std::coroutine_handle<> await_suspend(std::coroutine_handle<promise> finished) const noexcept
		{
			return finished.promise().waiting ? finished.promise().waiting : std::noop_coroutine();
		}

		void await_resume() const noexcept
		{
		}
	};

	hands_over final_suspend() const noexcept
	{
		return {};
	}

	void unhandled_exception() noexcept
	{
		thrown = std::current_exception();
	}

	std::coroutine_handle<> waiting;
	std::exception_ptr thrown;
};

template <typename value> class promise_of : public promise_base
{
  public:
	task<value> get_return_object() noexcept;

	template <typename given> void return_value(given &&result)
	{
		returned.emplace(std::forward<given>(result));
	}

	value take()
	{
		if (thrown)
			std::rethrow_exception(thrown);
		return std::move(*returned);
	}

  private:
	std::optional<value> returned;
};

template <> class promise_of<void> : public promise_base
{
  public:
	task<void> get_return_object() noexcept;

	void return_void() const noexcept
	{
	}

	void take() const
	{
		if (thrown)
			std::rethrow_exception(thrown);
	}
};

/** What a coroutine returns.  It begins when it is awaited by another one, or by bolt::start; an exception comes out there. */
template <typename value = void> class [[nodiscard]] task
{
  public:
	using promise_type = promise_of<value>;
	using handle = std::coroutine_handle<promise_type>;

	explicit task(handle made) noexcept : coroutine(made)
	{
	}

	task(task &&other) noexcept : coroutine(std::exchange(other.coroutine, nullptr))
	{
	}

	task &operator=(task &&other) noexcept
	{
		std::swap(coroutine, other.coroutine);
		return *this;
	}

	~task()
	{
		if (coroutine)
			coroutine.destroy();
	}

	bool await_ready() const noexcept
	{
		return false;
	}

	std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept
	{
		coroutine.promise().waiting = awaiting;
		return coroutine;
	}

	value await_resume()
	{
		return coroutine.promise().take();
	}

  private:
	handle coroutine;
};

template <typename value>
task<value>
promise_of<value>::get_return_object() noexcept
{
	return task<value>(std::coroutine_handle<promise_of>::from_promise(*this));
}

inline task<void>
promise_of<void>::get_return_object() noexcept
{
	return task<void>(std::coroutine_handle<promise_of>::from_promise(*this));
}

/* Runs a task by itself and frees it at its end. */
struct started
{
	struct promise_type
	{
		started get_return_object() const noexcept
		{
			return {};
		}

		std::suspend_never initial_suspend() const noexcept
		{
			return {};
		}

		std::suspend_never final_suspend() const noexcept
		{
			return {};
		}

		void return_void() const noexcept
		{
		}

		/* Nobody is there to catch it. */
		void unhandled_exception() const noexcept
		{
			std::terminate();
		}
	};
};

/** Begins a task, which runs on from the loop. An exception that leaves it ends the program, as one of std::thread does. */
inline started
start(task<void> begun)
{
	co_await std::move(begun);
}

#endif /* BOLT__COROUTINES */

} /* namespace bolt */

#endif /* BOLT_ORM_HPP */
