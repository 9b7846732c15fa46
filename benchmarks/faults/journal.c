/* Loaded before a program: writes down every write, truncation and sync below a folder, and
 * all that it sends over a socket, in order, so that a test can build the disk that a power
 * cut would have left and knows what had been promised by then. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static int journal = -1;

static void note(char kind, int fd, int64_t offset, const void *bytes, uint32_t size) {
    const char *folder = getenv("JOURNAL_FOLDER"), *name = getenv("JOURNAL_FILE");
    char link[64], path[4096];
    if (!folder || !name) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0 || (kind != 'n' && strncmp(path, folder, strlen(folder)) != 0)) return;
    if (journal < 0) journal = (int)syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND, 0600);
    size_t total = 1 + 2 + (size_t)length + 8 + 4 + size;
    char *record = malloc(total), *at = record;
    uint16_t short_length = (uint16_t)length;
    *at++ = kind;
    memcpy(at, &short_length, 2); at += 2;
    memcpy(at, path, (size_t)length); at += length;
    memcpy(at, &offset, 8); at += 8;
    memcpy(at, &size, 4); at += 4;
    if (size) memcpy(at, bytes, size);
    syscall(SYS_write, journal, record, total);
    free(record);
}

#define REAL(name, type) \
    static __typeof__(type) *real; \
    if (!real) real = (__typeof__(type) *)dlsym(RTLD_NEXT, name)

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
    REAL("pwrite", ssize_t (int, const void *, size_t, off_t));
    ssize_t done = real(fd, bytes, size, offset);
    if (done > 0) note('w', fd, offset, bytes, (uint32_t)done);
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset) {
    REAL("pwrite64", ssize_t (int, const void *, size_t, off64_t));
    ssize_t done = real(fd, bytes, size, offset);
    if (done > 0) note('w', fd, offset, bytes, (uint32_t)done);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t size) {
    REAL("write", ssize_t (int, const void *, size_t));
    off_t offset = lseek(fd, 0, SEEK_CUR);
    ssize_t done = real(fd, bytes, size);
    if (done > 0 && offset >= 0) note('w', fd, offset, bytes, (uint32_t)done);
    return done;
}

ssize_t send(int fd, const void *bytes, size_t size, int flags) {
    REAL("send", ssize_t (int, const void *, size_t, int));
    note('n', fd, 0, bytes, (uint32_t)size);
    return real(fd, bytes, size, flags);
}

int ftruncate(int fd, off_t size) {
    REAL("ftruncate", int (int, off_t));
    int done = real(fd, size);
    if (done == 0) note('t', fd, size, NULL, 0);
    return done;
}

int ftruncate64(int fd, off64_t size) {
    REAL("ftruncate64", int (int, off64_t));
    int done = real(fd, size);
    if (done == 0) note('t', fd, size, NULL, 0);
    return done;
}

int fsync(int fd) {
    REAL("fsync", int (int));
    int done = real(fd);
    if (done == 0) note('s', fd, 0, NULL, 0);
    return done;
}

int fdatasync(int fd) {
    REAL("fdatasync", int (int));
    int done = real(fd);
    if (done == 0) note('s', fd, 0, NULL, 0);
    return done;
}
