/*
 * The streaming detector: events of three voltages with start, end, class and residual voltage, per phase and polyphase.
 * Knows no frames and no network: it takes samples, hands out windows, and is told the class of each.
 * Sags, swells and interruptions follow the one-cycle RMS, sample by sample, as IEC 61000-4-30:2015, 5.4 and 5.5: below 0.9, above 1.1, below
 * 0.1 pu, hysteresis 0.02 pu; polyphase from the first phase that leaves its limits until all are back. Transients and harmonics follow
 * the network's classes; transients also the deviation from the cycle before. detector_reference.py says the same in NumPy.
 */
#ifndef FIRMWARE_DETECTOR_H
#define FIRMWARE_DETECTOR_H

#include <stddef.h>
#include <stdint.h>

enum {
    DETECTOR_PHASES = 3,
    DETECTOR_CYCLE = 128, /* samples */
    DETECTOR_HOP = 16,
    DETECTOR_HOP_BYTES = 2 * DETECTOR_HOP * DETECTOR_PHASES,
    DETECTOR_EVENTS_MAX = 6, /* that end within one hop; further ones are counted as lost */

    DETECTOR_SAG = 1,
    DETECTOR_SWELL = 2,
    DETECTOR_INTERRUPTION = 3,
    DETECTOR_TRANSIENT = 4,
    DETECTOR_HARMONICS = 5,
};

/* The samples since the reset; 0 as `end` while an event lasts. Residual: one-cycle RMS in 1/4096 pu, the lowest, of a swell the highest. */
struct detector_event {
    uint8_t channel; /* 0 to 2, or 3: the system */
    uint8_t kind;
    uint16_t residual;
    uint32_t start;
    uint32_t end; /* the first sample after it */
};

void detector_reset(void);

/*
 * The next hop: int16 little-endian [DETECTOR_HOP][DETECTOR_PHASES] in codes of 1/512 pu; beyond -2048 to 2047 they saturate. Forgets
 * the events of the hop before.
 */
void detector_take(const uint8_t samples[DETECTOR_HOP_BYTES]);

/* Whether a whole cycle is there: then each phase's window is to be classified, and the class told. */
int detector_has_window(void);

/* The last cycle of a phase as the network takes it, voltage and current in turn; no current is known: its value is the zero point. */
void detector_window(unsigned phase, int8_t window[2 * DETECTOR_CYCLE]);
void detector_see(unsigned phase, unsigned class_index);

/* Samples since the reset (wraps after 2^32, at 50 Hz a week), events that ended in this hop, and how many more did not fit. */
uint32_t detector_clock(void);
size_t detector_ended(const struct detector_event **events);
uint8_t detector_lost(void);

/* Calls `put` for each event that lasts; counts them if it is NULL. */
size_t detector_lasting(void (*put)(void *context, const struct detector_event *event), void *context);

#endif
