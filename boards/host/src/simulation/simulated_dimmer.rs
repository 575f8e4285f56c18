//! One dimmer with its hardware, its probe and its share of the console.

use std::{
    cell::{Cell, RefCell},
    hash::{BuildHasher, RandomState},
    rc::Rc,
    task::Poll,
    time::{Duration, SystemTime},
};

use anyhow::{Result, anyhow, bail};
use dimmer_app::{
    App, FiringDesk, Parts, Recorder,
    dimmer::{
        BoardRequest, Dimmer, Health, Identity, Instant, ResetReason, phase,
        safety::Role,
        topics::{Decimal, DeviceId},
    },
    link::Buffers,
    now,
    probe::ds18b20::Settings,
};
use dimmer_plant::{LineDelay, LinePin, Load, SimulatedWire};
use dimmer_store::Origin;
use embassy_futures::poll_once;
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    configuration::{Configuration, Unit},
    console::{Console, DimmerConsole, celsius},
    hardware::{Hardware, WireTimer},
    kept_alarms::KeptAlarms,
    network::Sockets,
    options::Options,
    page::{Kept, Page},
    probe::{ProbeBus, ProbeReport, ReportingProbe},
    trace::Trace,
    view::DimmerRow,
};

/// How often the plant catches up with the clock. Edges are simulated at their exact times whatever this is; it is what a setpoint
/// may wait, besides the half-cycles that are planned ahead.
const PLANT_STEP: Duration = Duration::from_millis(2);

/// One dimmer with its hardware.
pub(super) struct SimulatedDimmer {
    pub(super) unit: Unit,
    /// Lives as long as the process: the firing path and the control loop both hold it.
    desk: &'static FiringDesk,
    app: App<'static, Recorder<DimmerConsole>>,
    pub(super) hardware: RefCell<Hardware>,
    probe_settings: Settings,
    /// Nothing where the latched alarms are not kept over a restart.
    kept_alarms: Option<KeptAlarms>,
    pub(super) report: Cell<ProbeReport>,
    delivered_watts: Cell<f64>,
    /// What the heater took since the house asked last, joules.
    delivered_joules: Cell<f64>,
    /// The end of the half-cycle that was simulated last.
    delivered_until: Cell<Instant>,
    /// To read the configuration again.
    options: Options,
    /// What was read last, or changed at the page or by a message.
    kept: Kept,
    /// Where its page is served, if it is.
    page: Option<Page>,
    /// The day that the dimmer was told.
    day: Cell<Option<u32>>,
    /// When the energy counter was kept last.
    energy_kept_at: Cell<Instant>,
}

/// Often enough for who reads it, and seldom enough for flash.
const ENERGY_KEPT_EVERY: phase::Duration = phase::Duration::from_ticks(3_600_000_000);

/// A moment for the session: the answer to whoever asked for a restart.
const LAST_WORDS: Duration = Duration::from_millis(500);

impl SimulatedDimmer {
    pub(super) fn new(
        unit: Unit,
        options: &Options,
        page: Option<Page>,
        console: &Rc<Console>,
    ) -> Result<Self> {
        let plant = unit.plant.clone();
        let usual = Settings::default();
        let probe_settings = Settings {
            // Water that warms faster moves further between two readings.
            maximum_jump_millicelsius: usual
                .maximum_jump_millicelsius
                .saturating_mul(times(plant.speed)),
            ..usual
        };
        let hardware = RefCell::new(Hardware::new(plant, unit.config.mains)?);
        for place in 1..options.probes {
            let address = SimulatedWire::further(place - 1);
            let celsius = further_celsius(place);
            hardware.borrow_mut().plant().wire().hang(address, celsius);
        }
        let mut dimmer = Dimmer::new(identity(unit.id), unit.config.clone(), now())?;
        let folder = options.keep_alarms.as_deref();
        let kept_alarms = match (folder, &unit.store) {
            (Some(folder), _) => Some(KeptAlarms::open(folder, unit.id)?),
            (None, Some(store)) => Some(KeptAlarms::in_store(store.clone())),
            (None, None) => None,
        };
        if let Some(kept) = &kept_alarms {
            dimmer.restore_alarms(kept.latched());
        }
        if let Some(store) = &unit.store {
            dimmer.restore_energy(store.loaded().watt_hours);
        }
        let desk: &'static FiringDesk = Box::leak(Box::default());
        let observer = DimmerConsole::new(console.clone(), unit.id, unit.config.clone());
        let observer = Recorder::new(observer, unit.config.language.into());
        let app = App::new(dimmer, desk, observer);
        app.health(&started_by(ResetReason::Power));
        stay_off_if_damaged(&app, &unit);
        let captive = page.as_ref().filter(|_| options.captive).map(Page::address);
        let kept = Kept::new(&unit, page.is_some())?.captive_at(captive);
        Ok(Self {
            unit,
            desk,
            app,
            hardware,
            probe_settings,
            kept_alarms,
            report: Cell::default(),
            delivered_watts: Cell::new(0.0),
            delivered_joules: Cell::new(0.0),
            delivered_until: Cell::new(Instant::from_ticks(0)),
            options: options.clone(),
            kept,
            page,
            day: Cell::new(None),
            energy_kept_at: Cell::new(now()),
        })
    }

