//! The whole: a broker if one is needed, the dimmers, their hardware, the live line, and an orderly end.

mod simulated_dimmer;

use std::{
    cell::RefCell,
    net::{Ipv4Addr, SocketAddr},
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use dimmer_app::dimmer::config::Broker;
use futures_util::future::{join_all, select};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, interval, sleep, sleep_until},
};

use crate::{
    broker::EmbeddedBroker,
    configuration::Configuration,
    console::{Console, time},
    options::Options,
    page::Page,
    person,
    script::{Action, Command, HELP, Script, Target, lines},
    trace::Trace,
};

use simulated_dimmer::SimulatedDimmer;

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
    let trace = match &options.trace {
        Some(path) => {
            let trace = Trace::create(path)
                .with_context(|| format!("the trace {} cannot be written", path.display()))?;
            Some(RefCell::new(trace))
        }
        None => None,
    };
    let script = match &options.script {
        Some(path) => Script::read(path, configuration.units.len())?,
        None => Script::default(),
    };
    // Kept until the end: the broker stops when it is dropped.
    let _broker = start_broker(options, &mut configuration).await?;
    let mut dimmers = Vec::new();
    for (place, unit) in configuration.units.into_iter().enumerate() {
        let page = match options.http {
            Some(first) => Some(Page::bind(first, place).await?),
            None => None,
        };
        let plant = configuration.plant.clone();
        dimmers.push(SimulatedDimmer::new(unit, plant, options, page, &console)?);
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
    let seen = live_line(&console, &dimmers);
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
        select(
            std::pin::pin!(end_of_run(options.duration_s)),
            std::pin::pin!(obey(&console, &stage)),
        )
        .await;
        dimmers.iter().for_each(SimulatedDimmer::close);
        // Asked a second time, it does not wait for the broker.
        end_of_run(None).await;
    };
    tokio::select! {
        _ = all => {}
        _ = pages => {}
        () = seen => {}
        () = played => {}
        () = publish(&dimmers, to_publish) => {}
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
        if let Some(dimmer) = dimmers.get(index)
            && let Err(error) = person::publish_setpoint(&dimmer.unit, &payload).await
        {
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
                console.line(&format!("at {}: {}", time(), dimmer.live_line()));
            }
        }
    }
}
