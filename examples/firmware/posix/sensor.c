/* A sensor on POSIX: a line of stdin is a message; `queued BOOT SEQ` on stdout means that it cannot be lost.
 *   echo 'soil_temperature 12.5 Cel 0.1; soil_moisture 0.31' | ecoviv-sensor -s meadow -d soil-1 -q soil.queue
 * A reading is QUANTITY VALUE [UNIT [DEPTH_M]].  -e MS: a health message so often, and no end with stdin;
 * -c ntp|rtc|gps: this machine's clock is right, else the gateway's is used; -r MS: silence before a repeat. */
#define _GNU_SOURCE
#include "ecoviv.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <time.h>

#define WINDOW 50     /* messages under way without a receipt */
#define LONGEST 60000 /* between repeats, and twice that between connections [ms] */
#define FRESH 10000   /* how old what a receipt answers may be for its `time` to count [ms] */
#define BOOTS 8

static struct ev_queue queue;
static const char *host = "127.0.0.1", *site, *device, *ca, *own_clock;
static int port = 1883, connected;
static uint32_t connection; /* counted; 0 before the first */
static char boot[EV_BOOT], receipts[256], payload[EV_MAX_MESSAGE];
static uint64_t begin, seq, silence = 5000, tries, moved, clock_base; /* [ms] but seq and tries */
static struct { char boot[EV_BOOT]; uint64_t spooled; } told[BOOTS]; /* what receipts said last, by boot */
static volatile sig_atomic_t ending;

