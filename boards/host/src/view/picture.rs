//! What the live view shows at one moment.

use std::collections::VecDeque;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Style, Stylize},
    symbols::Marker,
    text::Line,
    widgets::{Axis, Block, Cell, Chart, Dataset, GraphType, Paragraph, Row, Table},
};

use crate::house::HouseFigures;

/// As many samples as the chart shows.
const SAMPLES: usize = 300;
/// Lines of the log.
const LOG_LINES: u16 = 4;
/// The least that the chart's top stands for, watts.
const SMALLEST_TOP_WATTS: f64 = 500.0;

const ROOF: Color = Color::Yellow;
const HOUSEHOLD: Color = Color::Cyan;
const HEATERS: Color = Color::Red;

/// One dimmer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DimmerRow {
    /// For people.
    pub name: String,
    /// What it is permitted of its own rated power, percent.
    pub share: String,
    /// What its heater takes, as a mean over about a second, watts.
    pub watts: f64,
    /// The temperature of the water, as the probe says.
    pub water: String,
    /// Why, as on MQTT, and the worst alarms.
    pub reason: String,
}

/// The house over the last minutes, oldest first: roof, household and heaters, watts.
#[derive(Clone, Debug, Default)]
pub struct History(VecDeque<[f64; 3]>);

impl History {
    /// Takes note of what the house does.
    pub fn push(&mut self, figures: &HouseFigures) {
        if self.0.len() == SAMPLES {
            self.0.pop_front();
        }
        let power = figures.power;
        self.0.push_back([
            power.produced_watts,
            power.used_watts,
            figures.diverted_watts,
        ]);
    }

    /// One line of the chart; the newest sample is at zero.
    fn line(&self, index: usize) -> Vec<(f64, f64)> {
        let newest = self.0.len() as f64 - 1.0;
        let points = self.0.iter().enumerate();
        points
            .filter_map(|(place, sample)| Some((place as f64 - newest, *sample.get(index)?)))
            .collect()
    }

    fn top_watts(&self) -> f64 {
        let highest = self
            .0
            .iter()
            .flatten()
            .copied()
            .fold(SMALLEST_TOP_WATTS, f64::max);
        (highest / 500.0).ceil() * 500.0
    }
}

/// All that is drawn.
#[derive(Debug)]
pub struct Picture<'a> {
    /// The first line.
    pub title: String,
    /// The house, if there is one.
    pub house: Option<HouseFigures>,
    /// The dimmers.
    pub dimmers: Vec<DimmerRow>,
    /// The chart.
    pub history: &'a History,
    /// The last events, oldest first.
    pub log: Vec<String>,
}

impl Picture<'_> {
    /// Draws it.
    pub fn draw(&self, frame: &mut Frame<'_>) {
        let dimmers = u16::try_from(self.dimmers.len()).unwrap_or(u16::MAX);
        let house = if self.house.is_some() { 5 } else { 0 };
        let [title, figures, table, chart, log] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(house),
            Constraint::Length(dimmers.saturating_add(3)),
            Constraint::Fill(1),
            Constraint::Length(LOG_LINES + 2),
        ])
        .areas(frame.area());
        frame.render_widget(Line::from(self.title.as_str()).bold(), title);
        if let Some(house) = &self.house {
            frame.render_widget(energies(house), figures);
            self.chart(frame, chart);
        }
        frame.render_widget(self.table(), table);
        let first = self.log.len().saturating_sub(LOG_LINES.into());
        let last = self.log.iter().skip(first);
        let lines: Vec<Line<'_>> = last.map(|line| line.as_str().into()).collect();
        let log_block = Block::bordered().title(" events ");
        frame.render_widget(Paragraph::new(lines).block(log_block), log);
    }

    fn table(&self) -> Table<'_> {
        let rows = self.dimmers.iter().map(|dimmer| {
            Row::new([
                dimmer.name.clone(),
                dimmer.share.clone(),
                format!("{:.0} W", dimmer.watts),
                dimmer.water.clone(),
                dimmer.reason.clone(),
            ])
        });
        let widths = [
            Constraint::Length(20),
            Constraint::Length(9),
            Constraint::Length(9),
            Constraint::Length(9),
            Constraint::Fill(1),
        ];
        let header = Row::new(["dimmer", "share", "heater", "water", "reason"]).dim();
        Table::new(rows, widths)
            .header(header)
            .block(Block::bordered())
    }

    fn chart(&self, frame: &mut Frame<'_>, area: Rect) {
        let lines = [0, 1, 2].map(|index| self.history.line(index));
        let [roof, household, heaters] = &lines;
        let named = [
            ("roof", ROOF, roof),
            ("household", HOUSEHOLD, household),
            ("heaters", HEATERS, heaters),
        ];
        let datasets = named
            .into_iter()
            .map(|(name, colour, points)| {
                Dataset::default()
                    .name(name)
                    .marker(Marker::Braille)
                    .graph_type(GraphType::Line)
                    .style(Style::new().fg(colour))
                    .data(points)
            })
            .collect();
        let top = self.history.top_watts();
        let labels = [
            "0".to_owned(),
            format!("{:.0}", top / 2.0),
            format!("{top:.0} W"),
        ];
        let chart = Chart::new(datasets)
            .block(Block::bordered().title(" the last five minutes of this desktop "))
            .x_axis(Axis::default().bounds([1.0 - SAMPLES as f64, 0.0]))
            .y_axis(Axis::default().bounds([0.0, top]).labels(labels));
        frame.render_widget(chart, area);
    }
}

