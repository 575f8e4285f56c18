//! The board.
//!
//! One core. Edges are stamped in an interrupt of the highest priority ([`edges`]), half-cycles planned in one below it ([`firing`]); the radio's tasks are threads; everything else
//! shares the main thread: the app's services, the network, the page, the serial port.

mod board;
mod clock;
mod console;
mod edges;
mod ending;
mod firing;
mod flash;
mod health;
mod network;
#[cfg(feature = "open-eth")]
mod open_eth;
mod page;
mod services;
mod transmitters;
mod watchdogs;
#[cfg(not(feature = "open-eth"))]
mod wifi;

#[cfg(all(not(feature = "open-eth"), not(feature = "wifi")))]
compile_error!("a network is needed: feature `wifi` or `open-eth`");

use core::{cell::Cell, sync::atomic::Ordering};

use dimmer_app::{
    App, FiringDesk, Parts, Recorder,
    dimmer::{Dimmer, Identity, config::Valid, topics::DeviceId},
    link::Buffers,
    now,
    probe::{
        ds18b20::{Ds18b20, Settings},
        one_wire::{Choice, Wire},
    },
};
use dimmer_board::{
    Built, Caretaker, Guard, Medium, Silence,
    network::{Connector, Slot, StreamBuffers},
    seed, tell_problems,
};
use dimmer_esp32c3::button::Button;
use embassy_executor::Spawner;
use embassy_futures::join::{join, join3, join4, join5};
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, signal::Signal};
use embassy_time::{Delay, Duration, Timer};
use esp_hal::{
    gpio::{DriveMode, Flex, Input, InputConfig, Level, Output, OutputConfig, Pull},
    interrupt::Priority,
    peripherals::GPIO5,
    rng::{Rng, TrngSource},
    timer::timg::TimerGroup,
};
use esp_rtos::embassy::InterruptExecutor;
use static_cell::StaticCell;

use board::Board;
use console::{Console, LOG, say};
use ending::end;
use flash::Chip;
#[cfg(feature = "open-eth")]
use open_eth::Device;
use watchdogs::Watchdogs;
#[cfg(not(feature = "open-eth"))]
use wifi::Device;

esp_bootloader_esp_idf::esp_app_desc!();

/// The radio's buffers and threads live in a heap; nothing of the dimmer does. The first part is memory that only the boot loader needed.
const RECLAIMED_BYTES: usize = 64 * 1024;
const HEAP_BYTES: usize = 48 * 1024;

/// What was said when this was built: `DIMMER_WIFI_NAME=home DIMMER_WIFI_PASSWORD=… DIMMER_BROKER=192.168.1.10:1883 cargo xtask build esp32c3`.
const BUILT: Built<'_> = Built {
    broker: option_env!("DIMMER_BROKER"),
    wifi_name: option_env!("DIMMER_WIFI_NAME"),
    wifi_password: option_env!("DIMMER_WIFI_PASSWORD"),
};

static DESK: FiringDesk = FiringDesk::new();
static FIRING: StaticCell<InterruptExecutor<1>> = StaticCell::new();
static BUFFERS: StaticCell<Buffers> = StaticCell::new();
static STREAM_BUFFERS: StaticCell<StreamBuffers> = StaticCell::new();

/// How often the button is looked at.
const BUTTON_LOOK: Duration = Duration::from_millis(20);

