/*
 * files.c
 *	  Static files: what is in a folder, and nothing outside of it.
 *
 * A path is walked segment by segment from the folder's descriptor. A segment that begins with a dot is refused, so that there is no way
 * up and no hidden file, and none may be a symbolic link. Segments have been decoded by then: %2e%2e is a dot-dot, %2f is in no name.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blog.h"

static const struct
{
	const char *end;
	const char *type;
} types[] = {
	{".html", "text/html; charset=utf-8"},
	{".js", "text/javascript; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},
	{".svg", "image/svg+xml"},
	{".json", "application/json"},
	{".png", "image/png"},
	{".ico", "image/x-icon"},
	{".txt", "text/plain; charset=utf-8"},
};

/* The type of a file, by its name; NULL: it is not served. */
static const char *
type_of(const char *name)
{
	const char *end = strrchr(name, '.');

	for (size_t i = 0; end != NULL && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].end, end) == 0)
			return types[i].type;
	return NULL;
}

static bool
is_name(const char *segment)
{
	return *segment != '.' && strpbrk(segment, "/\\") == NULL;
}

/* The descriptor of a regular file; -1 where there is none. */
static int
open_file(int folder, const char *const *segments, size_t count, struct stat *status)
{
	int at = dup(folder);

	for (size_t i = 0; i < count && at >= 0; i++)
	{
		bool last = i + 1 == count;
		int next = is_name(segments[i]) ?
			openat(at, segments[i],
				   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (last ? 0 : O_DIRECTORY)) :
			-1;

		close(at);
		at = next;
	}
	if (at >= 0 && (fstat(at, status) != 0 || !S_ISREG(status->st_mode)))
	{
		close(at);
		at = -1;
	}
	return at;
}

static bolt_future *
get_file(bolt_evhttp_request *request, void *arg)
{
	static const char *const index[] = {"index.html"};
	blog *self = arg;
	const char *const *segments = request->segment_count > 0 ? request->segments : index;
	size_t count = request->segment_count > 0 ? request->segment_count : 1;
	const char *type = type_of(segments[count - 1]);
	struct evbuffer *body;
	struct stat status;
	int file;

	if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
		return bolt_fail(NULL, BOLT_DOES_NOT_EXIST, "Not found.");
	file = type != NULL && self->files >= 0 ? open_file(self->files, segments, count, &status) : -1;
	if (file < 0)
		return bolt_fail(NULL, BOLT_DOES_NOT_EXIST, "Not found.");
	body = evbuffer_new();
	if (body == NULL || (status.st_size > 0 && evbuffer_add_file(body, file, 0, status.st_size) != 0))
	{
		close(file);
		if (body != NULL)
			evbuffer_free(body);
		return bolt_fail(NULL, BOLT_MEMORY_ERROR, "out of memory");
	}
	if (status.st_size == 0)
		close(file);
	bolt_evhttp_set_header(request, "Content-Type", type);
	bolt_evhttp_set_header(request, "Cache-Control", "no-cache");
	bolt_evhttp_set_header(request, "X-Content-Type-Options", "nosniff");
	bolt_evhttp_set_header(request, "Content-Security-Policy",
						   "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:");
	bolt_evhttp_send(request, 200, body);
	evbuffer_free(body);
	return NULL;
}

void
blog_route_files(blog *self, bolt_evhttp *server)
{
	bolt_evhttp_fallback(server, get_file, self);
}
