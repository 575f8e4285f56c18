//! Probes by their addresses, as a page or a program sees them.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use dimmer_web::{
    Api, PROBES_SEEN, ProbeSearchStatus, ProbeSeen, ProbesSeen, RESPONSE_CAPACITY,
    dimmer::{
        Event,
        config::{PROBE_NAME_CAPACITY, ProbeName},
        safety::{Language, ProbeFault, Role},
    },
};
use serde_json::{Value, json};
use support::Bench;

const FIRST: &str = "28-0000000000a1";
const OTHER: &str = "28-0000000000c3";

fn seen(address: &str, reading: Option<Result<i32, ProbeFault>>) -> ProbeSeen {
    ProbeSeen {
        address: address.try_into().unwrap(),
        reading,
    }
}

fn set(bench: &Bench, probes: ProbesSeen) {
    bench.site().api().probes.replace(probes);
}

fn asked(bench: &Bench, path: &str) -> Value {
    let (status, answer) = bench.get(path, None);
    assert_eq!(status, 200, "{answer}");
    serde_json::from_str(&answer).unwrap()
}

#[test]
fn a_board_that_cannot_search_says_so() {
    let bench = Bench::new();
    let token = bench.with_password();
    let answer = asked(&bench, "/api/v1/probes");
    let nothing = json!({"status":"unavailable","age":null,"problem":null,"more":false});
    assert_eq!(answer["search"], nothing);
    assert_eq!(answer["found"], json!([]));
    assert_eq!(answer["roles"][0]["role"], "water");
    assert_eq!(answer["roles"][0]["measured"], true);
    let search = |bench: &Bench| {
        let (status, _) = bench.post("/api/v1/command/search_probes", "", Some(&token));
        status
    };
    assert_eq!(search(&bench), 501);
    set(
        &bench,
        ProbesSeen {
            search: ProbeSearchStatus::Never,
            ..ProbesSeen::default()
        },
    );
    bench.site().api().offer_probe_search();
    assert_eq!(search(&bench), 204);
    assert_eq!(bench.kept().2, ["SearchProbes"]);
}

#[test]
fn what_was_found_has_its_name_its_role_and_its_temperature() {
    let bench = Bench::new();
    let api = bench.site().api();
    let mut config = api.config().into_inner();
    config.probes.heat_sink = true;
    config.probes.heat_sink_address = OTHER.try_into().unwrap();
    let named = ProbeName {
        address: OTHER.try_into().unwrap(),
        name: "Heat sink".try_into().unwrap(),
    };
    config.probes.names.push(named).unwrap();
    api.configure(config.validate().unwrap()).unwrap();
    api.hear(Event::Temperature {
        role: Role::Water,
        reading: Ok(51_312),
    });
    api.hear(Event::Temperature {
        role: Role::HeatSink,
        reading: Err(ProbeFault::Swapped),
    });
    let mut probes = ProbesSeen {
        search: ProbeSearchStatus::Done { age_s: 4 },
        in_use: [Some(FIRST.try_into().unwrap()), None, None],
        ..ProbesSeen::default()
    };
    for found in [
        seen(FIRST, Some(Ok(1_000))),
        seen("28-0000000000d4", Some(Ok(18_500))),
        seen("28-0000000000e5", Some(Err(ProbeFault::Checksum))),
    ] {
        probes.found.push(found).unwrap();
    }
    set(&bench, probes);
    let answer = asked(&bench, "/api/v1/probes?lang=fr");
    assert_eq!(
        answer["search"],
        json!({"status":"done","age":4,"problem":null,"more":false})
    );
    let [first, spare, damaged] = [0, 1, 2].map(|place| answer["found"][place].clone());
    assert_eq!(
        first,
        json!({"address":FIRST,"name":null,"role":"water","temperature":51.312,"problem":null}),
        "it is read: its last reading counts"
    );
    assert_eq!(
        (&spare["role"], &spare["temperature"]),
        (&Value::Null, &json!(18.5))
    );
    assert_eq!(
        damaged["problem"],
        ProbeFault::Checksum.text(Language::French)
    );
    let [water, sink, room] = [0, 1, 2].map(|place| answer["roles"][place].clone());
    assert_eq!(
        water,
        json!({"role":"water","measured":true,"chosen":"","address":FIRST,"name":null,"is_found":true,"temperature":51.312,"problem":null})
    );
    assert_eq!(
        sink,
        json!({"role":"heat_sink","measured":true,"chosen":OTHER,"address":OTHER,"name":"Heat sink","is_found":false,"temperature":null,"problem":ProbeFault::Swapped.text(Language::French)})
    );
    assert_eq!(
        (&room["measured"], &room["is_found"]),
        (&json!(false), &Value::Null)
    );
}

#[test]
fn the_longest_answer_fits() {
    let bench = Bench::new();
    let api = bench.site().api();
    let mut config = api.config().into_inner();
    (config.probes.heat_sink, config.probes.room) = (true, true);
    let worst = *ProbeFault::ALL
        .iter()
        .max_by_key(|fault| fault.text(Language::French).len())
        .unwrap();
    let mut probes = ProbesSeen {
        search: ProbeSearchStatus::Failed {
            age_s: u32::MAX,
            fault: worst,
        },
        more: true,
        ..ProbesSeen::default()
    };
    for place in 0..PROBES_SEEN {
        let address = format!("28-00000000000{place}");
        let named = ProbeName {
            address: address.as_str().try_into().unwrap(),
            // Each is written in two bytes.
            name: core::iter::repeat_n('"', PROBE_NAME_CAPACITY).collect(),
        };
        config.probes.names.push(named).unwrap();
        probes.found.push(seen(&address, Some(Err(worst)))).unwrap();
    }
    config.probes.water_address = config.probes.names[0].address.clone();
    config.probes.heat_sink_address = config.probes.names[1].address.clone();
    config.probes.room_address = config.probes.names[2].address.clone();
    api.configure(config.validate().unwrap()).unwrap();
    for role in Role::ALL {
        let reading = Err(worst);
        api.hear(Event::Temperature { role, reading });
    }
    set(&bench, probes);
    let (status, answer) = bench.get("/api/v1/probes?lang=fr", None);
    assert_eq!(status, 200, "{answer}");
    println!(
        "the longest probes: {} of {RESPONSE_CAPACITY} bytes",
        answer.len()
    );
}
