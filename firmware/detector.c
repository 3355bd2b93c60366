#include "firmware/detector.h"

#include "network.h"

#if NETWORK_HAS_DETECTOR

enum {
    CODE_MIN = -2048,
    CODE_MAX = 2047,
    SYSTEM = DETECTOR_PHASES,
    NORMAL = 0,

    DEVIATION_MAX = 4095,
    DEVIATION_MIN = 51,      /* 0.1 pu */
    DEVIATIONS_SQUARED = 64, /* eight times their RMS */
    MEMORY = 256,            /* samples over which that RMS is taken */
    WARM = DETECTOR_CYCLE + MEMORY,
    WARM_UP = DETECTOR_CYCLE / 4,
    QUIET = DETECTOR_CYCLE, /* after an event of the RMS, whose edges look like anything */
    VERDICT = DETECTOR_CYCLE + DETECTOR_CYCLE / 2,
    TRANSIENT_MAX = 96,
    DECAY = 4,    /* the squares of its deviations, first half to second; else it is another voltage */
    HOPS_MIN = 4, /* in which the network says so, where no deviation does */
    HARMONICS_MIN = 3 * DETECTOR_CYCLE,
    NO_HARMONICS = UINT8_MAX,
};

/* The sum of a cycle's squares at an RMS of `pu`; no whole number, so that < and <= are one. */
#define SQUARES(pu) ((uint32_t)((pu) * (pu) * 512 * 512 * DETECTOR_CYCLE))
#define HYSTERESIS 0.02

/* An event of the RMS. */
struct run {
    uint32_t start;
    uint32_t extreme;
    uint8_t kind;
};

struct phase {
    uint32_t squares;    /* of the last cycle */
    uint32_t deviations; /* from the cycle before: the sum of MEMORY squares */
    struct run run;
    uint8_t state;
    uint8_t wait; /* samples until shapes count again */
    uint8_t transient_samples; /* 0: none */
    uint8_t transient_hops; /* in which the network said so */
    uint8_t deviated;
    uint8_t silent_hops; /* since the last one with harmonics */
    uint32_t transient_start;
    uint32_t early, late; /* squares of its deviations */
    uint32_t harmonics_start;
};

static struct {
    uint32_t clock; /* wraps */
    struct phase phases[DETECTOR_PHASES];
    struct run dip, swell; /* of the system */
    uint8_t lowest_state, highest_state;
    uint8_t event_count, lost;
    uint16_t seen; /* samples since the reset, at most WARM */
    struct detector_event events[DETECTOR_EVENTS_MAX];
    /* The last cycle's codes of 12 bits: eight and four of them. */
    int8_t high[DETECTOR_PHASES][DETECTOR_CYCLE];
    uint8_t low[DETECTOR_PHASES][DETECTOR_CYCLE / 2];
} self;

void detector_reset(void)
{
    uint8_t *const bytes = (uint8_t *)&self;

    for (size_t i = 0; i < sizeof self; i++) {
        bytes[i] = 0;
    }
    for (struct phase *phase = self.phases; phase < self.phases + DETECTOR_PHASES; phase++) {
        phase->wait = WARM_UP + 1;
        phase->silent_hops = NO_HARMONICS;
    }
}

static int32_t code_at(unsigned phase, unsigned place)
{
    return self.high[phase][place] * 16 + (self.low[phase][place / 2] >> (place % 2 * 4) & 15);
}

static void put_code(unsigned phase, unsigned place, int32_t code)
{
    const unsigned shift = place % 2 * 4;
    uint8_t *const low = &self.low[phase][place / 2];

    self.high[phase][place] = (int8_t)(code >> 4);
    *low = (uint8_t)((*low & ~(15u << shift)) | ((uint32_t)code & 15u) << shift);
}

static uint32_t square_root(uint32_t value)
{
    uint32_t root = 0;

    for (uint32_t bit = 1u << 15; bit != 0; bit >>= 1) {
        if ((root + bit) * (root + bit) <= value) {
            root += bit;
        }
    }
    return root;
}

static void end_event(unsigned channel, unsigned kind, uint32_t extreme, uint32_t start, uint32_t end)
{
    if (self.event_count == DETECTOR_EVENTS_MAX) {
        self.lost++;
        return;
    }
    self.events[self.event_count++] = (struct detector_event){
        .channel = (uint8_t)channel,
        .kind = (uint8_t)kind,
        .residual = (uint16_t)square_root(extreme / 2), /* 128 squares of 1/512 pu: the root is in 1/4096 pu */
        .start = start,
        .end = end,
    };
}

