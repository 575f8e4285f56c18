//! The state machines of the firing path, on this chip's registers.

use dimmer_app::{
    dimmer::{Duration, Instant},
    now,
};
use dimmer_pio::{
    CAPTURE, CAPTURE_HERTZ, GATE, GATE_HERTZ, GateMachines, PioGate, Program, SET_PIN_LOW, Stamps,
    X_ALL_ONES, Y_ONE,
};
use embassy_rp::{
    Peri,
    clocks::clk_sys_freq,
    gpio::Pull,
    pac,
    peripherals::{PIN_2, PIN_3, PIN_4, PIN_5, PIO0},
    pio::{
        Common, Config, Direction, FifoJoin, LoadedProgram, Pin, Pio, ShiftDirection, StateMachine,
        program,
    },
};

use super::board::{Interrupts, OUTPUTS};

/// The machine that time-stamps, and the one of the first output; those of the others follow.
pub(super) const CAPTURE_MACHINE: usize = 0;
const FIRST_GATE_MACHINE: usize = 1;

/// From a tick of the clock to the cycle in which the gate's machine takes the word, in its cycles. So that the mean delay is the planned one in the emulator (`cargo xtask emulate rp2040-w5500 measure`).
const PUSH_CYCLES: u8 = 6;

/// What the firing path works with.
pub(super) struct Path {
    pub(super) capture: StateMachine<'static, PIO0, CAPTURE_MACHINE>,
    pub(super) stamps: Stamps,
    pub(super) gate: PioGate<Machines, OUTPUTS>,
}

/// The gate drivers' pins.
pub(super) type Gates = (
    Peri<'static, PIN_3>,
    Peri<'static, PIN_4>,
    Peri<'static, PIN_5>,
);

/// Loads the programs and starts the machines: edges are stamped from now on, and the gates are off.
pub(super) fn start(
    machines: Peri<'static, PIO0>,
    detector: Peri<'static, PIN_2>,
    gates: Gates,
) -> Path {
    let Pio {
        mut common,
        sm0: mut capture,
        mut sm1,
        mut sm2,
        mut sm3,
        ..
    } = Pio::new(machines, Interrupts);

    let mut detector = common.make_pio_pin(detector);
    // The detector's output is an open collector.
    detector.set_pull(Pull::Up);
    let loaded = load(&mut common, &CAPTURE);
    let mut config = Config::default();
    config.use_program(&loaded, &[]);
    config.set_jmp_pin(&detector);
    config.clock_divider = divider(clk_sys_freq() / CAPTURE_HERTZ).into();
    config.shift_in.direction = ShiftDirection::Left;
    config.fifo_join = FifoJoin::RxOnly;
    capture.set_config(&config);
    capture.set_pin_dirs(Direction::In, &[&detector]);
    execute(CAPTURE_MACHINE, X_ALL_ONES);
    execute(CAPTURE_MACHINE, Y_ONE);

    let loaded = load(&mut common, &GATE);
    prepare(&mut sm1, common.make_pio_pin(gates.0), &loaded);
    prepare(&mut sm2, common.make_pio_pin(gates.1), &loaded);
    prepare(&mut sm3, common.make_pio_pin(gates.2), &loaded);

    let started = critical_section::with(|_| {
        let tick = now() + Duration::from_ticks(10);
        enable_when(low(tick), CAPTURE_MACHINE);
        tick
    });
    let machines = Machines {
        _owned: (sm1, sm2, sm3),
        origin: loaded.origin,
    };
    Path {
        capture,
        stamps: Stamps::new(started),
        gate: PioGate::new(machines, PUSH_CYCLES),
    }
}

/// Sets up the machine of an output: its pin is driven low from now on.
fn prepare<const MACHINE: usize>(
    machine: &mut StateMachine<'static, PIO0, MACHINE>,
    mut gate: Pin<'static, PIO0>,
    loaded: &LoadedProgram<'static, PIO0>,
) {
    // Until this line, and whenever the machine does not drive it, the pad's own pull and the resistor on the board hold it low.
    gate.set_pull(Pull::Down);
    let mut config = Config::default();
    config.use_program(loaded, &[]);
    config.set_set_pins(&[&gate]);
    // Its cycle is no whole number of the processor's.
    config.clock_divider = divider(2 * clk_sys_freq() / GATE_HERTZ).into();
    config.clock_divider /= 2;
    config.shift_out.direction = ShiftDirection::Right;
    config.fifo_join = FifoJoin::TxOnly;
    machine.set_config(&config);
    machine.set_pins(embassy_rp::gpio::Level::Low, &[&gate]);
    machine.set_pin_dirs(Direction::Out, &[&gate]);
}

