//! What the terminal shows of all that runs: the live view, or the live line, or lines now and then.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use tokio::time::interval;

use super::SimulatedDimmer;
use crate::{
    console::{Console, time},
    house::RunningHouse,
    options::{Options, View},
    script::may_read,
    view::{History, Picture, Screen},
};

const LIVE_LINE_EVERY: Duration = Duration::from_millis(250);
const PLAIN_LINE_EVERY: Duration = Duration::from_secs(10);
/// How often the live view is drawn, and how many times in a second of its chart.
const VIEW_EVERY: Duration = Duration::from_millis(250);
const VIEWS_EACH_SAMPLE: u32 = 4;

/// What the terminal is to show. Where there is none, there is nothing to draw on.
pub(super) fn view(options: &Options, has_house: bool) -> View {
    let is_terminal = io::stdout().is_terminal();
    match options.view {
        Some(View::Live) | None if !is_terminal => View::Line,
        Some(view) => view,
        // In the background the terminal is somebody else's.
        None if has_house && io::stdin().is_terminal() && may_read() => View::Live,
        None => View::Line,
    }
}

/// Draws the live view.
pub(super) async fn live_view(
    screen: &mut Screen,
    console: &Console,
    dimmers: &[SimulatedDimmer],
    house: Option<&RunningHouse>,
) {
    let mut history = History::default();
    let mut ticks = interval(VIEW_EVERY);
    for tick in (0..VIEWS_EACH_SAMPLE).cycle() {
        ticks.tick().await;
        let figures = house.map(RunningHouse::figures);
        if let (0, Some(figures)) = (tick, &figures) {
            history.push(figures);
        }
        let title = match (house, &figures) {
            (Some(house), Some(figures)) => format!(
                "{}  a {:?} sky, day {} of the year, 1 s is {} s; q quits",
                figures.time_of_day(),
                house.settings().sky,
                house.settings().day_of_year,
                house.speed()
            )
            .to_lowercase(),
            _ => format!("{}; q quits", time()),
        };
        screen.draw(&Picture {
            title,
            house: figures,
            dimmers: dimmers.iter().map(SimulatedDimmer::row).collect(),
            history: &history,
            log: console.log(),
        });
    }
}

/// Draws the live line; with several dimmers each in turn. Where lines cannot be drawn over, one for each now and then.
pub(super) async fn live_line(
    console: &Console,
    dimmers: &[SimulatedDimmer],
    house: Option<&RunningHouse>,
) {
    // The house has its turn before the dimmers.
    let houses = usize::from(house.is_some());
    if console.is_interactive() {
        let mut ticks = interval(LIVE_LINE_EVERY);
        // Long enough to be read.
        const TICKS_EACH: usize = 8;
        let turns = (0..).map(|tick: usize| tick / TICKS_EACH % (dimmers.len() + houses).max(1));
        for turn in turns {
            ticks.tick().await;
            let dimmer = turn.checked_sub(houses).and_then(|turn| dimmers.get(turn));
            if let (None, Some(house)) = (dimmer, house) {
                console.live(&house.figures().to_string());
            }
            if let Some(dimmer) = dimmer {
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
            if let Some(house) = house {
                console.line(&format!("at {}: {}", time(), house.figures()));
            }
            for dimmer in dimmers {
                console.line(&format!("at {}: {}", time(), dimmer.live_line()));
            }
        }
    }
}
