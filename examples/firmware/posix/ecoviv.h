/* EcoViv wire 1 for devices that run POSIX: what the queue promises, and what the three files share.
 *
 * The one law: a message that `evq_add` took is on disk, and stays there until a gateway has said that it
 * is on *its* disk (`spooled`), whatever is killed meanwhile.  The broker's PUBACK says nothing of the
 * kind.  The wire itself: docs/firmware/wire.md, and wire-v1.schema.json beside it. */
#ifndef ECOVIV_H
#define ECOVIV_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define EV_MAX_MESSAGE 262144 /* bytes of a JSON message, floor included */
#define EV_FLOOR_ROOM 32      /* what `,"floor":N` may add */
#define EV_MOST 100000        /* messages that a queue holds */
#define EV_BOOT 65            /* letters of a boot id, with the ending zero */
#define EV_KIND 12            /* likewise of a kind: readings, features, detections, clip, health */

/* A message that the device still holds. */
struct ev_message {
    char boot[EV_BOOT], kind[EV_KIND];
    uint64_t seq;        /* 1, 2, 3 ... within its boot */
    uint32_t size;       /* of its payload [bytes] */
    uint32_t connection; /* on which it was sent last; 0: not in this life of the program */
    uint64_t first_sent; /* [ms since any beginning]; 0: not in this life */
    uint64_t floor;      /* that it carried when it was sent last; 0: none */
    off_t at, next_at;   /* of its payload in the file, and in the one that takes its place */
};

/* The file and what it holds, oldest first; of one boot always ascending. */
struct ev_queue {
    int fd;
    char path[1024];
    off_t end, dead; /* bytes of the file; how many of them say nothing any more */
    off_t damaged;   /* bytes that were no record when it was opened: a torn tail, or a bad block */
    int broken;      /* the disk failed in a way that leaves in doubt which file it keeps: nothing is taken */
    size_t count;
    struct ev_message held[EV_MOST];
};

/* Open or create; a torn tail is cut off.  -1 with errno: EWOULDBLOCK where another process has it. */
int evq_open(struct ev_queue *queue, const char *path);
/* Keep a message; 0 only after it is on disk.  -1 with errno: nothing is kept, its number may be given again. */
int evq_add(struct ev_queue *queue, const char *boot, const char *kind, uint64_t seq, const char *payload, size_t size);
/* The payload of the message at `index` into `into`, which has room for its size; -1 if the disk fails. */
int evq_read(const struct ev_queue *queue, size_t index, char *into);
/* Forget what of `boot` was sent in this life and is not above `spooled`; how many that were. */
size_t evq_spooled(struct ev_queue *queue, const char *boot, uint64_t spooled);
/* Forget the one message at `index`: its gateway keeps it, and cannot read its number. */
void evq_let_go(struct ev_queue *queue, size_t index);

/* The first 8 bytes of SHA-256 as 16 hexadecimal digits: how a receipt names what has no number. */
void ev_digest(const void *bytes, size_t size, char digits[17]);

#endif