/// What is too much for the divider would be a clock of many gigahertz.
fn divider(by: u32) -> u16 {
    u16::try_from(by).unwrap_or(u16::MAX)
}

fn load<const LENGTH: usize>(
    common: &mut Common<'static, PIO0>,
    source: &Program<LENGTH>,
) -> LoadedProgram<'static, PIO0> {
    common.load_program(&program::Program {
        code: source.code.into(),
        origin: None,
        wrap: program::Wrap {
            source: source.wrap_source,
            target: source.wrap_target,
        },
        side_set: program::SideSet::default(),
        version: program::PioVersion::V0,
    })
}

/// Lets a machine execute an instruction: one that sets a register, a pin or the address of a machine that stands still.
fn execute(machine: usize, instruction: u16) {
    let register = pac::PIO0.sm(machine).instr();
    register.write(|word| word.set_instr(instruction));
}

type GateMachine<const MACHINE: usize> = StateMachine<'static, PIO0, MACHINE>;

/// The state machines of the outputs, by their numbers.
pub(super) struct Machines {
    /// Dropped, they would stand still.
    _owned: (GateMachine<1>, GateMachine<2>, GateMachine<3>),
    /// Where their program begins.
    origin: u8,
}

impl GateMachines for Machines {
    fn now(&self) -> Instant {
        now()
    }

    fn wait_until(&self, at: Instant) {
        while now() < at {}
    }

    fn is_idle(&self, channel: usize) -> bool {
        // The queue first: a machine that is at its beginning after the queue was empty has nothing.
        let machine = FIRST_GATE_MACHINE + channel;
        pac::PIO0.fstat().read().txempty() & (1 << machine) != 0
            && pac::PIO0.sm(machine).addr().read().addr() == self.origin
    }

    fn push(&mut self, channel: usize, word: u32) -> bool {
        let machine = FIRST_GATE_MACHINE + channel;
        let has_room = pac::PIO0.fstat().read().txfull() & (1 << machine) == 0;
        if has_room {
            pac::PIO0.txf(machine).write_value(word);
        }
        has_room
    }

    fn push_at(&mut self, channel: usize, at: Instant, word: u32) -> bool {
        push_when(low(at), FIRST_GATE_MACHINE + channel, word)
    }

    fn halt(&mut self, channel: usize) {
        let machine = FIRST_GATE_MACHINE + channel;
        let mask = 1 << machine;
        let control = pac::PIO0.ctrl();
        control.modify(|control| control.set_sm_enable(control.sm_enable() & !mask));
        execute(machine, SET_PIN_LOW);
        // Both queues are emptied when they are joined otherwise.
        let joined = pac::PIO0.sm(machine).shiftctrl();
        joined.modify(|joined| joined.set_fjoin_rx(!joined.fjoin_rx()));
        joined.modify(|joined| joined.set_fjoin_rx(!joined.fjoin_rx()));
        control.modify(|control| control.set_sm_restart(mask));
        // A jump to the program's beginning.
        execute(machine, self.origin.into());
        control.modify(|control| control.set_sm_enable(control.sm_enable() | mask));
    }

    fn uninterrupted<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        critical_section::with(|_| work(self))
    }
}

/// The clock's lower half, which can be read at once.
fn low(at: Instant) -> u32 {
    u32::try_from(at.as_ticks() & u64::from(u32::MAX)).unwrap_or_default()
}

/// Whether the clock has come to show this moment, waiting for it; `false` at once when it is past.
#[inline(always)]
fn comes(at: u32) -> bool {
    let timer = pac::TIMER.timerawl();
    // More than half an hour ahead is behind.
    if at.wrapping_sub(timer.read()).wrapping_sub(1) > u32::MAX / 2 {
        return false;
    }
    while timer.read() != at {}
    true
}

/// Pushes a word at a tick. From RAM: what is fetched from flash takes now a cycle and now a hundred.
#[expect(unsafe_code, reason = "a section of the linker's")]
#[unsafe(link_section = ".data.push_when")]
#[inline(never)]
fn push_when(at: u32, machine: usize, word: u32) -> bool {
    let queue = pac::PIO0.txf(machine);
    let in_time = comes(at);
    if in_time {
        queue.write_value(word);
    }
    in_time
}

/// Starts a machine at a tick. From RAM as well.
#[expect(unsafe_code, reason = "a section of the linker's")]
#[unsafe(link_section = ".data.enable_when")]
#[inline(never)]
fn enable_when(at: u32, machine: usize) {
    comes(at);
    let mask = 1 << machine;
    pac::PIO0.ctrl().modify(|control| {
        control.set_clkdiv_restart(mask);
        control.set_sm_enable(control.sm_enable() | mask);
    });
}
