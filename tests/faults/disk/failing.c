/* A disk that fails: the Nth fdatasync, fsync or pwrite of files below one folder gives an error.
 *
 * Build: cc -shared -fPIC -O2 -o failing.so failing.c -ldl
 * Run:   DISK_FAULT="fdatasync 1 5 /folder" LD_PRELOAD=./failing.so program
 *        the call, from which one on (1 is the first), how many of them fail (0: all), and where.
 *        DISK_ERRNO is the error's number; 5 (EIO) by default.
 *
 * Or:    DISK_PLAN=/file LD_PRELOAD=./failing.so program
 *        The file holds "fdatasync 1 5 /folder 28", with the error's number last, and may be
 *        replaced while the program runs: then calls are counted anew. An empty one fails nothing.
 *        /file.fired comes into being with the first call that failed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static char call_wanted[16];
static char folder[PATH_MAX];
static int first, count, number = EIO;
static atomic_int seen;
static const char *plan_path;
static ino_t plan_inode;
static pthread_mutex_t reading = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void read_plan(void)
{
    const char *plan = getenv("DISK_FAULT");
    const char *error = getenv("DISK_ERRNO");
    plan_path = getenv("DISK_PLAN");
    if (error)
        number = atoi(error);
    if (!plan || sscanf(plan, "%15s %d %d %4095s", call_wanted, &first, &count, folder) != 4)
        first = 0;
}

/* Reads the plan's file anew if another one has taken its place. */
static void read_file(void)
{
    struct stat found;
    if (!plan_path || stat(plan_path, &found))
        return;
    pthread_mutex_lock(&reading);
    if (found.st_ino != plan_inode) {
        FILE *file = fopen(plan_path, "re");
        first = 0;
        if (file) {
            int words = fscanf(file, "%15s %d %d %4095s %d", call_wanted, &first, &count, folder, &number);
            if (words != 5)
                first = 0;
            fclose(file);
        }
        plan_inode = found.st_ino;
        atomic_store(&seen, 0);
    }
    pthread_mutex_unlock(&reading);
}

static void tell_fired(void)
{
    char path[PATH_MAX];
    if (!plan_path)
        return;
    snprintf(path, sizeof path, "%s.fired", plan_path);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
}

/* Says whether this call on this file has to fail. */
static int fails(const char *call, int fd)
{
    char link[48], path[PATH_MAX];
    read_file();
    if (!first || strcmp(call, call_wanted))
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    if (strncmp(path, folder, strlen(folder)))
        return 0;
    int nth = atomic_fetch_add(&seen, 1) + 1;
    if (nth < first || (count && nth >= first + count))
        return 0;
    tell_fired();
    errno = number;
    return 1;
}

int fdatasync(int fd)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    return fails("fdatasync", fd) ? -1 : real(fd);
}

int fsync(int fd)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    return fails("fsync", fd) ? -1 : real(fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real)
        real = (ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    return fails("pwrite", fd) ? -1 : real(fd, bytes, size, at);
}