    pub(super) fn console(&self) -> &DimmerConsole {
        self.app.observer().observer()
    }

    /// Serves its page, if it has one, for ever.
    pub(super) async fn serve_page(&self) {
        match &self.page {
            Some(page) => {
                self.console().say(format_args!("page: {}", page.url()));
                page.serve(&self.app, &self.kept).await;
            }
            None => std::future::pending().await,
        }
    }

    pub(super) async fn run(&self, trace: Option<&RefCell<Trace>>) {
        // What these two report, the dimmer's state tells.
        let (sink_report, room_report) = (Cell::default(), Cell::default());
        let bus = ProbeBus::new(LinePin::new(&self.hardware), LineDelay::new(&self.hardware));
        // A simulated pin can always be set.
        let Ok(bus) = bus else { return };
        let mut parts = Parts {
            connector: Sockets,
            probe: self.probe(&bus, &self.report),
            seed: self
                .unit
                .id
                .mac()
                .iter()
                .fold(std::process::id(), |seed, byte| {
                    seed.rotate_left(5) ^ u32::from(*byte)
                }),
        };
        let mut heat_sink = self.probe(&bus, &sink_report);
        let mut room = self.probe(&bus, &room_report);
        let mut buffers = Buffers::new();
        loop {
            let app = async {
                self.app.run(&mut parts, &mut buffers).await;
                true
            };
            let restart = async {
                self.serve_board().await;
                false
            };
            let plant = async {
                self.keep_plant_going(trace).await;
                true
            };
            let has_ended = tokio::select! {
                never = self.app.read(Role::HeatSink, &mut heat_sink) => never,
                never = self.app.read(Role::Room, &mut room) => never,
                never = self.app.serve_probe_search(&bus, WireTimer(&self.hardware)) => never,
                ended = app => ended,
                ended = restart => ended,
                ended = plant => ended,
            };
            // Cut like a chip's, the line is all the broker sees of it: it publishes the will.
            if has_ended || !self.start_again() {
                break;
            }
        }
    }

