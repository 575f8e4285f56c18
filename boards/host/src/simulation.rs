//! The whole: a broker if one is needed, the dimmers, their hardware, the live line, and an orderly end.

mod shown;
mod simulated_dimmer;

use std::{
    cell::RefCell,
    io::{self, IsTerminal},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use dimmer_app::dimmer::config::Broker;
use futures_util::future::join_all;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, MissedTickBehavior, interval, sleep, sleep_until},
};

use crate::{
    broker::EmbeddedBroker,
    configuration::Configuration,
    console::{Console, time},
    house::RunningHouse,
    options::{Options, View},
    page::Page,
    person,
    script::{Action, Command, HELP, Script, Target, lines},
    trace::{HouseTrace, Trace, beside},
    view::{Keys, Screen},
};

use shown::{live_line, live_view};
use simulated_dimmer::SimulatedDimmer;

/// How often the house sees what the heaters took.
const HOUSE_EVERY: Duration = Duration::from_millis(100);

/// Runs until Ctrl-C, or as long as `--for` says.
///
/// # Errors
/// What keeps the simulation from starting; or that with `--for` a dimmer never came online.
pub async fn run(options: &Options) -> Result<()> {
    let start = Instant::now();
    let mut configuration = Configuration::new(options)?;
    let view = shown::view(options, configuration.house.is_some());
    let console = Console::new(view);
    let trace = match &options.trace {
        Some(path) => {
            let trace = created(Trace::create(path), path)?;
            Some(RefCell::new(trace))
        }
        None => None,
    };
    let house_trace = match &options.trace {
        Some(path) if configuration.house.is_some() => {
            let path = beside(path);
            let trace = created(HouseTrace::create(&path), &path)?;
            Some(RefCell::new(trace))
        }
        _ => None,
    };
    let script = match &options.script {
        Some(path) => Script::read(path, configuration.units.len())?,
        None => Script::default(),
    };
    // Kept until the end: the broker stops when it is dropped.
    let _broker = start_broker(options, &mut configuration).await?;
    let house = configuration
        .house
        .take()
        .map(|settings| RunningHouse::new(settings, &configuration.units))
        .transpose()?;
    let mut dimmers = Vec::new();
    for (place, unit) in configuration.units.into_iter().enumerate() {
        let page = match options.http {
            Some(first) => Some(Page::bind(first, place).await?),
            None => None,
        };
        dimmers.push(SimulatedDimmer::new(unit, options, page, &console)?);
    }

    let (setpoints, to_publish) = unbounded_channel();
    let stage = Stage {
        dimmers: &dimmers,
        setpoints,
    };
    if let Some(fault) = options.probe_fault {
        stage.act(Target::default(), &Action::Plant(fault));
    }

    let all = join_all(dimmers.iter().map(|dimmer| dimmer.run(trace.as_ref())));
    let pages = join_all(dimmers.iter().map(SimulatedDimmer::serve_page));
    // Dropped in the order that gives the terminal back: first who reads its keys.
    let mut screen = match view {
        View::Live => Some(Screen::open().context("the terminal cannot show the live view")?),
        View::Line | View::Plain => None,
    };
    let mut keys = screen.as_ref().map(|_| Keys::read());
    let seen = async {
        match &mut screen {
            Some(screen) => live_view(screen, &console, &dimmers, house.as_ref()).await,
            None => live_line(&console, &dimmers, house.as_ref()).await,
        }
    };
    let housed = async {
        match &house {
            Some(house) => keep_house_going(house, &console, &dimmers, house_trace.as_ref()).await,
            None => std::future::pending().await,
        }
    };
    let played = async {
        for step in &script.steps {
            sleep_until(start + step.at).await;
            for (target, action) in &step.actions {
                stage.act(*target, action);
            }
        }
        std::future::pending::<()>().await;
    };
    let end = async {
        // In the live view the terminal's keys are its own; a pipe is obeyed all the same.
        let is_obeyed = view != View::Live || !io::stdin().is_terminal();
        tokio::select! {
            () = end_of_run(options.duration_s) => {}
            () = obey(&console, &stage), if is_obeyed => {}
            () = quit(&mut keys) => {}
        }
        dimmers.iter().for_each(SimulatedDimmer::close);
        // Asked a second time, it does not wait for the broker.
        tokio::select! {
            () = end_of_run(None) => {}
            () = quit(&mut keys) => {}
        }
    };
    tokio::select! {
        _ = all => {}
        _ = pages => {}
        () = seen => {}
        () = housed => {}
        () = played => {}
        () = publish(&dimmers, to_publish) => {}
        () = end => {}
    }

    dimmers.iter().for_each(SimulatedDimmer::keep_energy);
    drop(keys);
    drop(screen);
    console.leave_view();
    console.clear();
    if let Some(house) = &house {
        console.line(&format!("at {}: {}", time(), house.figures()));
    }
    let written = trace.map_or(Ok(()), |trace| trace.borrow_mut().flush());
    let of_house = house_trace.map_or(Ok(()), |trace| trace.borrow_mut().flush());
    written
        .and(of_house)
        .context("the trace cannot be written")?;
    if options.duration_s.is_some()
        && let Some(dimmer) = dimmers.iter().find(|dimmer| !dimmer.console().was_online())
    {
        bail!("dimmer {} never came online", dimmer.unit.id);
    }
    Ok(())
}

