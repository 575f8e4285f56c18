//! One dimmer: its state, shared by its services.

use core::cell::{Cell, RefCell};

use dimmer::{
    BoardRequest, Dimmer, Effects, Event, Health, Identity, Incident, Instant, Overview,
    ResetReason,
    config::Valid,
    safety::Role,
    topics::{Command, Refusal, SettingsError, State},
};
use dimmer_link::{Buffers, Connect, Notice, Status};
use dimmer_probe::TemperatureProbe;
use embassy_futures::{join::join, select::select};
use embassy_sync::{
    blocking_mutex::{Mutex, raw::NoopRawMutex},
    signal::Signal,
};

use crate::{FiringDesk, ProbeSearch, control, probe_search::ProbeBook, readings};

/// The board's clock, as every part of the dimmer counts it.
///
/// Zero-cross edges are to be stamped by the same clock.
#[must_use]
pub fn now() -> Instant {
    Instant::from_ticks(embassy_time::Instant::now().as_micros())
}

/// What a board puts together.
#[derive(Debug)]
pub struct Parts<C, P> {
    /// Opens streams to the broker.
    pub connector: C,
    /// Reads the water's temperature. Not read where the settings say that it comes from a topic (`probes.water` is false).
    pub probe: P,
    /// Spreads the attempts to reconnect of different devices; anything that differs between them.
    pub seed: u32,
}

/// Who wants to hear what happens, for a log or a status line.
pub trait Observer {
    /// The session with the brokers went over to another status, or something about one that is online has changed.
    fn link(&self, status: Status);
    /// The session met something that does not end it.
    fn notice(&self, notice: Notice);
    /// Something that a person would want to read in the log.
    fn incident(&self, incident: Incident);
    /// The control loop went round: ten times in a second or more, and never when it hangs. What a board feeds its watchdog by, and by nothing else.
    fn turn(&self) {}
    /// The board started for a reason that nobody wanted, or the program had ended with these words.
    fn started(&self, _reason: ResetReason, _last_words: &str) {}
    /// A search for probes came to an end.
    fn searched(&self, _search: &ProbeSearch) {}
    /// From now on these settings are in use, and what is heard next goes by them: those that were given to [`App::configure`], those in which a message
    /// or a person changed one, and those of a dimmer that starts again.
    fn configured(&self, _config: &Valid) {}
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn link(&self, _status: Status) {}
    fn notice(&self, _notice: Notice) {}
    fn incident(&self, _incident: Incident) {}
}

/// A dimmer and the services around it. They share one executor and one thread; only the
/// [`FiringDesk`] is open to an interrupt.
pub struct App<'desk, O = Silent> {
    pub(crate) desk: &'desk FiringDesk,
    pub(crate) observer: O,
    dimmer: Mutex<NoopRawMutex, RefCell<Dimmer>>,
    /// The outbox has something.
    pub(crate) to_send: Signal<NoopRawMutex, ()>,
    /// The next deadline may have moved nearer.
    pub(crate) decided: Signal<NoopRawMutex, ()>,
    /// The configuration is another one.
    pub(crate) configured: Signal<NoopRawMutex, ()>,
    /// What only the board can do.
    board: Signal<NoopRawMutex, ()>,
    waiting: Cell<Waiting>,
    pub(crate) probes: ProbeBook,
    /// The session is to end.
    pub(crate) closing: Signal<NoopRawMutex, ()>,
    /// Nothing is ordered any more.
    closed: Cell<bool>,
    /// The session is online: only another broker, or a loss before, makes it new.
    pub(crate) online: Cell<bool>,
    /// With which broker the session is, or tries to be, by its fingerprint. Its place in the list may be another's by now.
    pub(crate) session_with: Cell<Option<u64>>,
}

/// What the board is asked for and has not done.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    keep: bool,
    reload: bool,
    restart: bool,
}

impl Waiting {
    fn note(&mut self, request: BoardRequest) {
        match request {
            BoardRequest::Keep => self.keep = true,
            BoardRequest::Reload => self.reload = true,
            BoardRequest::Restart => self.restart = true,
            // Done by whoever serves searches.
            BoardRequest::SearchProbes => {}
            // What a later version asks for, this one cannot do.
            _ => {}
        }
    }

