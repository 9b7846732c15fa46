/* A queue that survives SIGKILL and power cuts: one append-only file of records with checksums.
 *
 * A record is `struct record`, then a payload.  'M' is a message; 'S' says that its boot is spooled up to its
 * number; 'X' that this one message was let go.  Messages are synced before anybody hears of them; 'S' and 'X'
 * are not, since losing one costs a repeat that the gateway absorbs.  Numbers are in the order of this machine:
 * the file never leaves it. */
#define _GNU_SOURCE
#include "ecoviv.h"

#include <fcntl.h>
#include <libgen.h>
#include <sys/file.h>
#include <sys/stat.h>

#define MAGIC 0x31515645u /* "EVQ1" */
#define SLACK (1 << 20)   /* dead bytes before the file is written anew */

struct record {
    uint32_t magic, crc; /* CRC-32 of all that follows, payload included */
    uint64_t seq;
    uint32_t size, type;
    char boot[EV_BOOT], kind[EV_KIND], zero[3];
};

static uint32_t crc32_of(uint32_t crc, const void *bytes, size_t size)
{
    for (const unsigned char *at = bytes, *end = at + size; at < end; at++) {
        crc ^= *at;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return crc;
}

static uint32_t checksum(const struct record *record, const void *payload)
{
    return ~crc32_of(crc32_of(~0u, &record->seq, sizeof *record - 8), payload, record->size);
}

static struct record record_of(uint32_t type, const char *boot, const char *kind, uint64_t seq, size_t size)
{
    struct record record = {.magic = MAGIC, .seq = seq, .size = (uint32_t)size, .type = type};
    snprintf(record.boot, sizeof record.boot, "%s", boot);
    snprintf(record.kind, sizeof record.kind, "%s", kind);
    return record;
}

/* Append a record to `fd` at `end`, all of it or nothing; 0, or -1 with errno. */
static int append(int fd, off_t *end, struct record record, const void *payload, int sync)
{
    record.crc = checksum(&record, payload);
    ssize_t head = pwrite(fd, &record, sizeof record, *end);
    ssize_t body = pwrite(fd, payload, record.size, *end + (off_t)sizeof record);
    if (head == sizeof record && body == (ssize_t)record.size && !(sync && fdatasync(fd))) {
        *end += (off_t)sizeof record + record.size;
        return 0;
    }
    int reason = head < 0 || body < 0 ? errno : sync ? EIO : ENOSPC;
    if (ftruncate(fd, *end) != 0)
        reason = EIO; /* the next record is written over it */
    return errno = reason, -1;
}

static void hold(struct ev_queue *queue, const struct record *record, off_t at)
{
    struct ev_message *message = &queue->held[queue->count++];
    *message = (struct ev_message){.seq = record->seq, .size = record->size, .at = at};
    memcpy(message->boot, record->boot, sizeof message->boot);
    memcpy(message->kind, record->kind, sizeof message->kind);
}

/* Forget what `record` names: up to its number ('S'), or that number alone ('X'). */
static size_t forget(struct ev_queue *queue, const struct record *record, int sent_only)
{
    size_t left = 0, before = queue->count;
    for (size_t at = 0; at < before; at++) {
        const struct ev_message *one = &queue->held[at];
        int named = record->type == 'S' ? one->seq <= record->seq : one->seq == record->seq;
        if (named && strcmp(one->boot, record->boot) == 0 && (one->first_sent || !sent_only))
            queue->dead += (off_t)sizeof *record + one->size;
        else
            queue->held[left++] = *one;
    }
    queue->count = left;
    return before - left;
}

/* Read every record; where there is none, look for the next: only what nothing follows is a torn tail. */
static int load(struct ev_queue *queue)
{
    struct record record;
    off_t size = lseek(queue->fd, 0, SEEK_END);
    char *all = size < 0 ? NULL : malloc((size_t)size + 1);
    if (!all || pread(queue->fd, all, (size_t)size, 0) != size)
        return free(all), -1;
    for (off_t at = 0; at + (off_t)sizeof record <= size;) {
        const char *payload = all + at + sizeof record;
        memcpy(&record, all + at, sizeof record);
        if (record.magic != MAGIC || record.size > (size_t)(all + size - payload) ||
            checksum(&record, payload) != record.crc) {
            at++;
            continue;
        }
        if (record.type != 'M')
            forget(queue, &record, 0);
        else if (queue->count < EV_MOST)
            hold(queue, &record, at + (off_t)sizeof record);
        queue->damaged += at - queue->end;
        at = queue->end = at + (off_t)sizeof record + record.size;
    }
    free(all);
    queue->damaged += size - queue->end;
    return size > queue->end && (ftruncate(queue->fd, queue->end) || fdatasync(queue->fd)) ? -1 : 0;
}

static int sync_folder(const char *path)
{
    char copy[1024];
    int fd = open(dirname(strcpy(copy, path)), O_RDONLY | O_DIRECTORY), done = fd < 0 ? -1 : fsync(fd);
    return close(fd), done;
}

/* Write what is held into a new file and put it in the old one's place. */
static int renew(struct ev_queue *queue)
{
    char path[sizeof queue->path + 8], *payload = malloc(EV_MAX_MESSAGE);
    off_t end = 0;
    snprintf(path, sizeof path, "%s.new", queue->path);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int done = fd < 0 || !payload ? -1 : flock(fd, LOCK_EX);
    for (size_t at = 0; done == 0 && at < queue->count; at++) {
        struct ev_message *one = &queue->held[at];
        one->next_at = end + (off_t)sizeof(struct record);
        struct record record = record_of('M', one->boot, one->kind, one->seq, one->size);
        done = evq_read(queue, at, payload) || append(fd, &end, record, payload, 0);
    }
    free(payload);
    if (done || fdatasync(fd) || rename(path, queue->path))
        return close(fd), -1;
    for (size_t at = 0; at < queue->count; at++)
        queue->held[at].at = queue->held[at].next_at;
    close(queue->fd);
    queue->fd = fd, queue->end = end, queue->dead = 0;
    return queue->broken = sync_folder(queue->path);
}

int evq_open(struct ev_queue *queue, const char *path)
{
    struct stat opened, named;
    memset(queue, 0, offsetof(struct ev_queue, held));
    if (snprintf(queue->path, sizeof queue->path, "%s", path) >= (int)sizeof queue->path)
        return errno = ENAMETOOLONG, -1;
    queue->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (queue->fd < 0 || flock(queue->fd, LOCK_EX | LOCK_NB) || fstat(queue->fd, &opened) || stat(path, &named))
        return -1;
    if (named.st_ino != opened.st_ino) /* another program renewed the file meanwhile, and has it */
        return errno = EWOULDBLOCK, -1;
    if (sync_folder(path) || load(queue))
        return -1;
    return queue->damaged || queue->dead ? renew(queue) : 0;
}

int evq_add(struct ev_queue *queue, const char *boot, const char *kind, uint64_t seq, const char *payload, size_t size)
{
    struct record record = record_of('M', boot, kind, seq, size);
    off_t at = queue->end + (off_t)sizeof record;
    if (queue->broken || queue->count == EV_MOST || size > EV_MAX_MESSAGE - EV_FLOOR_ROOM)
        return errno = queue->broken ? EIO : queue->count == EV_MOST ? ENOBUFS : EMSGSIZE, -1;
    if (append(queue->fd, &queue->end, record, payload, 1) != 0)
        return -1;
    hold(queue, &record, at);
    return 0;
}

int evq_read(const struct ev_queue *queue, size_t index, char *into)
{
    const struct ev_message *one = &queue->held[index];
    return pread(queue->fd, into, one->size, one->at) == (ssize_t)one->size ? 0 : -1;
}

static size_t note(struct ev_queue *queue, struct record record)
{
    size_t gone = forget(queue, &record, 1);
    if (gone && append(queue->fd, &queue->end, record, "", 0) == 0)
        queue->dead += (off_t)sizeof record;
    if (queue->dead > SLACK && queue->dead > queue->end / 2 && renew(queue) != 0)
        perror(queue->path); /* the old file goes on, or nothing more is taken */
    return gone;
}

size_t evq_spooled(struct ev_queue *queue, const char *boot, uint64_t spooled)
{
    return note(queue, record_of('S', boot, "", spooled, 0));
}

void evq_let_go(struct ev_queue *queue, size_t index)
{
    note(queue, record_of('X', queue->held[index].boot, "", queue->held[index].seq, 0));
}
