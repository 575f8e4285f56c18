//! The command line.

use std::{net::SocketAddr, path::PathBuf, str::FromStr};

use clap::{Parser, builder::RangedU64ValueParser};
use dimmer_app::{dimmer::topics::DeviceId, probe::one_wire::Choice};

use crate::script::PlantAction;

/// A solar dimmer on the desktop: simulated mains, triac, tank and probe; real sockets.
///
/// Without --broker an MQTT broker runs in this process, on loopback, for MQTT 3.1.1 and 5. The line that begins `ready`
/// says what to type next. Ctrl-C publishes `offline` and ends with exit code 0. While it runs, commands are read from
/// standard input: `help` shows them.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "dimmer-host",
    bin_name = "cargo xtask sim",
    version,
    max_term_width = 120
)]
pub struct Options {
    /// The broker to connect to; it must speak MQTT 5. Several, up to four, are tried in the order given. Overrides MQTT_HOST and MQTT_PORT
    #[arg(long = "broker", value_name = "HOST:PORT")]
    pub brokers: Vec<HostAndPort>,

    /// The broker's name or address, as --broker without the port
    #[arg(long, env = "MQTT_HOST", value_name = "HOST", hide = true)]
    pub mqtt_host: Option<String>,

    /// The port that belongs to MQTT_HOST
    #[arg(long, env = "MQTT_PORT", value_name = "PORT", hide = true)]
    pub mqtt_port: Option<u16>,

    /// User name for the brokers
    #[arg(long, env = "MQTT_USERNAME", value_name = "NAME")]
    pub username: Option<String>,

