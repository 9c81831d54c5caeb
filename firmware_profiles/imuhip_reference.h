/*
 * imuhip_reference.h: the open sensor format of imuhip, for firmware authors.
 *
 * One file of C99, without dependencies: no allocation, no library, no floating point, no state of
 * its own. Include it, and send what it writes. docs/reference_sensor.md explains it, and
 * firmware_profiles/reference.toml is the definition that imuhip reads.
 *
 *     static imuhip_stream stream;                          // one a sensor
 *
 *     on a write to the control characteristic:
 *         uint16_t rate_hz;
 *         imuhip_command command = imuhip_parse_control(data, length, &rate_hz);
 *         bool done = command != IMUHIP_UNKNOWN && ... start or stop sampling ...;
 *         if (command == IMUHIP_START && done) imuhip_stream_begin(&stream, att_mtu);
 *         notify(control, answer, imuhip_encode_answer(answer, data, length, done));
 *
 *     on each sample of the chip:
 *         length = imuhip_stream_add(&stream, &sample, now_us, packet, sizeof packet);
 *         if (length > 0) notify(data, packet, length);
 *
 * Copyright (c) 2026 The imuhip authors. SPDX-License-Identifier: MIT
 */
#ifndef IMUHIP_REFERENCE_H
#define IMUHIP_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IMUHIP_FORMAT_VERSION 1u

#define IMUHIP_SERVICE_UUID "49940001-b8d2-418c-9313-3845df04f39f"
#define IMUHIP_DATA_UUID "49940002-b8d2-418c-9313-3845df04f39f"
#define IMUHIP_CONTROL_UUID "49940003-b8d2-418c-9313-3845df04f39f"
#define IMUHIP_CONFIG_UUID "49940004-b8d2-418c-9313-3845df04f39f"

#define IMUHIP_ACC_RANGE_G 16u
#define IMUHIP_GYR_RANGE_DEG_S 2000u

#define IMUHIP_HEADER_SIZE 8u  /* u32 packet counter, u32 microseconds of the last sample */
#define IMUHIP_SAMPLE_SIZE 12u /* six i16 */
#define IMUHIP_CONFIG_SIZE 8u
#define IMUHIP_ANSWER_SIZE 2u
#define IMUHIP_NOTIFY_OVERHEAD 3u /* of a notification, within the ATT MTU */

/* Most samples that imuhip_stream gathers; a packet of 8 is 104 bytes. */
#ifndef IMUHIP_MAX_SAMPLES
#define IMUHIP_MAX_SAMPLES 8u
#endif

#define IMUHIP_PACKET_SIZE(samples) (IMUHIP_HEADER_SIZE + IMUHIP_SAMPLE_SIZE * (samples))

/* Raw counts along the axes printed on the case: acc in 16 g / 32768, gyr in 2000 deg/s / 32768. */
typedef struct {
    int16_t acc[3];
    int16_t gyr[3];
} imuhip_sample;

typedef enum {
    IMUHIP_UNKNOWN = 0xFF, /* nothing that this format knows: not done */
    IMUHIP_STOP = 0x00,
    IMUHIP_START = 0x01
} imuhip_command;

/* Samples that are gathered for a packet, and its counter. */
typedef struct {
    imuhip_sample samples[IMUHIP_MAX_SAMPLES];
    uint32_t counter;
    uint16_t count;
    uint16_t per_packet;
} imuhip_stream;

/* --- scaling ---------------------------------------------------------------------------------- */

/*
 * Counts of a chip as counts of this format: value * numerator / denominator, rounded to the
 * nearest and clipped to the range's ends, so that imuhip sees saturation. 0 < denominator.
 */
static inline int16_t imuhip_rescale(int16_t value, int16_t numerator, int16_t denominator)
{
    int32_t product = (int32_t)value * numerator;
    int32_t half = denominator / 2;
    int32_t result = (product >= 0 ? product + half : product - half) / denominator;
    if (result > INT16_MAX) {
        return INT16_MAX;
    }
    if (result < INT16_MIN) {
        return INT16_MIN;
    }
    return (int16_t)result;
}

/*
 * The gyroscopes of common chips at +-2000 deg/s. Their accelerometers at +-16 g have the counts of
 * this format (2048 a g; LSM6DS 2049) and are sent as they are.
 */

/* LSM6DS3, DS3TR-C, DSL, DSO, DSOX: 70 mdeg/s a count. */
static inline int16_t imuhip_gyr_from_lsm6ds(int16_t value)
{
    return imuhip_rescale(value, 3584, 3125);
}

/* BMI160, BMI270, MPU-6050, MPU-9250, ICM-20948: 16.4 counts per deg/s. */
static inline int16_t imuhip_gyr_from_16_4(int16_t value)
{
    return imuhip_rescale(value, 1024, 1025);
}

/* --- bytes ------------------------------------------------------------------------------------ */

static inline void imuhip_put_u16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)(value & 0xFFu);
    out[1] = (uint8_t)(value >> 8);
}

static inline void imuhip_put_u32(uint8_t *out, uint32_t value)
{
    imuhip_put_u16(out, (uint16_t)(value & 0xFFFFu));
    imuhip_put_u16(out + 2, (uint16_t)(value >> 16));
}

