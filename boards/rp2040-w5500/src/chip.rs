//! The board.
//!
//! Two priorities, one core. The firing path runs in an interrupt ([`firing`]); everything else shares the thread: the app's services, the network, the serial port.

#![expect(
    unsafe_code,
    reason = "an interrupt's function, and what the modules below give reasons for"
)]

mod board;
mod console;
mod firing;
mod last_words;
mod machines;
mod network;
mod wire;

use core::cell::{Cell, RefCell};

use dimmer_app::{
    App, FiringDesk, Parts,
    dimmer::{BoardRequest, Dimmer, Identity, phase::MainsState},
    link::Buffers,
    now,
    probe::ds18b20::Ds18b20,
};
use dimmer_rp2040_w5500::{
    identity,
    probe::OnlyProbe,
    settings::{self, Command, HELP},
};
use embassy_executor::{InterruptExecutor, Spawner};
use embassy_futures::join::join4;
use embassy_rp::{
    clocks::RoscRng,
    gpio::{Level, Output},
    interrupt,
    interrupt::{InterruptExt, Priority},
    watchdog::Watchdog,
};
use embassy_time::{Delay, Duration, Timer};
use static_cell::StaticCell;

use board::Board;
use console::{Console, say};
use last_words::end;

static DESK: FiringDesk = FiringDesk::new();
static FIRING: InterruptExecutor = InterruptExecutor::new();

#[interrupt]
unsafe fn SWI_IRQ_1() {
    // SAFETY: this is the interrupt whose executor it is, and nothing else calls it.
    unsafe { FIRING.on_interrupt() }
}

/// A control loop that does not come round for so long is one that hangs. The order on the desk has run out before.
const WATCHDOG: Duration = Duration::from_millis(1_500);
/// A moment for the session: the answer to whoever asked for a restart.
const LAST_WORDS: Duration = Duration::from_millis(500);

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let Board {
        detector,
        gate,
        gate_machines,
        probe,
        probe_machines,
        light,
        serial,
        ethernet,
        watchdog,
        flash,
    } = board::take();
    let mut watchdog = Watchdog::new(watchdog);
    let reset_reason = watchdog.reset_reason();
    watchdog.start(WATCHDOG);
    let watchdog = RefCell::new(watchdog);

    let id = identity::device_id(board::flash_number(flash));
    let config = match settings::first() {
        Ok(config) => config,
        Err(error) => end(format_args!("the settings of this image: {error}")),
    };
    let who = Identity {
        id,
        model: "RP2040 with W5500",
        version: env!("CARGO_PKG_VERSION"),
        boot: RoscRng.next_u32(),
    };
    say!("solar dimmer {id} {} on {}", who.version, who.model);
    match reset_reason {
        Some(reason) => say!("reset by the watchdog: {reason:?}"),
        None => say!("reset by power or the run pin"),
    }
    if let Some(words) = last_words::take() {
        say!("the last words before that: {words}");
    }

    interrupt::SWI_IRQ_1.set_priority(Priority::P2);
    let mains = config.mains;
    let high = FIRING.start(interrupt::SWI_IRQ_1);
    let path = machines::start(gate_machines, detector, gate);
    match firing::run(&DESK, path, mains) {
        Ok(task) => high.spawn(task),
        Err(_) => end(format_args!("the firing path is there once")),
    }

    let stack = &*STACK.init(Cell::new(None));
    network::start(spawner, ethernet, id, stack);

    let dimmer = match Dimmer::new(who, config, now()) {
        Ok(dimmer) => dimmer,
        Err(error) => end(format_args!("the settings of this image: {error}")),
    };
    let app = App::new(dimmer, &DESK, Console::new(&watchdog, WATCHDOG));
    let mut parts = Parts {
        connector: network::Connector::new(stack),
        probe: Ds18b20::new(OnlyProbe::new(wire::start(probe_machines, probe), Delay)),
        seed: identity::seed(id),
    };
    let buffers = BUFFERS.init_with(Buffers::new);

    let services = app.run(&mut parts, buffers);
    let requests = serve(&app, &watchdog);
    let typed = console::run(serial, |line| obey(&app, &watchdog, line));
    let shown = show(&app, Output::new(light, Level::Low));
    join4(services, requests, typed, shown).await;
}

static STACK: StaticCell<Cell<Option<embassy_net::Stack<'static>>>> = StaticCell::new();
static BUFFERS: StaticCell<Buffers> = StaticCell::new();

type BoardApp<'a> = App<'static, Console<'a>>;

/// Does what messages ask of the board.
async fn serve(app: &BoardApp<'_>, watchdog: &RefCell<Watchdog>) {
    loop {
        match app.board_request().await {
            BoardRequest::Keep => {
                say!("a setting was changed by a message; it holds until the dimmer starts again");
            }
            BoardRequest::Reload => {
                let loaded = settings::first().map(|config| app.configure(config));
                if !matches!(loaded, Ok(Ok(()))) {
                    say!("the configuration stays as it is");
                }
            }
            BoardRequest::Restart => {
                Timer::after(LAST_WORDS).await;
                watchdog.borrow_mut().trigger_reset();
            }
            _ => {}
        }
    }
}

/// Does what was typed.
fn obey(app: &BoardApp<'_>, watchdog: &RefCell<Watchdog>, line: &str) {
    match Command::read(line) {
        None => {}
        Some(Command::Help) => say!("{HELP}"),
        Some(Command::Status) => {
            let overview = app.overview();
            say!("{overview:?}");
        }
        Some(Command::ResetAlarms) => app.reset_alarms(),
        Some(Command::Restart) => watchdog.borrow_mut().trigger_reset(),
        Some(Command::Broker(text)) => {
            match settings::with_broker(app.config().into_inner(), text) {
                Ok(config) => match app.configure(config) {
                    Ok(()) => say!("taken; it holds until the dimmer starts again"),
                    Err(error) => say!("not taken: {error}"),
                },
                Err(error) => say!("not taken: {error}"),
            }
        }
    }
}

/// The light: steady when the mains is tracked and a broker is there, blinking when one of them is missing, dark when the program does not run.
async fn show(app: &BoardApp<'_>, mut light: Output<'static>) {
    loop {
        let well = app.overview().mains.state == MainsState::Locked && app.observer().is_online();
        if well {
            light.set_high();
        } else {
            light.toggle();
        }
        Timer::after(Duration::from_millis(250)).await;
    }
}
