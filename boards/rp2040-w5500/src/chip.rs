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
mod flash;
mod health;
mod lan;
mod last_words;
mod machines;
mod network;
mod pads;
mod page;
mod randomness;
mod stack;
mod watchdog;
mod wire;

use dimmer_app::{
    App, FiringDesk, Parts, Recorder,
    dimmer::{
        Dimmer, Identity,
        config::Valid,
        phase::Settings as MainsSettings,
        safety::{AlarmSet, Language},
        topics::SettingsError,
    },
    link::Buffers,
    now,
};
use dimmer_board::{
    Built, Caretaker, Guard, Medium, Silence,
    network::{Connector, Slot, StreamBuffers},
    seed, tell_problems,
};
use dimmer_rp2040_w5500::identity;
use dimmer_store::Loaded;
use embassy_executor::{InterruptExecutor, Spawner};
use embassy_rp::{
    clocks::RoscRng,
    gpio::{Level, Output},
    interrupt,
    interrupt::{InterruptExt, Priority},
};
use static_cell::StaticCell;

use board::{Board, Serial};
use console::{Console, LOG, say};
use flash::{BoardUnread, Chip};
use last_words::end;
use watchdog::ChipWatchdog;

static DESK: FiringDesk = FiringDesk::new();
static FIRING: InterruptExecutor = InterruptExecutor::new();

#[interrupt]
unsafe fn SWI_IRQ_1() {
    // SAFETY: this is the interrupt whose executor it is, and nothing else calls it.
    unsafe { FIRING.on_interrupt() }
}

/// What was said when this was built: `DIMMER_BROKER=192.168.1.10:1883 cargo xtask build rp2040-w5500`.
const BUILT: Built<'_> = Built {
    broker: option_env!("DIMMER_BROKER"),
    wifi_name: None,
    wifi_password: None,
};

static GUARD: StaticCell<Guard<ChipWatchdog>> = StaticCell::new();
static STACK: StaticCell<Slot> = StaticCell::new();
static KEPT: StaticCell<BoardUnread> = StaticCell::new();
static APP: StaticCell<BoardApp> = StaticCell::new();
static CARE: StaticCell<BoardCaretaker> = StaticCell::new();
static BUFFERS: StaticCell<Buffers> = StaticCell::new();
static STREAM_BUFFERS: StaticCell<StreamBuffers> = StaticCell::new();

type BoardApp = App<'static, Recorder<Console>>;
type BoardCaretaker =
    Caretaker<'static, ChipWatchdog, Chip, Silence<'static, ChipWatchdog>, fn(&mut [u8])>;
type BoardParts = Parts<Connector<'static>, wire::Probe>;

/// What all tasks work with.
#[derive(Clone, Copy)]
struct Shared {
    care: &'static BoardCaretaker,
    stack: &'static Slot,
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    // In a function of its own: its variables are gone from the stack when the tasks run.
    start(spawner);
}

#[inline(never)]
fn start(spawner: Spawner) {
    stack::guard();
    let Board {
        detector,
        gates,
        gate_machines,
        probe,
        probe_machines,
        light,
        serial,
        ethernet,
        watchdog,
        flash,
    } = board::take();
    let (watchdog, by_watchdog) = ChipWatchdog::start(watchdog);
    let guard = &*GUARD.init(Guard::new(watchdog));

    let mut flash = Chip::new(flash);
    let number = flash.number();
    let id = identity::device_id(number);
    let is_random = randomness::begin(&number);
    let who = Identity {
        id,
        model: "RP2040 with W5500",
        version: env!("CARGO_PKG_VERSION"),
        boot: RoscRng.next_u32(),
    };
    say!("solar dimmer {id} {} on {}", who.version, who.model);
    let words = last_words::take();
    let health = health::of_start(by_watchdog, words.as_ref());
    match by_watchdog {
        Some(reason) => say!("reset by the watchdog: {reason:?}"),
        None => say!("reset by power or the run pin"),
    }
    if let Some(words) = &words {
        say!("the last words before that: {words}");
    }

    let shared = load(flash, who, guard);
    let app = shared.care.app;
    app.health(&health);
    let (triacs, mains) = for_the_gates(app);

    interrupt::SWI_IRQ_1.set_priority(Priority::P2);
    let high = FIRING.start(interrupt::SWI_IRQ_1);
    let path = machines::start(gate_machines, detector, gates);
    pads::use_first(triacs);
    match firing::run(&DESK, path, mains) {
        Ok(task) => high.spawn(task),
        Err(_) => once(),
    }

    network::start(spawner, ethernet, shared);
    let wire = wire::start(probe_machines, probe);
    let parts = Parts {
        connector: Connector::new(shared.stack, STREAM_BUFFERS.init_with(StreamBuffers::new)),
        probe: wire::read(wire),
        seed: seed(id),
    };
    let light = Output::new(light, Level::Low);
    let (
        Ok(services),
        Ok(searches),
        Ok(requests),
        Ok(typed),
        Ok(shown),
        Ok(looked),
        Ok(page),
        Ok(name),
        Ok(day),
        Ok(fares),
    ) = (
        services(shared, parts),
        wire::search(shared, wire),
        serve(shared),
        type_in(shared, serial),
        show(shared, light),
        look(shared),
        page::run(spawner, shared, is_random),
        lan::name(shared),
        lan::day(shared),
        health::tell(shared, health),
    )
    else {
        once();
    };
    spawner.spawn(services);
    spawner.spawn(searches);
    spawner.spawn(requests);
    spawner.spawn(typed);
    spawner.spawn(shown);
    spawner.spawn(looked);
    spawner.spawn(page);
    spawner.spawn(name);
    spawner.spawn(day);
    spawner.spawn(fares);
}