/// What the house does now, and did since the start.
fn energies(figures: &HouseFigures) -> Table<'static> {
    let grid_watts = figures.grid_watts();
    let now = [
        figures.power.produced_watts,
        figures.power.used_watts,
        figures.diverted_watts,
        (-grid_watts).max(0.0).abs(),
        grid_watts.max(0.0).abs(),
    ];
    let colours = [ROOF, HOUSEHOLD, HEATERS, Color::Reset, Color::Reset];
    let kwh = figures.energies_kwh();
    let cells = kwh.iter().zip(now).zip(colours);
    let cells = cells.map(|(((name, kwh), watts), colour)| {
        Cell::from(vec![
            Line::from(*name).fg(colour),
            Line::from(format!("{watts:.0} W")).fg(colour).bold(),
            Line::from(format!("{kwh:.2} kWh")),
        ])
    });
    let row = Row::new(cells).height(3);
    let widths = [Constraint::Fill(1); 5];
    Table::new([row], widths).block(Block::bordered())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dimmer_plant::HousePower;
    use ratatui::{Terminal, backend::TestBackend};

    /// What a terminal of this size shows, line by line.
    fn shown(picture: &Picture<'_>, columns: u16, rows: u16) -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| picture.draw(frame)).unwrap();
        let buffer = terminal.backend().buffer();
        (0..rows)
            .map(|row| {
                (0..columns)
                    .map(|column| buffer[(column, row)].symbol())
                    .collect()
            })
            .collect()
    }

    #[test]
    fn the_house_its_dimmers_its_chart_and_the_last_events_fit_a_usual_terminal() {
        let figures = HouseFigures {
            power: HousePower {
                produced_watts: 3_000.0,
                used_watts: 250.0,
            },
            diverted_watts: 2_700.0,
            ..HouseFigures::default()
        };
        let mut history = History::default();
        for _ in 0..400 {
            history.push(&figures);
        }
        let picture = Picture {
            title: "the title".to_owned(),
            house: Some(figures),
            dimmers: vec![DimmerRow {
                name: "Cellar".to_owned(),
                share: "100%".to_owned(),
                watts: 1_999.6,
                water: "51.3°C".to_owned(),
                reason: "following".to_owned(),
            }],
            history: &history,
            log: (1..=20).map(|number| format!("event {number}")).collect(),
        };
        let lines = shown(&picture, 80, 24);
        let find = |words: &[&str]| {
            let wanted = |line: &&String| words.iter().all(|word| line.contains(word));
            assert!(
                lines.iter().any(|line| wanted(&line)),
                "{words:?}: {lines:#?}"
            );
        };
        assert!(lines[0].starts_with("the title"));
        find(&["produced", "used", "diverted", "exported", "imported"]);
        find(&["3000 W", "250 W", "2700 W", "50 W", "0 W"]);
        find(&["Cellar", "100%", "2000 W", "51.3°C", "following"]);
        find(&["event 20"]);
        find(&["event 17"]);
        assert!(!lines.iter().any(|line| line.contains("event 16")));
        // Smaller ones show what has room, and nothing fails.
        for (columns, rows) in [(40, 10), (10, 3), (1, 1)] {
            assert_eq!(shown(&picture, columns, rows).len(), usize::from(rows));
        }
    }

    #[test]
    fn without_a_house_there_are_the_dimmers_and_the_events() {
        let picture = Picture {
            title: "t".to_owned(),
            house: None,
            dimmers: vec![DimmerRow {
                name: "Only".to_owned(),
                ..DimmerRow::default()
            }],
            history: &History::default(),
            log: vec!["ready".to_owned()],
        };
        let text = shown(&picture, 80, 24).join("\n");
        assert!(text.contains("Only") && text.contains("ready"));
        assert!(!text.contains("produced") && !text.contains("five minutes"));
    }
}