fn created<T>(trace: io::Result<T>, path: &Path) -> Result<T> {
    trace.with_context(|| format!("the trace {} cannot be written", path.display()))
}

/// Waits until somebody at the live view wants to quit.
async fn quit(keys: &mut Option<Keys>) {
    match keys {
        Some(keys) => keys.quit().await,
        None => std::future::pending().await,
    }
}

/// Starts a broker in this process, and points the dimmers to it, unless they have one to go to.
async fn start_broker(
    options: &Options,
    configuration: &mut Configuration,
) -> Result<Option<EmbeddedBroker>> {
    if configuration
        .units
        .iter()
        .all(|unit| !unit.config.brokers.is_empty())
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
        if unit.config.brokers.is_empty() {
            let mut config = unit.config.clone().into_inner();
            // The list is empty, so there is room.
            let _ = config.brokers.push(Broker {
                host: dimmer_app::link::Text::try_from(host.to_string().as_str())
                    .unwrap_or_default(),
                port: address.port(),
                ..Broker::default()
            });
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

/// The dimmers, and the way to do something to them.
struct Stage<'a> {
    dimmers: &'a [SimulatedDimmer],
    /// To be published, each for the dimmer with this index.
    setpoints: UnboundedSender<(usize, String)>,
}

impl Stage<'_> {
    /// Does something to the dimmers that are meant, and says so.
    fn act(&self, target: Target, action: &Action) {
        for (index, dimmer) in self.meant(target) {
            dimmer.console().say(action);
            match action {
                Action::Plant(action) => action.apply(dimmer.hardware.borrow_mut().plant()),
                // The other end is there for as long as this is.
                Action::Set(payload) => drop(self.setpoints.send((index, payload.clone()))),
                Action::Switch(on) => dimmer.switch(*on),
                Action::ResetAlarms => dimmer.reset_alarms(),
            }
        }
    }

    /// The dimmers that are meant, each with its index.
    fn meant(&self, target: Target) -> impl Iterator<Item = (usize, &SimulatedDimmer)> {
        let all = self.dimmers.iter().enumerate();
        all.filter(move |(index, _)| target.includes(*index))
    }
}

/// Publishes one setpoint after the other, for ever.
async fn publish(dimmers: &[SimulatedDimmer], mut setpoints: UnboundedReceiver<(usize, String)>) {
    while let Some((index, payload)) = setpoints.recv().await {
        let Some(dimmer) = dimmers.get(index) else {
            continue;
        };
        // Those in use: another broker may have been set.
        let config = dimmer.console().config().clone();
        if let Err(error) = person::publish_setpoint(dimmer.unit.id, &config, &payload).await {
            let told = format!("`set {payload}` was not taken by the broker: {error}");
            dimmer.console().say(&told);
        }
    }
}

/// Does what is typed, until that is to quit.
async fn obey(console: &Console, stage: &Stage<'_>) {
    let mut typed = lines();
    while let Some(line) = typed.recv().await {
        let checked = line.parse().and_then(|command| {
            if let Command::Do(target, _) | Command::Status(target) = &command {
                target.check(stage.dimmers.len())?;
            }
            Ok(command)
        });
        match checked {
            Ok(Command::Do(target, action)) => stage.act(target, &action),
            Ok(Command::Status(target)) => {
                for (_, dimmer) in stage.meant(target) {
                    for line in dimmer.status() {
                        console.line(&format!("{} {line}", dimmer.unit.id));
                    }
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

/// The house sees what the heaters take, and its router says what they are to.
async fn keep_house_going(
    house: &RunningHouse,
    console: &Console,
    dimmers: &[SimulatedDimmer],
    trace: Option<&RefCell<HouseTrace>>,
) {
    let Some(first) = dimmers.first() else { return };
    let routed = house.route(&first.unit, |line| console.line(&line));
    let passed = async {
        let mut steps = interval(HOUSE_EVERY);
        steps.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            steps.tick().await;
            // Whole half-cycles: a part of one more or less would look like so much power.
            let until = first.delivered_until();
            let joules = dimmers.iter().map(SimulatedDimmer::take_joules).sum();
            house.pass(until, joules);
            if let Some(trace) = trace {
                // A full disk is told at the end, when the trace is flushed.
                let time_s = until.as_ticks() as f64 / 1e6;
                let _ = trace.borrow_mut().step(time_s, &house.figures());
            }
        }
    };
    tokio::select! {
        () = routed => {}
        () = passed => {}
    }
}