    fn take(&mut self) -> Option<BoardRequest> {
        if core::mem::take(&mut self.keep) {
            Some(BoardRequest::Keep)
        } else if core::mem::take(&mut self.reload) {
            Some(BoardRequest::Reload)
        } else if core::mem::take(&mut self.restart) {
            Some(BoardRequest::Restart)
        } else {
            None
        }
    }
}

impl<O> core::fmt::Debug for App<'_, O> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("App")
            .field("desk", self.desk)
            .finish_non_exhaustive()
    }
}

impl<'desk, O: Observer> App<'desk, O> {
    /// Puts a dimmer in the middle of its services; nothing runs yet.
    pub fn new(dimmer: Dimmer, desk: &'desk FiringDesk, observer: O) -> Self {
        Self {
            desk,
            observer,
            dimmer: Mutex::new(RefCell::new(dimmer)),
            to_send: Signal::new(),
            decided: Signal::new(),
            configured: Signal::new(),
            board: Signal::new(),
            waiting: Cell::new(Waiting::default()),
            probes: ProbeBook::new(),
            closing: Signal::new(),
            closed: Cell::new(false),
            online: Cell::new(false),
            session_with: Cell::new(None),
        }
    }

    /// Runs every service until [`close`](Self::close) was called and the broker has been told.
    ///
    /// # Cancel safety
    /// When the future is dropped the order on the desk runs out by itself within a second, and the
    /// broker publishes the will.
    pub async fn run<C: Connect, P: TemperatureProbe>(
        &self,
        parts: &mut Parts<C, P>,
        buffers: &mut Buffers,
    ) {
        let Parts {
            connector,
            probe,
            seed,
        } = parts;
        let session = dimmer_link::run(connector, self, buffers, *seed);
        let board = join(control::run(self), self.read(Role::Water, probe));
        select(session, board).await;
        self.desk.withdraw();
    }

    /// Reads a probe again and again, every two seconds, for ever, while the settings say that there is one, and that with the address that they
    /// name: what [`run`](Self::run) does
    /// with that of the water. A board with a probe on its heat sink or in its cabinet joins one of these with it.
    pub async fn read(&self, role: Role, probe: &mut impl TemperatureProbe) -> ! {
        readings::run(self, role, probe).await
    }

    /// A person looked, and wants the latched alarms reset. The observer hears what became of it.
    pub fn reset_alarms(&self) {
        self.handle(Event::ResetAlarms);
    }

    /// Takes another configuration while everything runs: [`Dimmer::configure`], with the new settings of the mains on the desk for the
    /// firing path. What needs another session with the broker makes one.
    ///
    /// # Errors
    /// As [`Dimmer::configure`]; nothing changes then.
    pub fn configure(&self, config: Valid) -> Result<(), SettingsError> {
        let mains = config.mains;
        let effects = self.with(|dimmer| dimmer.configure(now(), config))?;
        self.tell_settings();
        self.desk.give_settings(mains);
        self.carry_out(effects);
        self.configured.signal(());
        Ok(())
    }

    /// Whether this configuration would be taken, without any effect: [`Dimmer::would_take`].
    ///
    /// # Errors
    /// As [`configure`](Self::configure).
    pub fn would_take(&self, config: &Valid) -> Result<(), SettingsError> {
        self.with(|dimmer| dimmer.would_take(config))
    }

    /// The configuration in force: what a board keeps when it is asked to ([`BoardRequest::Keep`]), or changes and gives to
    /// [`configure`](Self::configure).
    pub fn config(&self) -> Valid {
        self.with(|dimmer| dimmer.config().clone())
    }

    /// Waits for what messages ask for and only the board can do. None is lost while nobody waits: what is to be kept comes first, a
    /// restart last. A board that starts again gives the session a moment before: the answer is on its way.
    pub async fn board_request(&self) -> BoardRequest {
        loop {
            let mut waiting = self.waiting.get();
            if let Some(request) = waiting.take() {
                self.waiting.set(waiting);
                return request;
            }
            self.board.wait().await;
        }
    }

    /// The configuration could not be read again, as [`board_request`](Self::board_request) asked: what was wrong, and where. Who asked
    /// for it by a message is answered; nothing else changes.
    pub fn reload_failed(&self, told: &str) {
        self.handle(Event::ReloadFailed(told));
    }