type BoardApp<'a> = App<'a, Recorder<Console<'a>>>;
type BoardCaretaker<'a> = Caretaker<'a, Watchdogs, Chip, Silence<'a, Watchdogs>, fn(&mut [u8])>;

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    let parts = board::take();
    esp_alloc::heap_allocator!(#[esp_hal::ram(reclaimed)] size: RECLAIMED_BYTES);
    esp_alloc::heap_allocator!(size: HEAP_BYTES);
    let Board {
        detector,
        gates,
        transmitters,
        probe,
        light,
        button,
        pins,
        usb,
        flash,
        timers,
        rtc,
        interrupts,
        randomness,
        #[cfg(not(feature = "open-eth"))]
        radio,
    } = parts;
    // First of all: from here on the gates' pins are driven low.
    let transmitters = match transmitters::start(transmitters, gates) {
        Ok(transmitters) => transmitters,
        Err(error) => end(format_args!("the transmitters: {error}")),
    };
    esp_rtos::start(TimerGroup::new(timers.0).timer0, interrupts.0);
    let guard = Guard::new(Watchdogs::start(timers.1, rtc));
    let _noise = TrngSource::new(randomness.0, randomness.1);

    let mut mac = [0; 6];
    for (place, byte) in mac
        .iter_mut()
        .zip(esp_hal::efuse::base_mac_address().as_bytes())
    {
        *place = *byte;
    }
    let id = DeviceId::new(mac);
    let who = Identity {
        id,
        model: "ESP32-C3",
        version: env!("CARGO_PKG_VERSION"),
        boot: Rng::new().random(),
    };
    say!("solar dimmer {id} {} on {}", who.version, who.model);
    let started = health::started(&ending::take_words());

    let (kept, loaded) = match Chip::new(flash).open(&guard) {
        Ok(opened) => opened,
        Err(error) => end(format_args!("the store: {error}")),
    };
    let config = loaded.settings_or(first);

    use_outputs(&config);
    let firing = FIRING.init(InterruptExecutor::new(interrupts.1));
    match firing::run(&DESK, transmitters, config.mains) {
        Ok(task) => firing.start(Priority::Priority3).spawn(task),
        Err(_) => end(format_args!("the firing path is there once")),
    }
    let _detector = edges::start(pins, detector);

    #[cfg(not(feature = "open-eth"))]
    let device = Device::new();
    #[cfg(feature = "open-eth")]
    let device = open_eth::OpenEth::start(id);
    let stack = network::start(spawner, device);
    let slot = Slot::new();
    slot.set(stack);
    slot.follow(&config.network, id);

    let language = config.language.into();
    let mut dimmer = match Dimmer::new(who, config, now()) {
        Ok(dimmer) => dimmer,
        Err(error) => end(format_args!("the settings of this image: {error}")),
    };
    dimmer.restore_alarms(loaded.alarms);
    let observer = Recorder::new(Console::new(&LOG, &guard), language);
    let app = App::new(dimmer, &DESK, observer);
    app.health(&started);
    tell_problems(&loaded, |line| say!("{line}"));
    if loaded.needs_a_person() {
        // Nobody knows which limits were set.
        app.switch(false);
    }
    let wire = match Wire::new(open_drain(probe), Delay) {
        Ok(wire) => wire,
        Err(error) => end(format_args!("the probe's pin: {error}")),
    };
    let mut parts = Parts {
        connector: Connector::new(&slot, STREAM_BUFFERS.init_with(StreamBuffers::new)),
        probe: Ds18b20::on(&wire, Delay, Choice::Any, Settings::default()),
        seed: seed(id),
    };
    let buffers = BUFFERS.init_with(Buffers::new);

    let asked = Signal::<NoopRawMutex, ()>::new();
    let strength = Cell::new(None);
    #[cfg(not(feature = "open-eth"))]
    let radio = wifi::run(&app, &kept, &slot, radio, &asked, &strength);
    #[cfg(feature = "open-eth")]
    let radio = core::future::pending::<()>();
    let services = join(
        app.run(&mut parts, buffers),
        app.serve_probe_search(&wire, Delay),
    );
    let care = Caretaker::new(&app, &kept, Medium::Wifi, first);
    let free_heap = || say!("heap: {} bytes free", esp_alloc::HEAP.free());
    let typed = console::run(usb, |line| care.obey(line, free_heap));
    let mut light = Output::new(light, Level::Low, OutputConfig::default());
    let shown = care.show(|is_lit| light.set_level(is_lit.into()));
    let button = Input::new(button, InputConfig::default().with_pull(Pull::Up));
    let looked = care.look(|| {
        let config = app.config();
        use_outputs(&config);
        slot.follow(&config.network, id);
    });
    let local = join4(typed, shown, looked, press(button, &asked));
    let page = page::serve(&care, stack);
    let network = join3(
        radio,
        services::run(&app, stack),
        health::tell(&app, &started, &strength),
    );
    join5(services, care.serve(), local, page, network).await;
}

/// The settings of a board that has stored nothing.
fn first() -> Valid {
    match BUILT.settings() {
        Ok(config) => config,
        Err(error) => end(format_args!("the settings of this image: {error}")),
    }
}

/// A pin that pulls the wire low or lets go of it.
fn open_drain(pin: GPIO5<'static>) -> Flex<'static> {
    let mut pin = Flex::new(pin);
    let config = OutputConfig::default().with_drive_mode(DriveMode::OpenDrain);
    pin.apply_output_config(&config);
    pin.set_high();
    pin.set_output_enable(true);
    pin.set_input_enable(true);
    pin
}

/// As many outputs are used as the settings say, and there are.
fn use_outputs(config: &Valid) {
    firing::USED.store(config.output.triacs, Ordering::Relaxed);
}

/// A long press of the button asks for the access point.
async fn press(pin: Input<'static>, asked: &Signal<NoopRawMutex, ()>) {
    let mut button = Button::new();
    loop {
        if button.look(now(), pin.is_low()) {
            asked.signal(());
        }
        Timer::after(BUTTON_LOOK).await;
    }
}