/* How many samples fit a notification at this ATT MTU; 0 where none does. */
static inline uint16_t imuhip_samples_that_fit(uint16_t att_mtu)
{
    if (att_mtu < IMUHIP_NOTIFY_OVERHEAD + IMUHIP_PACKET_SIZE(1u)) {
        return 0;
    }
    return (uint16_t)((att_mtu - IMUHIP_NOTIFY_OVERHEAD - IMUHIP_HEADER_SIZE) / IMUHIP_SAMPLE_SIZE);
}

/*
 * Write a packet of `count` samples, oldest first, and return its length; 0 where there are none,
 * or they do not fit into `room`. `counter` counts packets from the start of streaming, those not
 * sent included; `last_us` is the time of the last sample. Both wrap at 2^32.
 */
static inline size_t imuhip_encode_packet(uint8_t *out, size_t room, uint32_t counter,
                                          uint32_t last_us, const imuhip_sample *samples,
                                          size_t count)
{
    size_t i;
    int axis;
    if (count == 0 || room < IMUHIP_HEADER_SIZE
        || count > (room - IMUHIP_HEADER_SIZE) / IMUHIP_SAMPLE_SIZE) {
        return 0;
    }
    imuhip_put_u32(out, counter);
    imuhip_put_u32(out + 4, last_us);
    out += IMUHIP_HEADER_SIZE;
    for (i = 0; i < count; i++) {
        for (axis = 0; axis < 3; axis++) {
            imuhip_put_u16(out + 2 * axis, (uint16_t)samples[i].acc[axis]);
            imuhip_put_u16(out + 6 + 2 * axis, (uint16_t)samples[i].gyr[axis]);
        }
        out += IMUHIP_SAMPLE_SIZE;
    }
    return IMUHIP_PACKET_SIZE(count);
}

/* Write the value of the config characteristic, IMUHIP_CONFIG_SIZE bytes; returns its length. */
static inline size_t imuhip_encode_config(uint8_t *out, uint8_t per_packet, uint16_t rate_hz)
{
    out[0] = (uint8_t)IMUHIP_FORMAT_VERSION;
    out[1] = per_packet;
    imuhip_put_u16(out + 2, rate_hz);
    imuhip_put_u16(out + 4, (uint16_t)IMUHIP_ACC_RANGE_G);
    imuhip_put_u16(out + 6, (uint16_t)IMUHIP_GYR_RANGE_DEG_S);
    return IMUHIP_CONFIG_SIZE;
}

/* --- control ---------------------------------------------------------------------------------- */

/* What was written to the control characteristic; `rate_hz` is set by IMUHIP_START alone. */
static inline imuhip_command imuhip_parse_control(const uint8_t *data, size_t length,
                                                  uint16_t *rate_hz)
{
    if (length == 1 && data[0] == (uint8_t)IMUHIP_STOP) {
        return IMUHIP_STOP;
    }
    if (length == 3 && data[0] == (uint8_t)IMUHIP_START) {
        *rate_hz = (uint16_t)(data[1] | ((uint16_t)data[2] << 8));
        return IMUHIP_START;
    }
    return IMUHIP_UNKNOWN;
}

/*
 * Write the answer to what was written, to be notified on the control characteristic:
 * IMUHIP_ANSWER_SIZE bytes. Returns its length, 0 where nothing was written. A command that is
 * unknown, or could not be carried out, is not `done`.
 */
static inline size_t imuhip_encode_answer(uint8_t *out, const uint8_t *data, size_t length,
                                          int done)
{
    if (length == 0) {
        return 0;
    }
    out[0] = data[0];
    out[1] = (uint8_t)(done ? 0x00 : 0x01);
    return IMUHIP_ANSWER_SIZE;
}

/* --- a stream --------------------------------------------------------------------------------- */

/* Begin anew, with packets of as many samples as fit the link and IMUHIP_MAX_SAMPLES. Call it with
 * every start, once the MTU is known (23 until the host has asked for more). */
static inline void imuhip_stream_begin(imuhip_stream *stream, uint16_t att_mtu)
{
    uint16_t fit = imuhip_samples_that_fit(att_mtu);
    stream->counter = 0;
    stream->count = 0;
    stream->per_packet = fit < IMUHIP_MAX_SAMPLES ? fit : (uint16_t)IMUHIP_MAX_SAMPLES;
}

/*
 * Add a sample. Returns the length of the packet that it completed, to be notified now, or 0 where
 * more samples are gathered. The counter goes on with every packet: whether it could be sent is not
 * told here, and a gap is how imuhip sees that it was not.
 */
static inline size_t imuhip_stream_add(imuhip_stream *stream, const imuhip_sample *sample,
                                       uint32_t now_us, uint8_t *out, size_t room)
{
    size_t length;
    if (stream->per_packet == 0) {
        return 0;
    }
    stream->samples[stream->count++] = *sample;
    if (stream->count < stream->per_packet) {
        return 0;
    }
    length = imuhip_encode_packet(out, room, stream->counter, now_us, stream->samples,
                                  stream->count);
    stream->counter++;
    stream->count = 0;
    return length;
}

#ifdef __cplusplus
}
#endif

#endif /* IMUHIP_REFERENCE_H */
