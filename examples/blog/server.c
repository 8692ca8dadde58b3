/*
 * server.c
 *	  The blog's HTTP server: processes that share a port, each with one event loop, one database and its connections.
 *
 *	   blog-server [--address 127.0.0.1] [--port 8000] [--processes 2] [--connections 4] [--idle-timeout 60] [--static FOLDER]
 *
 * Connects as libpq's environment says. The parent only starts the others, and starts a process again that has ended by itself. On SIGTERM
 * and SIGINT each process accepts no more, answers what is under way, and ends; after GRACE seconds it ends anyway.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bolt_libevent.h>

#include "blog.h"

#define GRACE 10	 /* seconds for what is under way */
#define FILES 65536	 /* descriptors: a connection has one */
#define BACKLOG 4096 /* connections that wait to be accepted */
#define MAX_PROCESSES 64

typedef struct server_settings
{
	struct sockaddr_in address;
	int processes;
	int connections;
	int idle_timeout; /* seconds */
	const char *files;
} server_settings;

/* ----------
 * A process
 * ----------
 */
typedef struct process
{
	struct event_base *base;
	struct evhttp *http;
	struct evhttp_bound_socket *socket;
	bolt_evhttp *server;
	struct event *ending; /* looks whether all is answered */
	int looks;
	blog blog;
} process;

#define LOOK_MS 10

/* First what the kernel has accepted is taken in, then the socket is closed, then what has come so far is answered. */
static void
look_whether_done(evutil_socket_t socket, short what, void *arg)
{
	process *self = arg;

	(void) socket;
	(void) what;
	self->looks++;
	if (self->socket)
	{
		evhttp_del_accept_socket(self->http, self->socket);
		self->socket = NULL;
		return;
	}
	if ((bolt_evhttp_in_flight(self->server) == 0 && self->looks > 3) || self->looks > GRACE * 1000 / LOOK_MS)
		event_base_loopexit(self->base, NULL);
}

static void
end_gracefully(evutil_socket_t signal_number, short what, void *arg)
{
	static const struct timeval soon = {0, LOOK_MS * 1000};
	process *self = arg;

	(void) signal_number;
	(void) what;
	bolt_evhttp_close_connections(self->server);
	event_add(self->ending, &soon);
}

/* Without a descriptor for it a connection stays where it is; without a pause the loop would try again at once, and again. */
static process *this_process;

static void
accept_again(evutil_socket_t socket, short what, void *arg)
{
	process *self = arg;

	(void) socket;
	(void) what;
	if (self->socket)
		evconnlistener_enable(evhttp_bound_socket_get_listener(self->socket));
}

