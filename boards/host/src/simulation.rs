//! The whole: a broker if one is needed, the dimmers, their hardware, the live line, and an orderly end.

use std::{
    cell::{Cell, RefCell},
    net::{Ipv4Addr, SocketAddr},
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use dimmer_app::{
    App, FiringDesk, Parts,
    dimmer::{
        Dimmer, Identity,
        topics::{Message, Topics},
    },
    link::Buffers,
    now,
    probe::{ds18b20::Settings, one_wire::Choice},
};
use dimmer_plant::{LineDelay, LinePin, PlantSettings};
use futures_util::future::{join_all, select};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use crate::{
    broker::EmbeddedBroker,
    configuration::{Configuration, Unit},
    console::{Console, DimmerConsole},
    hardware::Hardware,
    network::Sockets,
    options::Options,
    probe::{ProbeBus, ProbeReport, ReportingProbe},
    scenario::{Action, Command, HELP, Scenario, Target, lines},
    trace::Trace,
};

/// How often the plant catches up with the clock. Edges are simulated at their exact times whatever this is; it is what a setpoint
/// may wait, besides the half-cycles that are planned ahead.
const PLANT_STEP: Duration = Duration::from_millis(2);
const LIVE_LINE_EVERY: Duration = Duration::from_millis(250);
const PLAIN_LINE_EVERY: Duration = Duration::from_secs(10);

/// Runs until Ctrl-C, or as long as `--for` says.
///
/// # Errors
/// What keeps the simulation from starting; or that with `--for` a dimmer never came online.
pub async fn run(options: &Options) -> Result<()> {
    let start = Instant::now();
    let mut configuration = Configuration::new(options)?;
    let console = Console::new();
    if options.http.is_some() {
        console.line("note: --http is reserved for the configuration page, which is not there yet");
    }
    let trace = match &options.trace {
        Some(path) => {
            let trace = Trace::create(path)
                .with_context(|| format!("the trace {} cannot be written", path.display()))?;
            Some(RefCell::new(trace))
        }
        None => None,
    };
    let scenario = match &options.scenario {
        Some(path) => Scenario::read(path, configuration.units.len())?,
        None => Scenario::default(),
    };
    // Kept until the end: the broker stops when it is dropped.
    let _broker = start_broker(options, &mut configuration).await?;
    let dimmers = configuration
        .units
        .into_iter()
        .map(|unit| {
            SimulatedDimmer::new(unit, configuration.plant.clone(), options.probe, &console)
        })
        .collect::<Result<Vec<_>>>()?;

    if let Some(fault) = options.probe_fault {
        act(&console, &dimmers, Target::default(), fault);
    }

    let all = join_all(dimmers.iter().map(|dimmer| dimmer.run(trace.as_ref())));
    let seen = live_line(&console, &dimmers);
    let played = async {
        for step in &scenario.steps {
            sleep_until(start + step.at).await;
            for action in &step.actions {
                act(&console, &dimmers, step.target, *action);
            }
        }
        std::future::pending::<()>().await;
    };
    let end = async {
        select(
            std::pin::pin!(end_of_run(options.duration_s)),
            std::pin::pin!(obey(&console, &dimmers)),
        )
        .await;
        dimmers.iter().for_each(SimulatedDimmer::close);
        // Asked a second time, it does not wait for the broker.
        end_of_run(None).await;
    };
    tokio::select! {
        _ = all => {}
        () = seen => {}
        () = played => {}
        () = end => {}
    }

    console.clear();
    if let Some(trace) = &trace {
        trace
            .borrow_mut()
            .flush()
            .context("the trace cannot be written")?;
    }
    if options.duration_s.is_some()
        && let Some(dimmer) = dimmers.iter().find(|dimmer| !dimmer.console().was_online())
    {
        bail!("dimmer {} never came online", dimmer.unit.id);
    }
    Ok(())
}

/// Starts a broker in this process, and points the dimmers to it, unless they have one to go to.
async fn start_broker(
    options: &Options,
    configuration: &mut Configuration,
) -> Result<Option<EmbeddedBroker>> {
    if configuration
        .units
        .iter()
        .all(|unit| !unit.config.broker.host.is_empty())
    {
        return Ok(None);
    }
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, 1883));
    let broker = match options.listen {
        Some(address) => EmbeddedBroker::start(address).await?,
        // The usual port is often taken, by a broker that was installed: no reason not to start.
        None => match EmbeddedBroker::start(usual).await {
            Ok(broker) => broker,
            Err(_) => EmbeddedBroker::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?,
        },
    };
    let address = broker.address();
    let host = if address.ip().is_unspecified() {
        Ipv4Addr::LOCALHOST.into()
    } else {
        address.ip()
    };
    for unit in &mut configuration.units {
        if unit.config.broker.host.is_empty() {
            let mut config = unit.config.clone().into_inner();
            config.broker.host =
                dimmer_app::link::Text::try_from(host.to_string().as_str()).unwrap_or_default();
            config.broker.port = address.port();
            unit.config = config.validate()?;
        }
    }
    Ok(Some(broker))
}