    /// A probe on its bus.
    fn probe<'a>(
        &'a self,
        bus: &'a ProbeBus<'a>,
        report: &'a Cell<ProbeReport>,
    ) -> ReportingProbe<'a> {
        ReportingProbe::new(bus, &self.hardware, self.probe_settings, report)
    }

    /// Does what messages ask of the board, until one asks for a restart.
    async fn serve_board(&self) {
        loop {
            let request = self.app.board_request().await;
            self.serve_request(request);
            if request == BoardRequest::Restart {
                tokio::time::sleep(LAST_WORDS).await;
                // It starts again with what is kept: whoever changed something in this moment was told that it is so.
                while let Poll::Ready(request) = poll_once(self.app.board_request()) {
                    self.serve_request(request);
                }
                return;
            }
        }
    }

    /// Does what a message asks of the board, but for a restart.
    fn serve_request(&self, request: BoardRequest) {
        match request {
            BoardRequest::Keep => match self.keep() {
                Ok(told) => self.console().say(told),
                Err(error) => self.console().say(format!(
                    "a setting was changed by a message; it holds until the dimmer starts again: {error:#}"
                )),
            },
            BoardRequest::Reload => match self.reload() {
                Ok(()) => self.console().say("the configuration was read again"),
                Err(error) => {
                    let told = format!("{error:#}");
                    self.console()
                        .say(format!("the configuration stays as it is: {told}"));
                    self.app.reload_failed(&told);
                }
            },
            _ => {}
        }
    }

    /// Keeps the configuration in use, if there is something to keep it in, and says what came of it.
    fn keep(&self) -> Result<&'static str> {
        Ok(if self.kept.keep(&self.app.config())? {
            "a setting was changed by a message, and is stored"
        } else {
            "a setting was changed by a message; it holds until the dimmer starts again"
        })
    }

    /// Reads the configuration again, and takes it while everything runs.
    fn reload(&self) -> Result<()> {
        let units = Configuration::new(&self.options)?.units;
        let unit = units.into_iter().find(|unit| unit.id == self.unit.id);
        let Some(unit) = unit else {
            bail!("dimmer {} does not stand in it any more", self.unit.id);
        };
        let mut config = unit.config.into_inner();
        if config.brokers.is_empty() {
            // The simulator's own.
            config.brokers = self.unit.config.brokers.clone();
        }
        let config = config.validate().map_err(|error| anyhow!("{error}"))?;
        if let Some(store) = &unit.store
            && store.loaded().needs_a_person()
        {
            bail!("what is stored is damaged, or of a newer firmware");
        }
        self.app.configure(config.clone())?;
        self.kept.set_config(config);
        Ok(())
    }

    /// Like a chip after its reset, with the latched alarms that its board kept. Says whether it can.
    fn start_again(&self) -> bool {
        let config = self.kept.config();
        let mains = config.mains;
        match Dimmer::new(identity(self.unit.id), config, now()) {
            Ok(mut dimmer) => {
                dimmer.restore_alarms(self.app.overview().critical);
                dimmer.restore_energy(self.app.energy_watt_hours());
                self.hardware.borrow_mut().restart(mains);
                self.app.start_again(dimmer);
                self.app.health(&started_by(ResetReason::Software));
                self.day.set(None);
                self.console().say("started again");
                true
            }
            Err(error) => {
                self.console().say(format!("cannot start again: {error}"));
                false
            }
        }
    }

    /// Keeps the energy counter, if there is something to keep it in.
    pub(super) fn keep_energy(&self) {
        self.energy_kept_at.set(now());
        if let Some(store) = &self.unit.store
            && let Err(error) = store.keep_energy(self.app.energy_watt_hours())
        {
            self.console().say(format!(
                "the energy counter cannot be kept: {error:#}; after a restart it goes on from what was kept before"
            ));
        }
    }

    pub(super) fn close(&self) {
        self.app.close();
    }

    async fn keep_plant_going(&self, trace: Option<&RefCell<Trace>>) {
        let mut steps = interval(PLANT_STEP);
        // After a stall the plant catches up in one step.
        steps.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            steps.tick().await;
            self.step(trace);
        }
    }

    fn step(&self, trace: Option<&RefCell<Trace>>) {
        let today = today();
        if let Some(day) = today.filter(|_| self.day.replace(today) != today) {
            self.app.day(day);
        }
        let age = now().checked_duration_since(self.energy_kept_at.get());
        if age.is_some_and(|age| age >= ENERGY_KEPT_EVERY) {
            self.keep_energy();
        }
        let mut hardware = self.hardware.borrow_mut();
        let load = Load {
            rated_watts: f64::from(self.console().config().output.rated_watts),
            ..hardware.plant().load()
        };
        // Whoever changes it says that another heater hangs there. The range of the settings is within the plant's.
        let _ = hardware.plant().set_load(load);
        hardware.advance(now(), self.desk);
        let overview = self.app.overview();
        self.console().probe(&overview);
        if let Some(kept) = &self.kept_alarms
            && let Err(told) = kept.keep(now(), overview.critical)
        {
            self.console().say(&told);
        }
        let is_on = || self.app.state().is_switched_on == Some(true);
        if let Some(store) = &self.unit.store
            && let Err(error) = store.acknowledge(is_on)
        {
            self.console()
                .say(format!("it stays off after the next start, too: {error:#}"));
        }
        let (tank_celsius, full_watts) = (
            hardware.plant().tank().celsius(),
            hardware.plant().full_watts(),
        );
        for delivered in hardware.plant().drain_delivered() {
            // The live line is a mean over about a second; the trace has each half-cycle.
            let watts = delivered.fraction * full_watts;
            self.delivered_joules
                .set(self.delivered_joules.get() + delivered.joules);
            self.delivered_until.set(delivered.end);
            self.delivered_watts
                .set(self.delivered_watts.get() * 0.95 + watts * 0.05);
            if let Some(trace) = trace {
                // A full disk is told at the end, when the trace is flushed; the dimmer goes on.
                let _ = trace.borrow_mut().half_cycle(
                    self.unit.id,
                    &delivered,
                    &overview,
                    full_watts,
                    tank_celsius,
                );
            }
        }
    }

    /// A person switches it on or off.
    pub(super) fn switch(&self, on: bool) {
        self.app.switch(on);
    }

    /// Somebody looked at the alarms. What becomes of them is told by the observer.
    pub(super) fn reset_alarms(&self) {
        if self.app.overview().critical.is_empty() {
            self.console().say("no alarm is latched");
        } else {
            self.app.reset_alarms();
        }
    }

    /// The alarms that stand, and where the temperature of the water comes from.
    pub(super) fn status(&self) -> Vec<String> {
        let overview = self.app.overview();
        let mut lines = self.console().alarms(&overview);
        let config = self.app.config();
        if config.probes.water {
            lines.push(self.report.get().to_string());
        } else {
            let topic = &config.topics.temperature.water.topic;
            let water = celsius(overview.water_millicelsius);
            lines.push(if topic.is_empty() {
                "no temperature of the water".to_owned()
            } else {
                format!("water from {topic}: {water}")
            });
        }
        lines
    }

    /// What the heater took since this was asked last, joules.
    pub(super) fn take_joules(&self) -> f64 {
        self.delivered_joules.take()
    }

    /// Until when that is known: the end of a half-cycle.
    pub(super) fn delivered_until(&self) -> Instant {
        self.delivered_until.get()
    }

    /// The dimmer in the live view.
    pub(super) fn row(&self) -> DimmerRow {
        let overview = self.app.overview();
        DimmerRow {
            name: self.console().config().name.as_str().to_owned(),
            share: format!(
                "{}%",
                Decimal::hundredths(overview.permitted_centipercent.into())
            ),
            watts: self.delivered_watts.get(),
            water: celsius(overview.water_millicelsius),
            reason: self.console().reason(&overview),
        }
    }

    pub(super) fn live_line(&self) -> String {
        let overview = self.app.overview();
        self.console()
            .live_line(&overview, self.delivered_watts.get())
    }
}