static uint64_t now_ms(clockid_t clock)
{
    struct timespec at;
    clock_gettime(clock, &at);
    return (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}

/* A message of `kind` with the members in `body`: who, which number and when before them; kept, then told. */
static void keep(const char *kind, cJSON *body)
{
    static uint64_t said; /* two values of a series at one time would be a conflict */
    char time[80] = "", *members = cJSON_PrintUnformatted(body);
    uint64_t uptime = now_ms(CLOCK_BOOTTIME) - begin, at = own_clock ? now_ms(CLOCK_REALTIME) : clock_base + uptime;
    if (own_clock || clock_base) {
        said = at = at > said ? at : said + 1;
        time_t seconds = (time_t)(at / 1000);
        size_t end = strftime(time, sizeof time, ",\"time\":\"%FT%T", gmtime(&seconds));
        snprintf(time + end, sizeof time - end, ".%03uZ\",\"clock\":\"%s\"", (unsigned)(at % 1000),
                 own_clock ? own_clock : "gateway");
    }
    int size = !members ? -1 : snprintf(payload, sizeof payload,
        "{\"v\":1,\"kind\":\"%s\",\"site\":\"%s\",\"device\":\"%s\",\"boot\":\"%s\",\"seq\":%llu%s,\"uptime_ms\":%llu,"
        "\"firmware\":\"ecoviv-posix 1\",%s", kind, site, device, boot, (unsigned long long)seq + 1, time,
        (unsigned long long)uptime, members + 1);
    if (size > 0 && evq_add(&queue, boot, kind, seq + 1, payload, (size_t)size) == 0)
        printf("queued %s %llu\n", boot, (unsigned long long)++seq);
    else
        fprintf(stderr, "not queued: %s\n", strerror(errno));
    fflush(stdout);
    free(members);
}

static void take_line(char *line)
{
    char name[80], unit[24];
    double value, depth;
    int good = 1;
    cJSON *body = cJSON_CreateObject(), *readings = cJSON_AddArrayToObject(body, "readings");
    for (char *rest = line, *part; (part = strsep(&rest, ";"));) {
        int fields = sscanf(part, "%79s %lf %23s %lf", name, &value, unit, &depth);
        cJSON *reading = cJSON_CreateObject();
        cJSON_AddItemToArray(readings, reading);
        good &= fields > 1 && isfinite(value) && (fields < 4 || isfinite(depth));
        cJSON_AddStringToObject(reading, "quantity", fields > 0 ? name : "");
        cJSON_AddNumberToObject(reading, "value", fields > 1 ? value : 0);
        if (fields > 2)
            cJSON_AddStringToObject(reading, "unit", unit);
        if (fields > 3)
            cJSON_AddNumberToObject(reading, "depth_m", depth);
    }
    if (good)
        keep("readings", body);
    else
        fprintf(stderr, "not queued, no reading\n");
    cJSON_Delete(body);
}

static void take_health(void)
{
    struct statvfs disk;
    cJSON *body = cJSON_CreateObject();
    cJSON_AddNumberToObject(body, "queued", (double)queue.count);
    if (fstatvfs(queue.fd, &disk) == 0)
        cJSON_AddNumberToObject(body, "free_mb", (double)disk.f_bavail * (double)disk.f_frsize / 1e6);
    keep("health", body);
    cJSON_Delete(body);
}

/* The lowest number that is held of the message's boot, where the gateway waits for lower ones; else 0. */
static uint64_t floor_of(const struct ev_message *message)
{
    const struct ev_message *lowest = queue.held;
    uint64_t spooled = 0;
    while (strcmp(lowest->boot, message->boot) != 0)
        lowest++;
    for (int slot = 0; slot < BOOTS; slot++)
        if (strcmp(told[slot].boot, message->boot) == 0)
            spooled = told[slot].spooled;
    return lowest->seq > spooled + 1 ? lowest->seq : 0;
}

/* Its payload as it goes out, the `floor` in it; its size, 0 if the disk fails. */
static size_t written(size_t index)
{
    size_t size = queue.held[index].size;
    if (evq_read(&queue, index, payload) != 0)
        return 0;
    if (queue.held[index].floor)
        size += (size_t)sprintf(payload + size - 1, ",\"floor\":%llu}", (unsigned long long)queue.held[index].floor) - 1;
    return size;
}

/* Hand over what was not sent on this connection, a window of it; all of that again after a silence. */
static void hand_over(struct mosquitto *line)
{
    char topic[256];
    uint64_t now = now_ms(CLOCK_BOOTTIME), patience = silence << (tries < 6 ? tries : 6);
    int waiting = queue.count && queue.held[0].connection;
    int again = waiting && now - moved > (patience < LONGEST ? patience : LONGEST);
    if (again || !waiting)
        moved = now, tries = again ? tries + 1 : 0;
    for (size_t at = 0; connected && at < queue.count && at < WINDOW; at++) {
        struct ev_message *one = &queue.held[at];
        if (one->connection == connection && !again)
            continue;
        one->floor = floor_of(one);
        snprintf(topic, sizeof topic, "ecoviv/1/%s/%s/%s", site, device, one->kind);
        size_t size = written(at);
        if (!size || mosquitto_publish_v5(line, NULL, topic, (int)size, payload, 1, false, NULL) != MOSQ_ERR_SUCCESS)
            return;
        one->connection = connection;
        one->first_sent = one->first_sent ? one->first_sent : now;
    }
}

/* A message without a legible number is kept by the gateway as it is: repeating it would never end. */
static void let_go(const char *refused)
{
    char digits[17];
    fprintf(stderr, "refused %s\n", refused);
    for (size_t at = 0; strncmp(refused, "sha256 ", 7) == 0 && at < queue.count && at < WINDOW; at++) {
        ev_digest(payload, written(at), digits);
        if (queue.held[at].first_sent && strncmp(refused + 7, digits, 16) == 0)
            return evq_let_go(&queue, at);
    }
}

/* `sent`: when what the receipt newly confirms was sent first; 0: nothing. */
static void set_clock(const char *text, uint64_t sent)
{
    struct tm tm = {0};
    uint64_t now = now_ms(CLOCK_BOOTTIME);
    const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    if (rest && sent && now - sent < FRESH && text[strlen(text) - 1] == 'Z')
        clock_base = (uint64_t)timegm(&tm) * 1000 + (uint64_t)(strtod(rest, NULL) * 1000) - (now - begin);
}

static void receive(struct mosquitto *line, void *own, const struct mosquitto_message *got, const mosquitto_property *p)
{
    cJSON *receipt = cJSON_ParseWithLength(got->payload, (size_t)got->payloadlen), *one;
    const char *of = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(receipt, "boot"));
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(receipt, "spooled");
    uint64_t spooled = cJSON_IsNumber(number) && number->valuedouble > 0 ? (uint64_t)number->valuedouble : 0, sent = 0;
    int slot = 0;
    if (of && *of && strlen(of) < EV_BOOT) {
        while (slot < BOOTS - 1 && *told[slot].boot && strcmp(told[slot].boot, of) != 0)
            slot++;
        snprintf(told[slot].boot, EV_BOOT, "%s", of), told[slot].spooled = spooled;
        for (size_t at = 0; at < queue.count; at++)
            if (queue.held[at].seq <= spooled && strcmp(queue.held[at].boot, of) == 0)
                sent = queue.held[at].first_sent;
        if (evq_spooled(&queue, of, spooled))
            moved = now_ms(CLOCK_BOOTTIME), tries = 0;
        set_clock(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(receipt, "time")), sent);
    }
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(receipt, "refused")) if (cJSON_IsString(one))
        let_go(one->valuestring);
    cJSON_Delete(receipt);
}

static void greeted(struct mosquitto *line, void *own, int reason, int flags, const mosquitto_property *p)
{
    if (reason)
        fprintf(stderr, "the broker refused: %s\n", mosquitto_reason_string(reason));
    else
        mosquitto_subscribe_v5(line, NULL, receipts, 1, MQTT_SUB_OPT_SEND_RETAIN_NEVER, NULL);
}