/// Waits for Ctrl-C, a request to terminate, or the end of the time given.
async fn end_of_run(duration_s: Option<f64>) {
    let time = async {
        match duration_s {
            Some(seconds) => sleep(Duration::from_secs_f64(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = time => {}
        _ = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            terminate.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

/// Does something to the hardware of the dimmers that are meant, and says so.
fn act(console: &Console, dimmers: &[SimulatedDimmer], target: Target, action: Action) {
    for (index, dimmer) in dimmers.iter().enumerate() {
        if target.includes(index) {
            let mut hardware = dimmer.hardware.borrow_mut();
            action.apply(hardware.plant());
            let at_s = hardware.plant().now().as_ticks() as f64 / 1e6;
            console.line(&format!("{} at {at_s:.3} s: {action}", dimmer.unit.id));
        }
    }
}

/// Does what is typed, until that is to quit.
async fn obey(console: &Console, dimmers: &[SimulatedDimmer]) {
    let mut typed = lines();
    while let Some(line) = typed.recv().await {
        match line.parse() {
            Ok(Command::Do(Target(Some(number)), _)) if !(1..=dimmers.len()).contains(&number) => {
                console.line(&format!(
                    "not done: dimmer must be from 1 to {}",
                    dimmers.len()
                ));
            }
            Ok(Command::Do(target, action)) => act(console, dimmers, target, action),
            Ok(Command::Status) => {
                for dimmer in dimmers {
                    console.line(&format!("{} {}", dimmer.unit.id, dimmer.report.get()));
                }
            }
            Ok(Command::Help) => HELP.lines().for_each(|line| console.line(line)),
            Ok(Command::Quit) => return,
            Err(error) => console.line(&format!("not done: {error}")),
        }
    }
    // The end of a pipe is not the end of the simulation.
    std::future::pending().await
}

/// Draws the live line; with several dimmers each in turn. Where lines cannot be drawn over, one for each now and then.
async fn live_line(console: &Rc<Console>, dimmers: &[SimulatedDimmer]) {
    if console.is_interactive() {
        let mut ticks = interval(LIVE_LINE_EVERY);
        // Long enough to be read.
        const TICKS_EACH: usize = 8;
        let turns = (0..).map(|tick: usize| tick / TICKS_EACH % dimmers.len().max(1));
        for turn in turns {
            ticks.tick().await;
            if let Some(dimmer) = dimmers.get(turn) {
                let line = dimmer.live_line();
                // With several, who it is comes first.
                console.live(&if dimmers.len() > 1 {
                    format!("{} {line}", dimmer.unit.id)
                } else {
                    line
                });
            }
        }
    } else {
        let mut ticks = interval(PLAIN_LINE_EVERY);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            for dimmer in dimmers {
                console.line(&dimmer.live_line());
            }
        }
    }
}

/// One dimmer with its hardware.
struct SimulatedDimmer {
    unit: Unit,
    /// Lives as long as the process: the firing path and the control loop both hold it.
    desk: &'static FiringDesk,
    app: App<'static, DimmerConsole>,
    hardware: RefCell<Hardware>,
    choice: Choice,
    probe_settings: Settings,
    report: Cell<ProbeReport>,
    delivered_watts: Cell<f64>,
}

impl SimulatedDimmer {
    fn new(
        unit: Unit,
        mut plant: PlantSettings,
        choice: Choice,
        console: &Rc<Console>,
    ) -> Result<Self> {
        let identity = Identity {
            id: unit.id,
            model: "Desktop simulator",
            version: env!("CARGO_PKG_VERSION"),
        };
        plant.load.rated_watts = f64::from(unit.config.output.rated_watts);
        let usual = Settings::default();
        let probe_settings = Settings {
            // Water that warms faster moves further between two readings.
            maximum_jump_millicelsius: usual
                .maximum_jump_millicelsius
                .saturating_mul(times(plant.speed)),
            ..usual
        };
        let hardware = RefCell::new(Hardware::new(plant, unit.config.mains)?);
        let dimmer = Dimmer::new(identity, unit.config.clone(), now())?;
        let desk: &'static FiringDesk = Box::leak(Box::default());
        let observer =
            DimmerConsole::new(console.clone(), unit.id, address(&unit), ready_line(&unit)?);
        let app = App::new(dimmer, desk, observer);
        Ok(Self {
            unit,
            desk,
            app,
            hardware,
            choice,
            probe_settings,
            report: Cell::default(),
            delivered_watts: Cell::new(0.0),
        })
    }

    fn console(&self) -> &DimmerConsole {
        self.app.observer()
    }

    async fn run(&self, trace: Option<&RefCell<Trace>>) {
        let bus = ProbeBus::new(LinePin::new(&self.hardware), LineDelay::new(&self.hardware));
        // A simulated pin can always be set.
        let Ok(bus) = bus else { return };
        let mut parts = Parts {
            connector: Sockets,
            probe: ReportingProbe::new(
                &bus,
                &self.hardware,
                self.choice,
                self.probe_settings,
                &self.report,
            ),
            seed: self
                .unit
                .id
                .mac()
                .iter()
                .fold(std::process::id(), |seed, byte| {
                    seed.rotate_left(5) ^ u32::from(*byte)
                }),
        };
        let mut buffers = Buffers::new();
        let app = std::pin::pin!(self.app.run(&mut parts, &mut buffers));
        let plant = std::pin::pin!(self.keep_plant_going(trace));
        select(app, plant).await;
    }

    fn close(&self) {
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
        let mut hardware = self.hardware.borrow_mut();
        hardware.advance(now(), self.desk);
        let overview = self.app.overview();
        let (tank_celsius, full_watts) = (
            hardware.plant().tank().celsius(),
            hardware.plant().full_watts(),
        );
        for delivered in hardware.plant().drain_delivered() {
            // The live line is a mean over about a second; the trace has each half-cycle.
            let watts = delivered.fraction * full_watts;
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

    fn live_line(&self) -> String {
        let overview = self.app.overview();
        self.console()
            .live_line(&overview, self.delivered_watts.get())
    }
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

/// The broker that a dimmer goes to, for people.
fn address(unit: &Unit) -> String {
    format!("{}:{}", unit.config.broker.host, unit.config.broker.port)
}

/// Says that a dimmer is online: where, who, and what to type next.
fn ready_line(unit: &Unit) -> Result<String> {
    let topics = Topics::new(&unit.config.topics, unit.id)?;
    let broker = &unit.config.broker;
    let command = topics
        .subscriptions()
        .next()
        .map(|subscription| subscription.topic)
        .unwrap_or_default();
    let state = topics.of(Message::State);
    let user = if broker.username.is_empty() {
        String::new()
    } else {
        format!(" -u {} -P ...", broker.username)
    };
    let to = format!("-h {} -p {}{user}", broker.host, broker.port);
    let follow = &unit.config.topics.follow;
    let pool = if follow.is_empty() {
        String::new()
    } else {
        format!("; all: mosquitto_pub {to} -t {follow} -m 75")
    };
    Ok(format!(
        "ready: dimmer {} is online at {}:{}; try: mosquitto_pub {to} -t {command} -m 42.5{pool}; watch: mosquitto_sub {to} -t {state}",
        unit.id, broker.host, broker.port
    ))
}
