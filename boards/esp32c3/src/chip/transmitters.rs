//! The transmitters of the remote control peripheral (RMT), on this chip's registers.

#![expect(
    unsafe_code,
    reason = "the transmitters' memory, and fields of registers that take any number"
)]

use dimmer_app::dimmer::Instant;
use dimmer_rmt::{MEMORY_WORDS, TICK_HERTZ, Transmitters};
use esp_hal::{
    gpio::Level,
    peripherals::{GPIO, GPIO3, GPIO10, RMT},
    ram,
    rmt::{CHANNEL_RAM_SIZE, ConfigError, Rmt, TxChannelConfig, TxChannelCreator},
    time::Rate,
};

use super::{
    board::{GATE_PINS, OUTPUTS},
    clock::now,
};

/// Of the crystal's phase-locked loop, as the clock's: Wi-Fi changes neither.
const SOURCE: Rate = Rate::from_mhz(80);
/// The memory begins here (Technical Reference Manual, address map of the RMT), a block for each transmitter.
const MEMORY: *mut u32 = 0x6001_6400 as *mut u32;
/// What a pin is given in place of a peripheral's signal: the output register's level.
const PLAIN: u8 = 128;

const _: () = assert!(CHANNEL_RAM_SIZE == MEMORY_WORDS);

/// The transmitters of the outputs.
pub(super) struct Rmts {
    /// Started, and not halted since. Whether they have come to their end stands in the peripheral.
    started: [bool; OUTPUTS],
}

/// Gives the peripheral its clock and the pins their transmitters; all are off.
pub(super) fn start(
    peripheral: RMT<'static>,
    gates: (GPIO3<'static>, GPIO10<'static>),
) -> Result<Rmts, ConfigError> {
    let rmt = Rmt::new(peripheral, SOURCE)?;
    let divider = u8::try_from(SOURCE.as_hz() / TICK_HERTZ).unwrap_or_default();
    let config = TxChannelConfig::default()
        .with_clk_divider(divider)
        .with_idle_output(true)
        .with_idle_output_level(Level::Low)
        .with_memsize(1);
    let first = rmt.channel0.configure_tx(&config)?.with_pin(gates.0);
    let second = rmt.channel1.configure_tx(&config)?.with_pin(gates.1);
    // They are for ever: dropped, they would take the pins back.
    core::mem::forget((first, second));
    for channel in 0..OUTPUTS {
        RMT::regs().ch_tx_conf0(channel).modify(|_, write| {
            write.tx_conti_mode().clear_bit();
            write.mem_tx_wrap_en().set_bit();
            write.conf_update().set_bit()
        });
    }
    Ok(Rmts {
        started: [false; OUTPUTS],
    })
}

/// Switches all gates off at their pins, whatever drives them: for whoever has nothing else any more.
pub(super) fn force_off() {
    for (channel, pin) in GATE_PINS.into_iter().enumerate() {
        stop(channel);
        let pins = GPIO::regs();
        // SAFETY: any bits are levels of pins.
        pins.out_w1tc()
            .write(|write| unsafe { write.bits(1 << pin) });
        pins.func_out_sel_cfg(pin).write(|write| {
            // SAFETY: this signal is none of a peripheral's.
            unsafe { write.out_sel().bits(PLAIN) };
            write.oen_sel().set_bit()
        });
    }
}

fn stop(channel: usize) {
    let conf = RMT::regs().ch_tx_conf0(channel);
    conf.modify(|_, write| write.tx_stop().set_bit());
    conf.modify(|_, write| write.conf_update().set_bit());
}

fn channel_bit(channel: usize) -> u8 {
    u8::try_from(channel).unwrap_or_default()
}

/// Starts at a tick. From RAM: what is fetched from flash takes now a cycle and now a hundred.
#[ram]
fn start_when(at: Instant, channel: usize) -> bool {
    let rmt = RMT::regs();
    // Of a channel that there is not, nothing is asked below: the panic would be a way into flash.
    if channel >= OUTPUTS || now() >= at {
        return false;
    }
    while now() < at {}
    // The ticks begin here, not where they were by chance.
    // SAFETY: any bits begin some ticks anew.
    rmt.ref_cnt_rst()
        .write(|write| unsafe { write.bits(1 << channel) });
    // SAFETY: as above.
    rmt.ref_cnt_rst().write(|write| unsafe { write.bits(0) });
    let conf = rmt.ch_tx_conf0(channel);
    conf.modify(|_, write| {
        write.mem_rd_rst().set_bit();
        write.apb_mem_rst().set_bit();
        write.tx_start().set_bit()
    });
    conf.modify(|_, write| write.conf_update().set_bit());
    true
}

impl Transmitters for Rmts {
    fn now(&self) -> Instant {
        now()
    }

    fn wait_until(&self, at: Instant) {
        while now() < at {}
    }

    fn is_idle(&self, channel: usize) -> bool {
        let is_started = self.started.get(channel).copied().unwrap_or_default();
        let ended = RMT::regs().int_raw().read();
        !is_started || ended.ch_tx_end(channel_bit(channel)).bit()
    }

    fn write(&mut self, channel: usize, place: usize, word: u32) {
        if channel < OUTPUTS && place < MEMORY_WORDS {
            // SAFETY: the word is one of this transmitter's memory, which nothing else writes and which is no memory of the compiler's.
            unsafe {
                MEMORY
                    .add(channel * MEMORY_WORDS + place)
                    .write_volatile(word)
            };
        }
    }

    fn start_at(&mut self, channel: usize, at: Instant) -> bool {
        let ended = RMT::regs().int_clr();
        ended.write(|write| write.ch_tx_end(channel_bit(channel)).bit(true));
        let in_time = start_when(at, channel);
        if let Some(started) = self.started.get_mut(channel) {
            *started = in_time;
        }
        in_time
    }

    fn halt(&mut self, channel: usize) {
        stop(channel);
        if let Some(started) = self.started.get_mut(channel) {
            *started = false;
        }
    }

    fn uninterrupted<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        critical_section::with(|_| work(self))
    }
}