    /// Another dimmer takes the place of this one, as after a reset of the chip: it knows nothing. For a board that can start again
    /// without one; not while [`run`](Self::run) runs.
    pub fn start_again(&self, mut dimmer: Dimmer) {
        if self.probes.can_search() {
            dimmer.offer_probe_search();
        }
        self.desk.withdraw();
        self.desk.give_settings(dimmer.config().mains);
        self.online.set(false);
        self.session_with.set(None);
        self.with(|old| *old = dimmer);
        self.tell_settings();
    }

    /// A person switched the dimmer on or off, by a button or a page. It starts switched on, also after a reset.
    pub fn switch(&self, on: bool) {
        self.handle(Event::Switched(on));
    }

    /// How the board fares, as far as it knows: at the start, before [`run`](Self::run) and after [`start_again`](Self::start_again), with
    /// why it started; and again now and then, such as once a minute. What changes much is published at once, the rest once a minute.
    pub fn health(&self, health: &Health) {
        let alert = self.with(|dimmer| health.alert(dimmer.health()));
        self.handle(Event::Health(health));
        if let Some(reason) = alert {
            let words = health.last_words.as_deref().unwrap_or_default();
            self.observer.started(reason, words);
        }
    }

    /// The day, in days since 1970-01-01 (UTC), from a board that has a clock: at the start, after [`start_again`](Self::start_again), and
    /// when it changes. The members of a pool that takes turns by day go by it.
    pub fn day(&self, day: u32) {
        self.handle(Event::Day(day));
    }

    /// Carries out what a person asks for, by a page or a button: [`Dimmer::instruct`].
    ///
    /// # Errors
    /// Why it was refused.
    pub fn command(&self, command: Command) -> Result<(), Refusal> {
        let (effects, outcome) = self.with(|dimmer| dimmer.instruct(now(), command));
        self.carry_out(effects);
        outcome
    }

    /// What went into the load since the counter began, in watt-hours: [`Dimmer::energy_watt_hours`].
    pub fn energy_watt_hours(&self) -> u64 {
        self.with(|dimmer| dimmer.energy_watt_hours())
    }

    /// Ends [`run`](Self::run): the output goes off, the broker is told, the session ends.
    pub fn close(&self) {
        self.closed.set(true);
        self.desk.withdraw();
        self.closing.signal(());
    }

    /// Who hears what happens.
    pub fn observer(&self) -> &O {
        &self.observer
    }

    /// The dimmer as it stands.
    pub fn overview(&self) -> Overview {
        self.with(|dimmer| dimmer.overview(now()))
    }

    /// What is told of the dimmer now.
    pub fn state(&self) -> State {
        self.with(|dimmer| dimmer.state(now()))
    }

    /// Who this dimmer is.
    pub fn identity(&self) -> Identity {
        self.with(|dimmer| dimmer.identity())
    }

    /// Lets the dimmer handle an event and carries out what it wants.
    pub(crate) fn handle(&self, event: Event<'_>) {
        let effects = self.with(|dimmer| dimmer.handle(now(), event));
        self.carry_out(effects);
    }

    fn carry_out(&self, effects: Effects) {
        let Effects {
            order,
            to_send,
            incidents,
            board,
        } = effects;
        if board == Some(BoardRequest::Keep) {
            // Asked for when a setting was changed by a command, and only then. Before the incidents, which are to be in its language.
            self.tell_settings();
        }
        if board == Some(BoardRequest::SearchProbes) {
            self.probes.asked.signal(());
        } else if let Some(request) = board {
            let mut waiting = self.waiting.get();
            waiting.note(request);
            self.waiting.set(waiting);
            self.board.signal(());
        }
        if !self.closed.get() {
            self.desk.give(order);
        }
        if to_send {
            self.to_send.signal(());
        }
        self.decided.signal(());
        for incident in incidents.into_iter().flatten() {
            self.observer.incident(incident);
        }
    }

    /// Tells the observer which settings are in use. A copy of them: it may ask the app what it likes. Not inlined, for the copy is to take stack only
    /// here, and not under all that is carried out.
    #[inline(never)]
    fn tell_settings(&self) {
        self.observer.configured(&self.config());
    }

    /// The dimmer, for a moment; never across an await.
    pub(crate) fn with<R>(&self, use_it: impl FnOnce(&mut Dimmer) -> R) -> R {
        self.dimmer.lock(|dimmer| use_it(&mut dimmer.borrow_mut()))
    }
}