/* Messages go out only when the receipts are heard. */
static void subscribed(struct mosquitto *line, void *own, int mid, int n, const int *granted, const mosquitto_property *p)
{
    connected = n == 1 && *granted < 128;
    connection += (uint32_t)connected;
}

/* MQTT 5 says so; with 3.1.1 what a device may not write vanishes in silence. */
static void answered(struct mosquitto *line, void *own, int mid, int reason, const mosquitto_property *p)
{
    if (reason >= 128)
        fprintf(stderr, "the broker gave a message to nobody: %s\n", mosquitto_reason_string(reason));
}

/* A new client for every connection: what an old one still had under way is in the queue. */
static struct mosquitto *dial(void)
{
    struct mosquitto *line = mosquitto_new(boot, true, NULL);
    mosquitto_int_option(line, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_username_pw_set(line, getenv("ECOVIV_BROKER_USERNAME"), getenv("ECOVIV_BROKER_PASSWORD"));
    mosquitto_connect_v5_callback_set(line, greeted);
    mosquitto_subscribe_v5_callback_set(line, subscribed);
    mosquitto_message_v5_callback_set(line, receive);
    mosquitto_publish_v5_callback_set(line, answered);
    if (!(ca && mosquitto_tls_set(line, ca, NULL, NULL, NULL, NULL)) && !mosquitto_connect(line, host, port, 30))
        return line;
    mosquitto_destroy(line);
    return NULL;
}

/* Whole lines from stdin; 0 when it has ended. */
static int listen_to_stdin(void)
{
    static char line[8192];
    static size_t have;
    ssize_t got = read(STDIN_FILENO, line + have, sizeof line - have);
    have += got > 0 ? (size_t)got : 0;
    for (char *stop; (stop = memchr(line, '\n', have)); memmove(line, stop + 1, have)) {
        *stop = 0, have -= (size_t)(stop + 1 - line);
        take_line(line);
    }
    if (have == sizeof line)
        have = 0, fprintf(stderr, "not queued: a line of %zu letters\n", sizeof line);
    return got > 0;
}

static void end(int number) { ending = number; }

int main(int argc, char **argv)
{
    const char *path = NULL;
    uint64_t every = 0, next = 0, dial_at = 0, pause = 200, random = 0;
    struct mosquitto *broker = NULL;
    struct sigaction at_end = {.sa_handler = end};
    for (int option; (option = getopt(argc, argv, "h:p:s:d:q:e:r:c:C:")) != -1;)
        switch (option) {
        case 'h': host = optarg; break;
        case 'p': port = atoi(optarg); break;
        case 's': site = optarg; break;
        case 'd': device = optarg; break;
        case 'q': path = optarg; break;
        case 'e': every = strtoull(optarg, NULL, 10); break;
        case 'r': silence = strtoull(optarg, NULL, 10); break;
        case 'c': own_clock = optarg; break;
        case 'C': ca = optarg; break;
        default: return 2;
        }
    if (!site || !device || !path)
        return fprintf(stderr, "-s SITE -d DEVICE -q QUEUE are needed\n"), 2;
    if (evq_open(&queue, path) != 0 || getrandom(&random, sizeof random, 0) != sizeof random)
        return perror(path), 1;
    snprintf(boot, sizeof boot, "p%016llx", (unsigned long long)random);
    snprintf(receipts, sizeof receipts, "ecoviv/1/%s/%s/receipt", site, device);
    begin = now_ms(CLOCK_BOOTTIME);
    sigaction(SIGTERM, &at_end, NULL);
    sigaction(SIGINT, &at_end, NULL);
    signal(SIGPIPE, SIG_IGN);
    mosquitto_lib_init();
    for (int talking = 1; !ending && (talking || every || queue.count);) {
        uint64_t now = now_ms(CLOCK_BOOTTIME);
        if (!broker && now >= dial_at && !(broker = dial()))
            dial_at = now + pause + random % pause, pause = pause < LONGEST ? pause * 2 : pause;
        if (every && now >= next && queue.count < EV_MOST)
            take_health(), next = now + every;
        if (broker)
            hand_over(broker);
        struct pollfd on[2] = {{talking && queue.count < EV_MOST ? STDIN_FILENO : -1, POLLIN, 0},
                               {broker ? mosquitto_socket(broker) : -1, POLLIN, 0}};
        if (broker && mosquitto_want_write(broker))
            on[1].events |= POLLOUT;
        poll(on, 2, 20);
        if (on[0].revents)
            talking = listen_to_stdin();
        if (broker && (mosquitto_loop_read(broker, 1) || mosquitto_loop_write(broker, 1) ||
                       mosquitto_loop_misc(broker))) {
            mosquitto_destroy(broker);
            broker = NULL, connected = 0, dial_at = now + pause;
        } else if (connected)
            pause = 200;
    }
    return 0;
}