static void
accept_failed(struct evconnlistener *listener, void *arg)
{
	static const struct timeval pause = {0, 100 * 1000};

	(void) arg;
	fprintf(stderr, "blog[%d]: accept: %s\n", (int) getpid(),
			evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
	evconnlistener_disable(listener);
	event_base_once(this_process->base, -1, EV_TIMEOUT, accept_again, this_process, &pause);
}

/* Server errors on stderr: what clients are not told. */
static void
log_errors(bolt_evhttp_request *request, int status, const bolt_exception *error, void *arg)
{
	const char *uri = evhttp_request_get_uri(request->http);
	const char *hint = bolt_error_hint(error);

	(void) arg;
	if (error == NULL || (status < 500 && status != 200))
		return;
	fprintf(stderr, "blog[%d]: %s %s: %d %s %s: %s%s%s\n", (int) getpid(), request->method, uri ? uri : "",
			status, bolt_code_name(bolt_error_code(error)), bolt_error_sqlstate(error),
			bolt_error_message(error), hint ? " HINT: " : "", hint ? hint : "");
}

/* Each process has a socket of its own on the port, so that the kernel deals connections out among them. */
static int
listen_on(const struct sockaddr_in *address, bool listening)
{
	int on = 1;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (listener >= 0 && setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
		setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0 &&
		setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
		bind(listener, (const struct sockaddr *) address, sizeof(*address)) == 0 &&
		(!listening || listen(listener, BACKLOG) == 0))
		return listener;
	perror("blog-server: listening");
	if (listener >= 0)
		close(listener);
	return -1;
}

/* What only reads, and not for long: the explorer's documents are its users'. */
#define EXPLORER_CONNINFO "options='-c default_transaction_read_only=on -c statement_timeout=5000'"

static bool
open_blog(process *self, const server_settings *settings)
{
	blog *its = &self->blog;

	its->files = settings->files ? open(settings->files, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	its->db = bolt_open("",
						BOLT_OPTIONS(.connections = settings->connections, .queue_timeout = 5000,
									 .query_timeout = 20000, .reconnect_pause_max = 1000));
	its->explorer =
		bolt_open(EXPLORER_CONNINFO,
				  BOLT_OPTIONS(.connections = 1, .pipeline = 4, .queue = 100, .queue_timeout = 5000,
							   .query_timeout = 10000, .reconnect_pause_max = 1000));
	return bolt_libevent_attach(its->db, self->base) == 0 &&
		bolt_libevent_attach(its->explorer, self->base) == 0;
}

static bool
route(process *self)
{
	if (blog_route_articles(&self->blog, self->server) != 0 ||
		blog_route_transfer(&self->blog, self->server) != 0 ||
		blog_route_explorer(&self->blog, self->server) != 0)
		return false;
	blog_route_files(&self->blog, self->server);
	return true;
}

/* Whatever was opened. What is still under way after GRACE seconds is dropped. */
static void
close_all(process *self)
{
	if (self->http)
		evhttp_free(self->http);
	bolt_close(self->blog.db);
	bolt_close(self->blog.explorer);
	bolt_evhttp_free(self->server);
	blog_free_articles(&self->blog);
	if (self->blog.files >= 0)
		close(self->blog.files);
}

static int
serve(const server_settings *settings, int ready)
{
	process self = {.base = event_base_new(), .blog = {.files = -1}};
	struct event *terminate = evsignal_new(self.base, SIGTERM, end_gracefully, &self);
	struct event *interrupt = evsignal_new(self.base, SIGINT, end_gracefully, &self);
	bolt_evhttp_options options = {.answered = log_errors, .idle_timeout = settings->idle_timeout};
	int listener = listen_on(&settings->address, true);
	int failed = 1;

	self.http = evhttp_new(self.base);
	self.ending = event_new(self.base, -1, EV_PERSIST, look_whether_done, &self);
	self.server = bolt_evhttp_new(self.http, &options);
	event_add(terminate, NULL);
	event_add(interrupt, NULL);
	if (listener >= 0 && open_blog(&self, settings) && route(&self) &&
		(self.socket = evhttp_accept_socket_with_handle(self.http, listener)) != NULL)
	{
		this_process = &self;
		evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(self.socket), accept_failed);
		if (write(ready, "", 1) < 0)
			perror("blog-server: pipe");
		failed = event_base_dispatch(self.base) < 0;
	}
	close_all(&self);
	event_free(terminate);
	event_free(interrupt);
	event_free(self.ending);
	event_base_free(self.base);
	libevent_global_shutdown();
	return failed;
}

/* ----------
 * The parent
 * ----------
 */
typedef struct family
{
	const server_settings *settings;
	pid_t pids[MAX_PROCESSES];
	int running;
	int unready; /* that have not said yet that they listen */
	bool ending;
	int ready[2];  /* a pipe: a byte for each that listens */
	int signals;   /* a signalfd */
	sigset_t mask; /* of these signals, which only it gets */
} family;

static void
start_process(family *self, int place)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid != 0)
	{
		self->pids[place] = pid;
		self->running += pid > 0;
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	close(self->ready[0]);
	close(self->signals);
	sigprocmask(SIG_UNBLOCK, &self->mask, NULL);
	exit(serve(self->settings, self->ready[1]));
}

static void
end_all(family *self)
{
	self->ending = true;
	for (int i = 0; i < self->settings->processes; i++)
		if (self->pids[i] > 0)
			kill(self->pids[i], SIGTERM);
}

/* One that could not even start ends them all; one that ends later is started again after a pause. */
static void
process_ended(family *self, pid_t pid, int status)
{
	int place = 0;

	while (place < self->settings->processes && self->pids[place] != pid)
		place++;
	if (place == self->settings->processes)
		return;
	self->pids[place] = 0;
	self->running--;
	if (!self->ending || WIFSIGNALED(status))
		fprintf(stderr, "blog-server: process %d has ended, status %d\n", (int) pid, status);
	if (self->ending)
		return;
	if (self->unready > 0)
	{
		end_all(self);
		return;
	}
	sleep(1);
	start_process(self, place);
}

static void
take_signal(family *self)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	if (read(self->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo != SIGCHLD)
		end_all(self);
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		process_ended(self, pid, status);
}

static void
say_ready(const server_settings *settings)
{
	char address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &settings->address.sin_addr, address, sizeof(address));
	printf("http://%s:%d/ %d processes, %d connections each\n", address, ntohs(settings->address.sin_port),
		   settings->processes, settings->connections);
	fflush(stdout);
}