/* The state after a cycle with this sum of squares. */
static uint8_t step(uint8_t state, uint32_t squares)
{
    if (squares <= (state == DETECTOR_INTERRUPTION ? SQUARES(0.1 + HYSTERESIS) : SQUARES(0.1))) {
        return DETECTOR_INTERRUPTION;
    }
    if (squares <= (state == DETECTOR_SAG || state == DETECTOR_INTERRUPTION ? SQUARES(0.9 + HYSTERESIS) : SQUARES(0.9))) {
        return DETECTOR_SAG;
    }
    if (squares > (state == DETECTOR_SWELL ? SQUARES(1.1 - HYSTERESIS) : SQUARES(1.1))) {
        return DETECTOR_SWELL;
    }
    return NORMAL;
}

static int is_dip(unsigned kind)
{
    return kind == DETECTOR_SAG || kind == DETECTOR_INTERRUPTION;
}

/* A sag that runs into an interruption, or out of one, is one interruption. */
static void follow(struct run *run, unsigned channel, uint8_t kind, uint32_t squares)
{
    if (kind != run->kind && !(is_dip(kind) && is_dip(run->kind))) {
        if (run->kind != NORMAL) {
            end_event(channel, run->kind, run->extreme, run->start, self.clock);
        }
        *run = (struct run){.start = self.clock, .extreme = squares, .kind = kind};
        return;
    }
    if (kind == DETECTOR_INTERRUPTION) {
        run->kind = kind;
    }
    if (kind == DETECTOR_SWELL ? squares > run->extreme : squares < run->extreme) {
        run->extreme = squares;
    }
}

static uint32_t harmonics_end(const struct phase *phase)
{
    return (self.clock & ~(uint32_t)(DETECTOR_HOP - 1)) - phase->silent_hops * (uint32_t)DETECTOR_HOP;
}

static int has_harmonics(const struct phase *phase)
{
    return phase->silent_hops != NO_HARMONICS && harmonics_end(phase) - phase->harmonics_start >= HARMONICS_MIN;
}

static void end_harmonics(struct phase *phase)
{
    if (has_harmonics(phase)) {
        end_event((unsigned)(phase - self.phases), DETECTOR_HARMONICS, 0, phase->harmonics_start, harmonics_end(phase));
    }
    phase->silent_hops = NO_HARMONICS;
}

static void begin_transient(struct phase *phase, uint32_t start, uint8_t samples)
{
    if (phase->transient_samples == 0) {
        phase->transient_start = start;
        phase->transient_samples = samples;
        phase->transient_hops = 0;
        phase->deviated = 0;
        phase->early = 0;
        phase->late = 0;
    }
}

static void follow_shape(struct phase *phase, int32_t deviation)
{
    const uint32_t seen = self.seen - DETECTOR_CYCLE;
    const uint32_t distance = deviation < 0 ? (uint32_t)-deviation : (uint32_t)deviation;
    const uint32_t size = distance < DEVIATION_MAX ? distance : DEVIATION_MAX;
    const int deviates = size >= DEVIATION_MIN && size * size * seen / DEVIATIONS_SQUARED > phase->deviations;

    phase->deviations += size * size - (seen == MEMORY ? phase->deviations / MEMORY : 0);
    if (phase->state != NORMAL) {
        phase->wait = QUIET;
        phase->transient_samples = 0;
        end_harmonics(phase);
        return;
    }
    uint32_t age = self.clock - phase->transient_start;
    if (phase->transient_samples != 0 && age >= VERDICT) {
        if ((phase->deviated || phase->transient_hops >= HOPS_MIN) && phase->late <= phase->early / DECAY) {
            end_event((unsigned)(phase - self.phases), DETECTOR_TRANSIENT, 0, phase->transient_start,
                      phase->transient_start + phase->transient_samples);
        }
        phase->transient_samples = 0;
    }
    if (phase->wait != 0) {
        phase->wait--;
    }
    if (phase->wait == 0 && deviates) {
        begin_transient(phase, self.clock, 1);
        phase->deviated = 1;
    }
    age = self.clock - phase->transient_start;
    if (phase->transient_samples == 0 || age >= TRANSIENT_MAX) {
        return;
    }
    *(age < TRANSIENT_MAX / 2 ? &phase->early : &phase->late) += size * size;
    if (deviates && age >= phase->transient_samples) {
        phase->transient_samples = (uint8_t)(age + 1);
    }
}

