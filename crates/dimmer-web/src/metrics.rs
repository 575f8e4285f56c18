//! For Prometheus and what reads like it.

use core::fmt::{self, Display, Write};

use crate::{BrokerStatus, Snapshot};

/// In which of the two text formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0 (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).
    OpenMetrics,
    /// Prometheus 0.0.4 (<https://prometheus.io/docs/instrumenting/exposition_formats/>), for who does not ask for the other.
    Prometheus,
}

impl Format {
    /// What a client that sent this `Accept` understands.
    #[must_use]
    pub fn accepted(accept: Option<&str>) -> Self {
        match accept {
            Some(accept) if accept.contains("application/openmetrics-text") => Self::OpenMetrics,
            _ => Self::Prometheus,
        }
    }

    /// The value of `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// `value` / 10^`decimals`, exactly.
struct Fixed(i64, u32);

impl Display for Fixed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value, decimals) = *self;
        let scale = 10_u64.pow(decimals);
        let sign = if value < 0 { "-" } else { "" };
        let (whole, rest) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
        let width = usize::try_from(decimals).unwrap_or(0);
        if rest == 0 {
            write!(formatter, "{sign}{whole}")
        } else {
            write!(formatter, "{sign}{whole}.{rest:0width$}")
        }
    }
}

/// The value of a label, escaped as both formats want it.
struct Label<'a>(&'a str);

impl Display for Label<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '\\' => formatter.write_str("\\\\"),
            '"' => formatter.write_str("\\\""),
            '\n' => formatter.write_str("\\n"),
            other => formatter.write_char(other),
        })
    }
}

struct Families<'a, W> {
    out: &'a mut W,
    format: Format,
}

#[derive(Clone, Copy)]
enum Kind {
    Gauge,
    Counter,
}

impl<W: Write> Families<'_, W> {
    /// The head of a family: `unit` is the end of its name, or empty.
    fn family(&mut self, name: &str, kind: Kind, unit: &str, help: &str) -> fmt::Result {
        let (open, total) = match (self.format, kind) {
            // The older format names a counter as its sample.
            (Format::Prometheus, Kind::Counter) => (false, "_total"),
            (format, _) => (format == Format::OpenMetrics, ""),
        };
        let word = match kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        };
        writeln!(self.out, "# TYPE solar_dimmer_{name}{total} {word}")?;
        if open && !unit.is_empty() {
            writeln!(self.out, "# UNIT solar_dimmer_{name} {unit}")?;
        }
        writeln!(self.out, "# HELP solar_dimmer_{name}{total} {help}")
    }

    fn sample(
        &mut self,
        name: &str,
        labels: fmt::Arguments<'_>,
        value: impl Display,
    ) -> fmt::Result {
        writeln!(self.out, "solar_dimmer_{name}{labels} {value}")
    }

    fn gauge(&mut self, name: &str, unit: &str, help: &str, value: Option<Fixed>) -> fmt::Result {
        // What is not known has no sample, and a family without samples is not said.
        let Some(value) = value else { return Ok(()) };
        self.family(name, Kind::Gauge, unit, help)?;
        self.sample(name, format_args!(""), value)
    }

    fn counter(&mut self, name: &str, unit: &str, help: &str, value: u64) -> fmt::Result {
        self.family(name, Kind::Counter, unit, help)?;
        self.sample(name, format_args!("_total"), value)
    }
}