static void
take_ready(family *self)
{
	char byte;

	if (read(self->ready[0], &byte, 1) == 1 && --self->unready == 0)
		say_ready(self->settings);
}

/* Until all processes have ended. 0 where they were told to. */
static int
look_after(family *self)
{
	bool started = false;

	while (self->running > 0)
	{
		struct pollfd files[] = {{.fd = self->signals, .events = POLLIN},
								 {.fd = self->ready[0], .events = POLLIN}};

		if (poll(files, 2, -1) < 0)
			continue;
		if (files[1].revents & POLLIN)
			take_ready(self);
		started |= self->unready <= 0;
		if (files[0].revents & POLLIN)
			take_signal(self);
	}
	return started ? 0 : 1;
}

static void
raise_file_limit(void)
{
	struct rlimit limit = {FILES, FILES};

	if (setrlimit(RLIMIT_NOFILE, &limit) == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Takes the port for all of them, also where it was left to the kernel to choose (0). */
static int
reserve_port(server_settings *settings)
{
	socklen_t size = sizeof(settings->address);
	int socket = listen_on(&settings->address, false);

	if (socket >= 0)
		getsockname(socket, (struct sockaddr *) &settings->address, &size);
	return socket;
}

/* Whether nobody else has the port: with SO_REUSEPORT another server of the same user would get half of what comes. */
static bool
is_free(const struct sockaddr_in *address)
{
	int on = 1;
	int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_bound = probe >= 0 && setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
		bind(probe, (const struct sockaddr *) address, sizeof(*address)) == 0;

	if (!is_bound)
		perror("blog-server: the port");
	if (probe >= 0)
		close(probe);
	return is_bound;
}

static bool
read_number(const char *text, int least, int most, int *number)
{
	long long value;

	if (!bolt_parse_integer(text, &value) || value < least || value > most)
	{
		fprintf(stderr, "blog-server: %s is no number from %d to %d\n", text, least, most);
		return false;
	}
	*number = (int) value;
	return true;
}

static bool
read_arguments(int count, char **arguments, server_settings *settings)
{
	static const struct option options[] = {
		{"address", required_argument, NULL, 'a'},
		{"port", required_argument, NULL, 'p'},
		{"processes", required_argument, NULL, 'n'},
		{"connections", required_argument, NULL, 'c'},
		{"static", required_argument, NULL, 's'},
		{"idle-timeout", required_argument, NULL, 'i'},
		{NULL, 0, NULL, 0},
	};
	int option;
	int port = 8000;
	bool good = true;

	*settings = (server_settings){
		.address = {.sin_family = AF_INET}, .processes = 2, .connections = 4, .idle_timeout = 60};
	settings->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	while ((option = getopt_long(count, arguments, "", options, NULL)) != -1)
	{
		if (option == 'a')
			good &= inet_pton(AF_INET, optarg, &settings->address.sin_addr) == 1;
		else if (option == 'p')
			good &= read_number(optarg, 0, 65535, &port);
		else if (option == 'n')
			good &= read_number(optarg, 1, MAX_PROCESSES, &settings->processes);
		else if (option == 'c')
			good &= read_number(optarg, 1, 1000, &settings->connections);
		else if (option == 'i')
			good &= read_number(optarg, 1, 3600, &settings->idle_timeout);
		else if (option == 's')
			settings->files = optarg;
		else
			good = false;
	}
	settings->address.sin_port = htons((uint16_t) port);
	if (!good || optind < count)
		fprintf(stderr,
				"usage: %s [--address A] [--port P] [--processes N] [--connections N] [--static FOLDER]\n",
				arguments[0]);
	return good && optind == count;
}

int
main(int count, char **arguments)
{
	server_settings settings;
	family self = {.settings = &settings};
	int reserved;

	if (!read_arguments(count, arguments, &settings))
		return 2;
	raise_file_limit();
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&self.mask);
	sigaddset(&self.mask, SIGTERM);
	sigaddset(&self.mask, SIGINT);
	sigaddset(&self.mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &self.mask, NULL);
	self.signals = signalfd(-1, &self.mask, SFD_CLOEXEC);
	reserved = is_free(&settings.address) ? reserve_port(&settings) : -1;
	if (reserved < 0 || self.signals < 0 || pipe2(self.ready, O_CLOEXEC) != 0)
		return 1;
	self.unready = settings.processes;
	for (int i = 0; i < settings.processes; i++)
		start_process(&self, i);
	return look_after(&self);
}