static void take_sample(const uint8_t sample[2 * DETECTOR_PHASES])
{
    const unsigned place = self.clock % DETECTOR_CYCLE;
    uint32_t lowest = UINT32_MAX, highest = 0;

    for (unsigned i = 0; i < DETECTOR_PHASES; i++) {
        struct phase *const phase = &self.phases[i];
        const int32_t value = (int16_t)(sample[2 * i] | sample[2 * i + 1] << 8);
        const int32_t code = value < CODE_MIN ? CODE_MIN : value > CODE_MAX ? CODE_MAX : value;
        const int32_t before = code_at(i, place);

        put_code(i, place, code);
        phase->squares += (uint32_t)(code * code) - (uint32_t)(before * before);
        lowest = phase->squares < lowest ? phase->squares : lowest;
        highest = phase->squares > highest ? phase->squares : highest;
        if (self.seen >= DETECTOR_CYCLE - 1) {
            phase->state = step(phase->state, phase->squares);
            follow(&phase->run, i, phase->state, phase->squares);
        }
        if (self.seen >= DETECTOR_CYCLE) {
            follow_shape(phase, code - before);
        }
    }
    if (self.seen >= DETECTOR_CYCLE - 1) {
        self.lowest_state = step(self.lowest_state, lowest);
        self.highest_state = step(self.highest_state, highest);
        const uint8_t dip = is_dip(self.lowest_state) ? DETECTOR_SAG : NORMAL;
        follow(&self.dip, SYSTEM, self.highest_state == DETECTOR_INTERRUPTION ? DETECTOR_INTERRUPTION : dip, lowest);
        follow(&self.swell, SYSTEM, self.highest_state == DETECTOR_SWELL ? DETECTOR_SWELL : NORMAL, highest);
    }
    self.clock++;
    self.seen += self.seen < WARM;
}

void detector_take(const uint8_t samples[DETECTOR_HOP_BYTES])
{
    self.event_count = 0;
    self.lost = 0;
    for (unsigned i = 0; i < DETECTOR_HOP; i++) {
        take_sample(samples + 2 * DETECTOR_PHASES * i);
    }
}

int detector_has_window(void)
{
    return self.seen >= DETECTOR_CYCLE;
}

void detector_window(unsigned phase, int8_t window[2 * DETECTOR_CYCLE])
{
    /* 1/512 pu in steps of the network's input, times 2^16. */
    const int32_t factor = (int32_t)(65536.0 / 512 / NETWORK_INPUT_SCALE + 0.5);

    for (unsigned i = 0; i < DETECTOR_CYCLE; i++) {
        const int32_t code = code_at(phase, (self.clock + i) % DETECTOR_CYCLE);
        const int32_t value = ((code * factor + 32768) >> 16) + NETWORK_INPUT_ZERO_POINT;

        window[2 * i] = (int8_t)(value < INT8_MIN ? INT8_MIN : value > INT8_MAX ? INT8_MAX : value);
        window[2 * i + 1] = NETWORK_INPUT_ZERO_POINT;
    }
}

void detector_see(unsigned phase_index, unsigned class_index)
{
    struct phase *const phase = &self.phases[phase_index];

    if (self.seen <= DETECTOR_CYCLE || phase->wait != 0 || phase->state != NORMAL) {
        return;
    }
    if (class_index == NETWORK_CLASS_TRANSIENT) {
        begin_transient(phase, self.clock - DETECTOR_HOP, DETECTOR_HOP);
        phase->transient_hops++;
    }
    if (class_index == NETWORK_CLASS_HARMONICS) {
        if (phase->silent_hops == NO_HARMONICS) {
            phase->harmonics_start = self.clock - DETECTOR_CYCLE;
        }
        phase->silent_hops = 0;
    } else if (phase->silent_hops != NO_HARMONICS && ++phase->silent_hops == DETECTOR_CYCLE / DETECTOR_HOP) {
        end_harmonics(phase);
    }
}

uint32_t detector_clock(void)
{
    return self.clock;
}

size_t detector_ended(const struct detector_event **events)
{
    *events = self.events;
    return self.event_count;
}

uint8_t detector_lost(void)
{
    return self.lost;
}

size_t detector_lasting(void (*put)(void *context, const struct detector_event *event), void *context)
{
    const struct run *const runs[] = {&self.phases[0].run, &self.phases[1].run, &self.phases[2].run, &self.dip, &self.swell};
    size_t count = 0;

    for (unsigned i = 0; i < sizeof runs / sizeof *runs; i++) {
        if (runs[i]->kind == NORMAL) {
            continue;
        }
        count++;
        if (put != NULL) {
            put(context, &(struct detector_event){
                             .channel = (uint8_t)(i < SYSTEM ? i : SYSTEM),
                             .kind = runs[i]->kind,
                             .residual = (uint16_t)square_root(runs[i]->extreme / 2),
                             .start = runs[i]->start,
                         });
        }
    }
    for (unsigned i = 0; i < DETECTOR_PHASES; i++) {
        if (!has_harmonics(&self.phases[i])) {
            continue;
        }
        count++;
        if (put != NULL) {
            put(context, &(struct detector_event){
                             .channel = (uint8_t)i, .kind = DETECTOR_HARMONICS, .start = self.phases[i].harmonics_start});
        }
    }
    return count;
}

#endif
