/*
 * private_server.h
 *	  PostgreSQL servers of a test's own, which it may stop, start and make a standby of; and servers that are silent.
 *
 * They are made by the programs of PG_CONFIG in a temporary folder, as the user that the folder of PGHOST
 * belongs to, and listen on 127.0.0.1.
 */
#ifndef PRIVATE_SERVER_H
#define PRIVATE_SERVER_H

#include "requests.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER_PREFIX "/tmp/bolt_server_"
#define FOLDER_TEMPLATE FOLDER_PREFIX "XXXXXX"

/* All 0: there is none. */
typedef struct private_server
{
	char folder[40];
	int port;
	bool running;
} private_server;

/* ----------
 * Programs of the server
 * ----------
 */
static struct stat server_user; /* the owner of the folder of PGHOST */

static inline void
become_server_user(void)
{
	if (getuid() == 0 &&
		(setgroups(0, NULL) != 0 || setgid(server_user.st_gid) != 0 || setuid(server_user.st_uid) != 0))
		_exit(1);
}

/* As the server's user; fails the test where the command fails. */
static inline void
run_as_server(const char *format, ...)
{
	char *command;
	va_list arguments;
	int status;
	pid_t child;

	va_start(arguments, format);
	if (vasprintf(&command, format, arguments) < 0)
		abort();
	va_end(arguments);
	child = fork();
	if (child == 0)
	{
		const char *pg_config = getenv("PG_CONFIG") == NULL ? "pg_config" : getenv("PG_CONFIG");
		char *whole = text("cd / && bin=$(%s --bindir) && %s", pg_config, command);

		become_server_user();
		execl("/bin/sh", "sh", "-c", whole, NULL);
		_exit(1);
	}
	waitpid(child, &status, 0);
	if (status != 0)
		fail_msg("%s", command);
	free(command);
}

/* ----------
 * A server
 * ----------
 */
static inline int
free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(address);
	int taken = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(taken, (struct sockaddr *) &address, sizeof(address)), 0);
	assert_int_equal(getsockname(taken, (struct sockaddr *) &address, &length), 0);
	close(taken);
	return ntohs(address.sin_port);
}

static inline void
start_server(private_server *server)
{
	assert_true(server->folder[0] != '\0');
	run_as_server("\"$bin/pg_ctl\" -s -w -D %s/data -l %s/log start || { cat %s/log >&2; exit 1; }",
				  server->folder, server->folder, server->folder);
	server->running = true;
}

static inline void
stop_server(private_server *server, const char *mode)
{
	if (server->running)
		run_as_server("\"$bin/pg_ctl\" -s -w -D %s/data -m %s stop", server->folder, mode);
	server->running = false;
}

static inline void
make_folder(private_server *server)
{
	if (server_user.st_mode == 0)
	{
		assert_non_null(getenv("PGHOST"));
		assert_int_equal(stat(getenv("PGHOST"), &server_user), 0);
	}
	strcpy(server->folder, FOLDER_TEMPLATE);
	assert_non_null(mkdtemp(server->folder));
	assert_int_equal(chmod(server->folder, 0777), 0); /* the server's user writes into it */
	server->port = free_port();
}

static inline void
configure(const private_server *server)
{
	char *path = text("%s/data/postgresql.conf", server->folder);
	FILE *file = fopen(path, "a");

	assert_non_null(file);
	fprintf(file,
			"port = %d\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '%s'\nfsync = off\n"
			"shared_buffers = 16MB\nmax_connections = 30\nhot_standby = on\n",
			server->port, server->folder);
	fclose(file);
	free(path);
}

static inline void
make_server(private_server *server)
{
	make_folder(server);
	run_as_server("\"$bin/initdb\" -N -A trust -U postgres --locale=C -E UTF8 -D %s/data >%s/log",
				  server->folder, server->folder);
	configure(server);
	start_server(server);
}

static inline void
make_standby(private_server *server, const private_server *primary)
{
	make_folder(server);
	run_as_server("\"$bin/pg_basebackup\" -R -N -c fast -h 127.0.0.1 -p %d -U postgres -D %s/data",
				  primary->port, server->folder);
	configure(server);
	start_server(server);
}

static inline int
remove_entry(const char *path, const struct stat *status, int kind, struct FTW *position)
{
	(void) status;
	(void) kind;
	(void) position;
	assert_true(strncmp(path, FOLDER_PREFIX, strlen(FOLDER_PREFIX)) == 0);
	return remove(path);
}

/*
 * Removes what make_folder made, and nothing else: a server that was never made has no folder. No shell has a part in
 * it, and links are not followed.
 */
static inline void
remove_server(private_server *server)
{
	struct stat folder;

	if (strlen(server->folder) != strlen(FOLDER_TEMPLATE) ||
		strncmp(server->folder, FOLDER_PREFIX, strlen(FOLDER_PREFIX)) != 0 ||
		strchr(server->folder + strlen(FOLDER_PREFIX), '/') != NULL || lstat(server->folder, &folder) != 0 ||
		!S_ISDIR(folder.st_mode))
		return;
	stop_server(server, "immediate");
	nftw(server->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	memset(server, 0, sizeof(*server));
}

/* ----------
 * A silent one
 * ----------
 */

/* Takes connections, by the kernel, and never says a word. A port of 0: any. Its socket. */
static inline int
listen_silently(const char *address, int *port)
{
	struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t) *port)};
	socklen_t length = sizeof(where);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(inet_pton(AF_INET, address, &where.sin_addr), 1);
	assert_int_equal(bind(listener, (struct sockaddr *) &where, sizeof(where)), 0);
	assert_int_equal(listen(listener, 100), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *) &where, &length), 0);
	*port = ntohs(where.sin_port);
	return listener;
}

#endif
