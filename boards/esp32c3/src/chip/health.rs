//! What the board knows of itself, for MQTT and the page.

use core::cell::Cell;

use dimmer_app::dimmer::{Health, ResetReason};
use dimmer_board::LastWords;
use embassy_time::{Duration, Ticker};
use esp_hal::{rtc_cntl::SocResetReason, system::reset_reason};

use super::{BoardApp, console::say};

/// How often it is told.
const PERIOD: Duration = Duration::from_secs(60);

/// Why the board started, and what the program before had said.
pub(super) fn started(words: &LastWords) -> Health {
    let chip = reset_reason();
    match chip {
        Some(chip) => say!("reset: {chip:?}"),
        None => say!("reset for a reason that this program does not know"),
    }
    if words.are_some() {
        say!("the last words before that: {words}");
    }
    let reason = match chip {
        _ if words.are_some() => ResetReason::Panic,
        Some(SocResetReason::ChipPowerOn) => ResetReason::Power,
        Some(SocResetReason::CoreSw | SocResetReason::Cpu0Sw) => ResetReason::Software,
        // Whoever flashes it.
        Some(SocResetReason::CoreUsbUart | SocResetReason::CoreUsbJtag) => ResetReason::Pin,
        Some(SocResetReason::SysBrownOut) => ResetReason::BrownOut,
        Some(
            SocResetReason::CoreMwdt0
            | SocResetReason::CoreMwdt1
            | SocResetReason::Cpu0Mwdt0
            | SocResetReason::Cpu0Mwdt1
            | SocResetReason::CoreRtcWdt
            | SocResetReason::Cpu0RtcWdt
            | SocResetReason::SysRtcWdt
            | SocResetReason::SysSuperWdt,
        ) => ResetReason::Watchdog,
        _ => ResetReason::Other,
    };
    Health {
        reset_reason: Some(reason),
        last_words: Some(words.published()),
        ..Health::default()
    }
}

/// Tells it again and again, with what changes: the heap that is free, and how strong the signal is.
pub(super) async fn tell(app: &BoardApp<'_>, started: &Health, strength: &Cell<Option<i16>>) {
    let mut turns = Ticker::every(PERIOD);
    loop {
        app.health(&Health {
            free_memory_bytes: u32::try_from(esp_alloc::HEAP.free()).ok(),
            signal_dbm: strength.get(),
            ..started.clone()
        });
        turns.next().await;
    }
}