/// What is not as it was stored is told, and keeps the heater off: nobody knows which limits were set. Who has looked switches it on.
fn stay_off_if_damaged(app: &App<'_, Recorder<DimmerConsole>>, unit: &Unit) {
    let Some(loaded) = unit.store.as_ref().map(|store| store.loaded()) else {
        return;
    };
    if !loaded.needs_a_person() {
        return;
    }
    let console = app.observer().observer();
    match loaded.origin {
        Origin::BeforeLast => {
            console.say("store: what was saved last is damaged; it goes by what was saved before")
        }
        Origin::NewerFirmware => {
            console.say("store: it was written by a newer firmware, and is left as it is")
        }
        _ => {}
    }
    for (content, found) in loaded.problems() {
        console.say(format!("store: {content} {found}"));
    }
    console.say("it stays switched off: look at the settings, then switch it on");
    app.switch(false);
}

fn identity(id: DeviceId) -> Identity {
    Identity {
        id,
        model: "Desktop simulator",
        version: env!("CARGO_PKG_VERSION"),
        boot: random(),
    }
}

/// All that a simulated board knows of itself.
fn started_by(reason: ResetReason) -> Health {
    Health {
        reset_reason: Some(reason),
        ..Health::default()
    }
}

/// What a further probe measures, degC: the second the heat sink, the third the room, others lie about, each at a temperature of its own.
fn further_celsius(place: u8) -> f64 {
    match place {
        1 => 35.0,
        2 => 19.0,
        place => 20.0 + f64::from(place),
    }
}

/// A number that nobody drew before: the keys of each of the standard library's hashers are random.
fn random() -> u32 {
    let [.., a, b, c, d] = RandomState::new().hash_one(()).to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// Days since 1970-01-01, UTC.
fn today() -> Option<u32> {
    let since = SystemTime::UNIX_EPOCH.elapsed().ok()?;
    u32::try_from(since.as_secs() / 86_400).ok()
}

/// How many times faster something happens, as a whole number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most 100 000, as the plant's settings are checked, and at least 1"
)]
fn times(speed: f64) -> u32 {
    speed.max(1.0).ceil() as u32
}

#[cfg(test)]
mod tests;
