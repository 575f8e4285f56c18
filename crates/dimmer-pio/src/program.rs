//! The programs of the state machines, assembled by hand from the RP2040 data sheet, section 3.4.

/// What a state machine runs, for any hardware abstraction to load: addresses count from 0, and nothing is side-set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program<const LENGTH: usize> {
    /// The instructions.
    pub code: [u16; LENGTH],
    /// The address after which the machine goes on at `wrap_target`.
    pub wrap_source: u8,
    /// Where it goes on then.
    pub wrap_target: u8,
}

/// Cycles of [`GATE`] in a second: a tenth of a microsecond each.
pub const GATE_HERTZ: u32 = 10_000_000;

/// Cycles of [`CAPTURE`] in a second: it looks at the pin and counts once in five, which is once in a microsecond.
pub const CAPTURE_HERTZ: u32 = 5_000_000;

const DELAY: u16 = 8;
const ALWAYS: u16 = 0b000;
const X_THEN_DECREMENT: u16 = 0b010;
const Y_THEN_DECREMENT: u16 = 0b100;
const PIN: u16 = 0b110;
const INTO_X: u16 = 1;
const INTO_Y: u16 = 2;

const fn jump(condition: u16, address: u16) -> u16 {
    (condition << 5) | address
}

/// `in SOURCE, COUNT`, of which 32 is written as 0.
const fn shift_in(source: u16, count: u16) -> u16 {
    (0b010 << 13) | (source << 5) | (count & 31)
}

const fn shift_out(destination: u16, count: u16) -> u16 {
    (0b011 << 13) | (destination << 5) | (count & 31)
}

const fn wait_cycles(cycles: u16) -> u16 {
    cycles << DELAY
}

/// `push noblock`: what does not fit is lost, and the count goes on.
const PUSH: u16 = 0b100 << 13;
/// `pull block`.
const PULL: u16 = (0b100 << 13) | (0b101 << 5);
/// `set pins, 1`.
const SET_PIN_HIGH: u16 = SET_PIN_LOW | 1;
/// `set pins, 0`: for whoever halts a gate's machine.
pub const SET_PIN_LOW: u16 = 0b111 << 13;
/// `mov x, ~null`: what [`CAPTURE`] counts down from.
pub const X_ALL_ONES: u16 = (0b101 << 13) | (0b001 << 5) | (0b01 << 3) | 0b011;
/// `set y, 1`: the bit by which [`CAPTURE`] marks a rising edge.
pub const Y_ONE: u16 = (0b111 << 13) | (0b010 << 5) | 1;

/// One pulse for each word, and nothing without a word.
///
/// It waits for a word at its first instruction with the pin low, waits for as many cycles as the low 20 bits say, has the pin high for as many microseconds
/// as the high 12 bits say and two more, and waits for the next. Words are shifted out to the right, without autopull; the pin is the only set pin, and an output.
pub const GATE: Program<7> = Program {
    code: [
        PULL,
        shift_out(INTO_X, 20),
        shift_out(INTO_Y, 12),
        jump(X_THEN_DECREMENT, 3),
        SET_PIN_HIGH | wait_cycles(9),
        jump(Y_THEN_DECREMENT, 5) | wait_cycles(9),
        SET_PIN_LOW,
    ],
    wrap_source: 6,
    wrap_target: 0,
};

/// Counts microseconds down in X, and pushes a word for each edge of its jump pin: the direction, and 31 bits of the count.
///
/// It starts with X from [`X_ALL_ONES`] and Y from [`Y_ONE`], at address 0. Words are shifted in to the left, without autopush. Every way through takes five cycles for each step of the
/// count, those with an edge as well, so that the count is a clock.
pub const CAPTURE: Program<12> = Program {
    code: [
        // While the pin is low. Both ways out of the first jump lead to the second: at zero the count goes round.
        jump(X_THEN_DECREMENT, 1),
        jump(PIN, 4),
        jump(ALWAYS, 0) | wait_cycles(2),
        // While it is high.
        jump(ALWAYS, 7) | wait_cycles(2),
        // It rose.
        shift_in(INTO_Y, 1),
        shift_in(INTO_X, 31),
        PUSH,
        jump(X_THEN_DECREMENT, 8),
        jump(PIN, 3),
        // It fell: a zero bit, which `null` is.
        shift_in(0b011, 1),
        shift_in(INTO_X, 31),
        PUSH,
    ],
    wrap_source: 11,
    wrap_target: 0,
};

#[cfg(test)]
mod tests {
    use super::*;

    /// As the emulator's tests have them.
    #[test]
    fn the_programs_are_these_words() {
        assert_eq!(
            GATE.code,
            [0x80A0, 0x6034, 0x604C, 0x0043, 0xE901, 0x0985, 0xE000]
        );
        assert_eq!(
            CAPTURE.code,
            [
                0x0041, 0x00C4, 0x0200, 0x0207, 0x4041, 0x403F, 0x8000, 0x0048, 0x00C3, 0x4061,
                0x403F, 0x8000
            ]
        );
        assert_eq!((SET_PIN_LOW, X_ALL_ONES, Y_ONE), (0xE000, 0xA02B, 0xE041));
    }
}
