//! The control loop.

use dimmer::Event;
use embassy_futures::select::{Either, select};
use embassy_time::{Instant, Timer};

use crate::{App, Observer, now};

/// Decides anew at each deadline, with the newest report of the firing path, for ever.
///
/// Other services hand their events to the dimmer themselves; here they only move the deadline.
pub(crate) async fn run<O: Observer>(app: &App<'_, O>) -> ! {
    loop {
        app.handle(Event::Mains(app.desk.mains(now())));
        app.decided.reset();
        loop {
            let deadline = app.with(|dimmer| dimmer.next_deadline(now()));
            let passed = Timer::at(Instant::from_micros(deadline.as_ticks()));
            if let Either::First(()) = select(passed, app.decided.wait()).await {
                break;
            }
        }
    }
}
