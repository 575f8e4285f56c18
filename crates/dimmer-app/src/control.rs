//! The control loop.

use dimmer::Event;
use embassy_futures::select::{Either, select};
use embassy_time::{Duration, Instant, Timer};

use crate::{App, Observer, now};

/// How often the report of the firing path is looked at. The firing path parks the gate by itself; this is how soon the dimmer
/// knows.
const LOOK_AT_MAINS: Duration = Duration::from_millis(100);

/// Looks at the mains again and again, and decides anew at each deadline, for ever.
///
/// Other services hand their events to the dimmer themselves. Each moves the dimmer's deadline, but none puts off the next look
/// at the mains: a router that never stops talking must not hide that the mains was lost.
pub(crate) async fn run<O: Observer>(app: &App<'_, O>) -> ! {
    loop {
        app.handle(Event::Firing(app.desk.firing(now())));
        app.observer.turn();
        app.decided.reset();
        let look = Instant::now() + LOOK_AT_MAINS;
        loop {
            let deadline = app.with(|dimmer| dimmer.next_deadline(now()));
            let turn = Timer::at(Instant::from_micros(deadline.as_ticks()).min(look));
            if let Either::First(()) = select(turn, app.decided.wait()).await {
                break;
            }
        }
    }
}
