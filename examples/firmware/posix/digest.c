/* SHA-256 (FIPS 180-4), of which a receipt shows the first 8 bytes where it can name no number. */
#include "ecoviv.h"

#include <math.h>

static uint32_t turned(uint32_t word, int by) { return word >> by | word << (32 - by); }

/* 32 bits of the broken part of the square or cube root of a prime: the standard's constants. */
static uint32_t broken(double root) { return (uint32_t)((root - floor(root)) * 4294967296.0); }

static void block(uint32_t state[8], const uint32_t constant[64], const unsigned char *bytes)
{
    uint32_t w[64], v[8];
    for (int t = 0; t < 16; t++, bytes += 4)
        w[t] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    for (int t = 16; t < 64; t++)
        w[t] = w[t - 16] + w[t - 7] + (turned(w[t - 15], 7) ^ turned(w[t - 15], 18) ^ w[t - 15] >> 3) +
               (turned(w[t - 2], 17) ^ turned(w[t - 2], 19) ^ w[t - 2] >> 10);
    memcpy(v, state, sizeof v);
    for (int t = 0; t < 64; t++) {
        uint32_t one = v[7] + (turned(v[4], 6) ^ turned(v[4], 11) ^ turned(v[4], 25)) +
                       ((v[4] & v[5]) ^ (~v[4] & v[6])) + constant[t] + w[t];
        uint32_t two = (turned(v[0], 2) ^ turned(v[0], 13) ^ turned(v[0], 22)) +
                       ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += one, v[0] = one + two;
    }
    for (int at = 0; at < 8; at++)
        state[at] += v[at];
}

void ev_digest(const void *bytes, size_t size, char digits[17])
{
    uint32_t state[8], constant[64];
    unsigned char last[128] = {0};
    size_t whole = size / 64 * 64, tail = size - whole, padded = tail < 56 ? 64 : 128, at;
    for (int prime = 2, found = 0; found < 64; prime++) {
        int by = 2;
        while (prime % by)
            by++;
        if (by == prime && found < 8)
            state[found] = broken(sqrt(prime));
        if (by == prime)
            constant[found++] = broken(cbrt(prime));
    }
    for (at = 0; at < whole; at += 64)
        block(state, constant, (const unsigned char *)bytes + at);
    memcpy(last, (const unsigned char *)bytes + whole, tail);
    last[tail] = 0x80;
    for (at = 0; at < 8; at++)
        last[padded - 1 - at] = (unsigned char)((uint64_t)size * 8 >> 8 * at);
    for (at = 0; at < padded; at += 64)
        block(state, constant, last + at);
    snprintf(digits, 17, "%08x%08x", state[0], state[1]);
}
