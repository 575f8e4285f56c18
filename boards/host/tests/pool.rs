//! A shared pool of three dimmers, each a process of its own, at a real mosquitto.
#![expect(
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{
    Mosquitto,
    broker_view::BrokerView,
    members::{ALL as COMMON, TOTALS},
    publish,
    simulator::Simulator,
    wait_for,
};

const WATTS: [u32; 3] = [1_000, 2_000, 3_000];

fn id(place: usize) -> String {
    format!("02000000000{}", place + 1)
}

fn settings(place: usize, sharing: &str) -> String {
    format!(
        "id = \"{}\"\n[output]\nrated_watts = {}\n[topics]\nfollow = \"{COMMON}\"\nhomeassistant.discovery = \"off\"\n\
         [pool]\nsharing = \"{sharing}\"\npriority = {place}\nannounce_interval_s = 1\n",
        id(place),
        WATTS[place]
    )
}

fn start(place: usize, broker: &Mosquitto) -> Simulator {
    let address = format!("127.0.0.1:{}", broker.port);
    let settings = settings(place, "priority");
    let simulator = Simulator::with_settings(&settings, &["--broker", &address], &[]);
    simulator.ready();
    simulator
}

/// A share is a whole number of 0.01 %, and watts are rounded down.
fn is_near(told: &Value, watts: u32) -> bool {
    let told = told.as_u64().unwrap_or(u64::MAX);
    told.abs_diff(watts.into()) <= 2
}

/// What stands at the broker of the pool, as a client sees it.
struct Pool {
    port: u16,
    view: BrokerView,
}

impl Pool {
    /// Asks, and waits until each dimmer takes this much, and until the totals say so.
    fn ask(&mut self, setpoint: &str, watts: &[(usize, u32)], shortfall: &Value) {
        publish(self.port, COMMON, setpoint);
        self.takes(watts);
        let sum: u32 = watts.iter().map(|(_, watts)| watts).sum();
        self.totals(setpoint, |totals| {
            is_near(&totals["applied_watts"], sum) && totals["shortfall"] == *shortfall
        });
    }

    fn takes(&mut self, watts: &[(usize, u32)]) {
        for (place, watts) in watts {
            let topic = format!("solar-dimmer/{}/power/watts", id(*place));
            wait_for(&format!("{watts} W of {place}"), || {
                self.view.update();
                let told = self.view.last.get(&topic)?.parse().ok()?;
                is_near(&told, *watts).then_some(())
            });
        }
    }

    fn totals(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        wait_for(&format!("totals: {what}"), || {
            self.view.update();
            let totals = serde_json::from_str(self.view.last.get(TOTALS)?).ok()?;
            wanted(&totals).then_some(totals)
        })
    }
}

#[test]
fn three_processes_divide_a_setpoint_and_the_others_take_over_when_one_is_killed() {
    let broker = Mosquitto::start();
    let mut dimmers: Vec<_> = (0..3).map(|place| start(place, &broker)).collect();
    let mut pool = Pool {
        port: broker.port,
        view: BrokerView::of(broker.port),
    };
    pool.totals("three members", |totals| totals["members"] == json!(3));
    let since = pool.view.count();

    pool.ask("50", &[(0, 1_000), (1, 2_000), (2, 0)], &json!(null));
    // 150 % of the first one, which are 25 % of all.
    pool.ask(
        "{\"watts\":1500}",
        &[(0, 1_000), (1, 500), (2, 0)],
        &json!(null),
    );
    pool.ask("25", &[(0, 1_000), (1, 500), (2, 0)], &json!(null));
    let full = [(0, 1_000), (1, 2_000), (2, 3_000)];
    pool.ask("150", &full, &json!("capacity_reached"));
    pool.ask("75", &[(0, 1_000), (1, 2_000), (2, 1_500)], &json!(null));

    let new = pool.view.passed.iter().skip(since);
    let tellers: BTreeSet<_> = new
        .filter(|passed| passed.topic == TOTALS && !passed.kept)
        .map(|passed| serde_json::from_str::<Value>(&passed.payload).unwrap()["by"].to_string())
        .collect();
    assert_eq!(tellers.len(), 1, "told by one: {tellers:?}");

    dimmers[0].kill();
    pool.takes(&[(1, 2_000), (2, 2_500)]);
    let totals = pool.totals("told by the next", |totals| {
        totals["by"] == json!(id(1)) && is_near(&totals["applied_watts"], 4_500)
    });
    assert_eq!(
        (&totals["members"], &totals["announced"]),
        (&json!(2), &json!(3))
    );
    // The setpoint means as much as before, and who comes back finds its place.
    dimmers[0] = start(0, &broker);
    pool.totals("told by the first again", |totals| {
        totals["by"] == json!(id(0))
    });
    pool.ask("75", &[(0, 1_000), (1, 2_000), (2, 1_500)], &json!(null));

    // One leaves by its settings, and takes its announcement with it.
    dimmers[2].rewrite_settings(&settings(2, "thresholds"));
    publish(
        broker.port,
        &format!("solar-dimmer/{}/command/reload", id(2)),
        "reload",
    );
    pool.totals("two are left", |totals| totals["announced"] == json!(2));
    let announced = format!("solar-dimmer/pool/main/{}", id(2));
    assert_eq!(pool.view.last[&announced], "");
    pool.ask("50", &[(0, 1_000), (1, 500)], &json!(null));
    pool.takes(&[(2, 1_500)]);
    for dimmer in &mut dimmers {
        assert!(dimmer.interrupt().success());
    }
}