/// Writes everything that is measured.
///
/// # Errors
/// `out` is full.
pub fn write_metrics(snapshot: &Snapshot, format: Format, out: &mut impl Write) -> fmt::Result {
    let mut families = Families { out, format };
    let state = &snapshot.state;
    let ratio = |centipercent: i32| Some(Fixed(centipercent.into(), 4));
    families.family("info", Kind::Gauge, "", "What this is; always 1.")?;
    families.sample(
        "info",
        format_args!(
            "{{id=\"{}\",name=\"{}\",model=\"{}\",version=\"{}\"}}",
            snapshot.identity.id,
            Label(&snapshot.name),
            Label(snapshot.identity.model),
            Label(snapshot.identity.version)
        ),
        1,
    )?;
    families.gauge(
        "setpoint_ratio",
        "ratio",
        "What was asked for last, of the rated power.",
        state.setpoint_centipercent.and_then(ratio),
    )?;
    families.gauge(
        "permitted_ratio",
        "ratio",
        "What the limits permit of it.",
        ratio(snapshot.overview.permitted_centipercent.into()),
    )?;
    families.gauge(
        "applied_ratio",
        "ratio",
        "What is let through.",
        ratio(state.applied_centipercent.into()),
    )?;
    families.gauge(
        "power_watts",
        "watts",
        "What is let through, computed from the rated power.",
        Some(Fixed(state.watts.into(), 0)),
    )?;
    families.gauge(
        "rated_power_watts",
        "watts",
        "The power of the load when it is fully on.",
        Some(Fixed(state.rated_watts.into(), 0)),
    )?;
    if let Some(watt_hours) = state.energy_watt_hours {
        families.counter(
            "energy_joules",
            "joules",
            "What went into the load, computed; counted on over restarts where the board keeps it.",
            u64::from(watt_hours) * 3_600,
        )?;
    }
    let temperatures = [
        ("water", state.water_millicelsius),
        ("heat_sink", state.heat_sink_millicelsius),
        ("room", state.room_millicelsius),
    ];
    if temperatures.iter().any(|(_, value)| value.is_some()) {
        families.family(
            "temperature_celsius",
            Kind::Gauge,
            "celsius",
            "A temperature while it is fresh.",
        )?;
        for (of, value) in temperatures {
            if let Some(value) = value {
                families.sample(
                    "temperature_celsius",
                    format_args!("{{of=\"{of}\"}}"),
                    Fixed(value.into(), 3),
                )?;
            }
        }
    }
    families.gauge(
        "water_limit_celsius",
        "celsius",
        "At or above this the output is off.",
        state
            .water_limit_millicelsius
            .map(|value| Fixed(value.into(), 3)),
    )?;
    families.gauge(
        "mains_frequency_hertz",
        "hertz",
        "The frequency of the mains while it is followed.",
        state
            .mains_frequency_millihertz
            .map(|value| Fixed(value.into(), 3)),
    )?;
    families.family(
        "reason",
        Kind::Gauge,
        "",
        "Why the output is as it is; 1 for the reason that holds.",
    )?;
    families.sample(
        "reason",
        format_args!("{{reason=\"{}\"}}", snapshot.overview.reason.as_str()),
        1,
    )?;
    let alarms = [
        ("critical", snapshot.overview.critical),
        ("warning", snapshot.overview.warnings),
    ];
    families.family("alarms", Kind::Gauge, "", "How many alarms stand.")?;
    for (level, set) in alarms {
        families.sample(
            "alarms",
            format_args!("{{level=\"{level}\"}}"),
            set.iter().count(),
        )?;
    }
    let is_online = matches!(
        snapshot.broker.status,
        BrokerStatus::Online | BrokerStatus::Impaired
    );
    families.gauge(
        "broker_connected",
        "",
        "1 while there is a session with a broker.",
        Some(Fixed(is_online.into(), 0)),
    )?;
    families.gauge(
        "boost_seconds",
        "seconds",
        "How long a boost still runs; 0: none.",
        Some(Fixed(i64::from(state.boost_minutes) * 60, 0)),
    )?;
    families.gauge(
        "uptime_seconds",
        "seconds",
        "Since the start.",
        Some(Fixed(state.uptime_s.into(), 0)),
    )?;
    if let Some(reason) = state.reset_reason {
        families.family(
            "reset_reason",
            Kind::Gauge,
            "",
            "Why the board started last; 1 for the reason that holds.",
        )?;
        families.sample("reset_reason", format_args!("{{reason=\"{reason}\"}}"), 1)?;
    }
    let bytes = |value: Option<u32>| value.map(|value| Fixed(value.into(), 0));
    families.gauge(
        "free_memory_bytes",
        "bytes",
        "Memory that is free.",
        bytes(state.free_memory_bytes),
    )?;
    families.gauge(
        "free_stack_bytes",
        "bytes",
        "What of the stack was never used since the start.",
        bytes(state.free_stack_bytes),
    )?;
    families.gauge(
        "signal_strength_dbm",
        "dbm",
        "How strong the radio signal is.",
        state.signal_dbm.map(|dbm| Fixed(dbm.into(), 0)),
    )?;
    for (name, help, value) in [
        (
            "messages_received",
            "Messages from the broker, the refused ones among them.",
            state.messages_received,
        ),
        (
            "messages_sent",
            "Messages to the broker.",
            state.messages_sent,
        ),
        (
            "messages_refused",
            "Messages that were refused.",
            state.messages_refused,
        ),
        (
            "mains_missed",
            "Zero crossings that did not come.",
            state.mains_missed,
        ),
        (
            "mains_rejected",
            "Edges that were no zero crossing.",
            state.mains_rejected,
        ),
    ] {
        families.counter(name, "", help, value.into())?;
    }
    if let Some(probes) = state.probes {
        families.counter(
            "probe_readings",
            "",
            "Readings that gave a temperature.",
            probes.readings.into(),
        )?;
        families.counter(
            "probe_failures",
            "",
            "Readings that gave none.",
            probes.failed.into(),
        )?;
    }
    if format == Format::OpenMetrics {
        writeln!(families.out, "# EOF")?;
    }
    Ok(())
}