/// How many outputs there are, and what the firing path is to know of the mains.
#[inline(never)]
fn for_the_gates(app: &BoardApp) -> (usize, MainsSettings) {
    let config = app.config();
    (config.output.triacs.into(), config.mains)
}

fn once() -> ! {
    end(format_args!("each task is started once"))
}

/// What is stored, and the dimmer with it. Each step is a function of its own: settings and a dimmer are large, and what one step needs of the stack is free for the next one.
#[inline(never)]
fn load(flash: Chip, who: Identity, guard: &'static Guard<ChipWatchdog>) -> Shared {
    let unread = store(flash, guard);
    let mut loaded = Loaded::default();
    let kept = match unread.read(&mut loaded) {
        Ok(kept) => kept,
        Err(error) => end(format_args!("the store: {error}")),
    };
    tell_problems(&loaded, |line| say!("{line}"));
    let app = put_together(who, &loaded, guard);
    if loaded.needs_a_person() {
        // Nobody knows which limits were set.
        app.switch(false);
    }
    Shared {
        care: CARE.init(Caretaker::new(app, kept, Medium::Wire, first)),
        stack: STACK.init(Slot::new()),
    }
}

#[inline(never)]
fn store(flash: Chip, guard: &'static Guard<ChipWatchdog>) -> &'static BoardUnread {
    match flash.store(guard) {
        Ok(unread) => KEPT.init(unread),
        Err(error) => end(format_args!("the store: {error}")),
    }
}

#[inline(never)]
fn put_together(
    who: Identity,
    loaded: &Loaded,
    guard: &'static Guard<ChipWatchdog>,
) -> &'static BoardApp {
    let config = loaded.settings_or(first);
    let language = config.language.into();
    let dimmer = Dimmer::new(who, config, now());
    place(dimmer, loaded.alarms, language, guard)
}

#[inline(never)]
fn place(
    mut dimmer: Result<Dimmer, SettingsError>,
    alarms: AlarmSet,
    language: Language,
    guard: &'static Guard<ChipWatchdog>,
) -> &'static BoardApp {
    // Where it stands: taken out to be changed, it would be on the stack once more.
    if let Ok(dimmer) = &mut dimmer {
        dimmer.restore_alarms(alarms);
    }
    match dimmer {
        Ok(dimmer) => {
            let observer = Recorder::new(Console::new(&LOG, guard), language);
            APP.init(App::new(dimmer, &DESK, observer))
        }
        Err(error) => end(format_args!("the settings of this image: {error}")),
    }
}

/// The session, the control loop and the probe.
#[embassy_executor::task]
async fn services(shared: Shared, mut parts: BoardParts) {
    let buffers = BUFFERS.init_with(Buffers::new);
    shared.care.app.run(&mut parts, buffers).await;
}

/// The settings of a board that has stored nothing.
fn first() -> Valid {
    match BUILT.settings() {
        Ok(config) => config,
        Err(error) => end(format_args!("the settings of this image: {error}")),
    }
}

/// Does what messages ask of the board.
#[embassy_executor::task]
async fn serve(shared: Shared) {
    shared.care.serve().await
}

/// The serial port.
#[embassy_executor::task]
async fn type_in(shared: Shared, serial: Serial) {
    let stack_use = || {
        let (peak, all) = stack::use_bytes();
        say!("stack: {peak} bytes of {all} at the most");
    };
    console::run(serial, |line| shared.care.obey(line, stack_use)).await;
}

/// What is latched is kept, and what the settings say of outputs and network is followed.
#[embassy_executor::task]
async fn look(shared: Shared) {
    let Shared { care, stack } = shared;
    let follow = || {
        let config = care.app.config();
        pads::use_first(config.output.triacs.into());
        stack.follow(&config.network, care.app.identity().id);
    };
    care.look(follow).await
}

/// The light on the board.
#[embassy_executor::task]
async fn show(shared: Shared, mut light: Output<'static>) {
    let show = shared.care.show(|is_lit| light.set_level(is_lit.into()));
    show.await
}