    /// Password for the brokers; MQTT_PASSWORD keeps it out of the list of processes
    #[arg(
        long,
        env = "MQTT_PASSWORD",
        value_name = "PASSWORD",
        hide_env_values = true
    )]
    pub password: Option<String>,

    /// First levels of every topic [default: solar-dimmer]
    #[arg(long, env = "MQTT_TOPIC_PREFIX", value_name = "PREFIX")]
    pub topic_prefix: Option<String>,

    /// Quality of service of states and setpoints, 0, 1 or 2 [default: 0]
    #[arg(long, env = "MQTT_QOS", value_name = "QOS", value_parser = clap::value_parser!(u8).range(0..=2))]
    pub qos: Option<u8>,

    /// Whether the broker keeps the last states, true or false [default: true]
    #[arg(long, env = "MQTT_RETAIN", value_name = "BOOL", action = clap::ArgAction::Set)]
    pub retain: Option<bool>,

    /// Where the broker in this process listens; port 0 takes a free one [default: 127.0.0.1:1883, or a free port if that is in use]
    #[arg(long, value_name = "ADDR:PORT", conflicts_with = "brokers", value_parser = listen_address)]
    pub listen: Option<SocketAddr>,

    /// Serve the page and the HTTP API of the first dimmer there, of further ones on the ports that follow; port 0 takes free ones
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    pub http: Option<SocketAddr>,

    /// As on a board without a network, the page begins with a first set-up, and whoever asks for another host is sent to it: until a Wi-Fi
    /// network stands in the settings
    #[arg(long, requires = "http")]
    pub captive: bool,

    /// How many dimmers to run, 1 to 64 [default: 1, or as many as the configuration file has]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=64))]
    pub count: Option<usize>,

    /// The setpoints from which the dimmers start, in percent: the first, the second, ...
    #[arg(long, value_name = "PERCENT,...", value_delimiter = ',', value_parser = percent)]
    pub starts: Vec<i32>,

    /// A table of members that share one setpoint, in TOML: one `[[member]]` with name, rated_watts, litres, water_celsius and pool for each
    #[arg(long, value_name = "FILE")]
    pub pool: Option<PathBuf>,

    /// A house around the dimmers: roof, household, meter, and a router that steers the surplus to zero over MQTT; its time runs at --speed
    #[arg(long)]
    pub house: bool,

    /// Another seed is another day of the house: other clouds, other meals; as --house [default: 1]
    #[arg(long, value_name = "SEED")]
    pub house_seed: Option<u64>,

    /// Whether clouds pass over the house, clear or cloudy; as --house [default: clear]
    #[arg(long, value_name = "SKY", value_parser = ["clear", "cloudy"])]
    pub house_sky: Option<String>,

    /// Time of day in the house at the start; noon is when the sun is in the south; as --house [default: 08:00]
    #[arg(long, value_name = "HH:MM", value_parser = hour)]
    pub house_start: Option<f64>,

    /// What the terminal shows: live is a table and a chart of the whole (q ends), line one line below what happens, plain such lines now
    /// and then [default: live with a house in a terminal, otherwise line]
    #[arg(long, value_name = "VIEW")]
    pub view: Option<View>,

    /// The common topic whose setpoint every dimmer follows [default: PREFIX/all/power/set with more than one dimmer or a house]
    #[arg(long, value_name = "TOPIC")]
    pub follow: Option<String>,

    /// The id of the first dimmer, 12 hex digits; further ones count on from it
    #[arg(long, value_name = "HEX12", default_value = "020000000001")]
    pub id: DeviceId,

    /// Mains frequency in Hz, 50 or 60 [default: 50]
    #[arg(long, value_name = "HZ", value_parser = ["50", "60"])]
    pub mains: Option<String>,

    /// Rated power of the heater in watts, 1 to 20000 [default: 2000]
    #[arg(long, value_name = "WATTS", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub load: Option<u32>,

    /// Temperature of the water at the start, in °C [default: 40]
    #[arg(long, value_name = "CELSIUS", allow_negative_numbers = true)]
    pub water: Option<f64>,

    /// Which probe is the water's: its address, such as 28-0000000000a1, or any if there is but one [default: as the settings say]
    #[arg(long, value_name = "ADDRESS")]
    pub probe: Option<Choice>,

    /// How many probes hang on the wire, 1 to 8: one in the water, others at the heat sink, in the room and lying about
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u8).range(1..=8))]
    pub probes: u8,

    /// Something is wrong with the probe from the start: unplugged, shorted, swapped, garbled, slow, restarted or interrupted
    #[arg(long, value_name = "FAULT", value_parser = PlantAction::probe)]
    pub probe_fault: Option<PlantAction>,

    /// What would be typed, and when, in TOML: steps, each with at_s and do
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,

    /// How many times faster than the mains the tank warms and cools, 0.001 to 100000 [default: 1]
    #[arg(long, value_name = "X")]
    pub speed: Option<f64>,

    /// End after so many seconds; the exit code is 1 if a dimmer never came online
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    pub duration_s: Option<f64>,

    /// Settings in TOML: the dimmers' sections, `[plant]`, and one `[[dimmer]]` for each dimmer that differs
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The flash of the dimmer: what is changed by messages is kept in this file, with the latched alarms, and taken back at the next start. Of several dimmers each has FILE and its id
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,

    /// Keep the latched alarms of each dimmer in a file in this folder, and take them back at the next start
    #[arg(long, value_name = "FOLDER")]
    pub keep_alarms: Option<PathBuf>,

    /// Write one line per half-cycle: time, dimmer, setpoint, applied, delivered, temperature, reason; and those of a house to FILE.house.csv
    #[arg(long, value_name = "FILE.csv")]
    pub trace: Option<PathBuf>,
}

/// What the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum View {
    /// The whole, drawn over and over: figures, a row for each dimmer, a chart, and the last events.
    Live,
    /// Events as lines, and one line below them that is drawn over.
    Line,
    /// Events as lines, and a line for each dimmer now and then.
    Plain,
}

