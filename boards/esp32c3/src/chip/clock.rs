//! The clock of edges and pulses: the one that everything else goes by, read from its registers without a call, so that whoever is in RAM stays there.

use dimmer_app::dimmer::Instant;
use esp_hal::peripherals::SYSTIMER;

/// The system timer counts in sixteenths of a microsecond (Technical Reference Manual, "System Timer"), by the crystal.
const TICKS_LOG2: u32 = 4;

/// Microseconds since the start. The same as `dimmer_app::now`, which takes the way through flash.
#[inline(always)]
pub(super) fn now() -> Instant {
    let timer = SYSTIMER::regs();
    timer.unit_op(0).write(|write| write.update().set_bit());
    while timer.unit_op(0).read().value_valid().bit_is_clear() {}
    // Whoever interrupts takes a later value into the registers: one that was interrupted between both halves begins again.
    let mut low = timer.unit_value(0).lo().read().bits();
    loop {
        let high = timer.unit_value(0).hi().read().bits();
        let again = timer.unit_value(0).lo().read().bits();
        if low == again {
            let ticks = (u64::from(high) << 32) | u64::from(low);
            return Instant::from_ticks(ticks >> TICKS_LOG2);
        }
        low = again;
    }
}