/// `HOST:PORT`, or `HOST` for port 1883.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostAndPort {
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl FromStr for HostAndPort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is not HOST:PORT; write a name or an address and a port, such as broker.local:1883 or [::1]:1883"
            )
        };
        let (host, port) = match text.rsplit_once(':') {
            // An IPv6 address without a port has colons too.
            Some((host, port))
                if !host.contains(':') || host.starts_with('[') && host.ends_with(']') =>
            {
                (
                    host,
                    port.parse()
                        .ok()
                        .filter(|port| *port != 0)
                        .ok_or_else(wrong)?,
                )
            }
            _ => (text, 1883),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() || host.contains(char::is_whitespace) {
            return Err(wrong());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

/// Percent with up to two decimals as centipercent.
fn percent(text: &str) -> Result<i32, String> {
    let wrong = || format!("`{text}` is not a number of percent from 0 to 100000");
    let value: f64 = text.trim().parse().map_err(|_| wrong())?;
    if !(0.0..=100_000.0).contains(&value) {
        return Err(wrong());
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most ten million, as checked above"
    )]
    Ok((value * 100.0).round() as i32)
}

/// A time of day as hours.
fn hour(text: &str) -> Result<f64, String> {
    let wrong = || format!("`{text}` is not a time of day such as 06:30");
    let (hours, minutes) = text.trim().split_once(':').ok_or_else(wrong)?;
    let number = |text: &str, limit: u8| {
        let number = text.parse::<u8>().ok();
        number.filter(|number| *number < limit).ok_or_else(wrong)
    };
    Ok(f64::from(number(hours, 24)?) + f64::from(number(minutes, 60)?) / 60.0)
}

/// An address and a port of this machine.
fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is not ADDR:PORT; write an address of this machine and a port, such as 127.0.0.1:1884"))
}

/// A length of time from a tenth of a second to a year.
fn seconds(text: &str) -> Result<f64, String> {
    let value = text
        .trim()
        .parse()
        .ok()
        .filter(|value| (0.1..=31_536_000.0).contains(value));
    value.ok_or_else(|| format!("`{text}` is not a number of seconds from 0.1 to 31536000"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers_are_names_or_addresses_with_or_without_a_port() {
        let parse = |text: &str| {
            text.parse::<HostAndPort>()
                .map(|broker| (broker.host, broker.port))
        };
        assert_eq!(
            parse("broker.local:1884"),
            Ok(("broker.local".into(), 1884))
        );
        assert_eq!(parse("192.168.1.2"), Ok(("192.168.1.2".into(), 1883)));
        assert_eq!(parse("[::1]:1884"), Ok(("::1".into(), 1884)));
        assert_eq!(parse("::1"), Ok(("::1".into(), 1883)));
        for wrong in [
            "",
            ":1883",
            "host:0",
            "host:port",
            "host:99999",
            "my host:1883",
        ] {
            assert!(parse(wrong).unwrap_err().contains("HOST:PORT"), "{wrong}");
        }
    }

    #[test]
    fn starts_are_percent_with_decimals() {
        assert_eq!(percent("50"), Ok(5_000));
        assert_eq!(percent(" 12.34 "), Ok(1_234));
        for wrong in ["", "half", "-1", "NaN", "1e9"] {
            assert!(percent(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_length_of_time_is_neither_nothing_nor_for_ever() {
        assert_eq!(seconds("20"), Ok(20.0));
        for wrong in ["", "soon", "0", "-1", "inf", "1e10"] {
            assert!(
                seconds(wrong).unwrap_err().contains("number of seconds"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_time_of_day_is_hours_and_minutes() {
        assert_eq!(hour("06:30"), Ok(6.5));
        assert_eq!(hour("0:00"), Ok(0.0));
        for wrong in ["", "noon", "24:00", "12:60", "12", "-1:00"] {
            assert!(hour(wrong).unwrap_err().contains("time of day"), "{wrong}");
        }
    }

    /// Whoever has not built it yet is shown the manual in place of the help.
    #[test]
    fn the_manual_has_every_option() {
        use clap::CommandFactory;
        let manual = include_str!("../../../docs/simulator.md");
        let command = Options::command();
        let shown = command
            .get_arguments()
            .filter(|option| !option.is_hide_set());
        let names: Vec<_> = shown.filter_map(clap::Arg::get_long).collect();
        assert!(names.len() > 20, "{names:?}");
        for name in names {
            assert!(
                manual.contains(&format!("`--{name} ")) || manual.contains(&format!("`--{name}`")),
                "--{name}"
            );
        }
    }

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Options::command().debug_assert();
    }
}
