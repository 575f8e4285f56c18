//! Each service call, there and back: Home Assistant, the broker, the dimmer, and the state that comes back. By component, so that
//! an entity that is added one day is tried too; a component that nobody has written this for fails.

use std::time::Instant;

use serde_json::{Value, json};

use crate::{
    announced::{Announced, same},
    house::{House, seconds},
    support::{publish, wait_for},
};

/// What only shows.
const SENSORS: [&str; 2] = ["sensor", "binary_sensor"];

impl House {
    /// Uses every entity that takes commands; gives how many service calls that were.
    pub fn steer_everything(&mut self) -> usize {
        let mut calls = 0;
        for (unique_id, entity) in self.announced() {
            if SENSORS.contains(&entity.component.as_str()) || !entity.is_enabled() {
                continue;
            }
            let entity_id = self.shown()[&unique_id].entity_id.clone();
            let refused = self.refused();
            calls += match entity.component.as_str() {
                "number" => self.set_number(&entity, &entity_id),
                "button" => self.press(&entity, &entity_id),
                "switch" => self.switch(&entity, &entity_id),
                "select" => self.select(&entity, &entity_id),
                "light" => self.light(&entity, &entity_id),
                other => panic!("{entity_id}: nobody has written how a {other} is tried"),
            };
            assert_eq!(
                self.refused(),
                refused,
                "a dimmer refused what {entity_id} sent"
            );
        }
        calls
    }

    /// How many messages each dimmer has refused.
    fn refused(&mut self) -> Vec<Value> {
        self.view.update();
        let states = self
            .view
            .last
            .iter()
            .filter(|(topic, _)| topic.ends_with("/state"));
        let states = states.map(|(_, payload)| serde_json::from_str::<Value>(payload).unwrap());
        states
            .filter_map(|state| state.pointer("/messages/refused").cloned())
            .collect()
    }

    /// Calls a service, waits until the command has passed the broker and until the entity has this state.
    fn call_and_see(
        &mut self,
        entity: &Announced,
        entity_id: &str,
        service: &str,
        data: &Value,
        state: &str,
    ) {
        let before = self.view.count();
        let called = self.hub.call(&entity.component, service, entity_id, data);
        called.unwrap_or_else(|error| panic!("{service} {entity_id} {data}: {error}"));
        let topic = entity.text("command_topic").unwrap().to_owned();
        self.view.wait_for(
            &format!("{service} {entity_id} on {topic}"),
            before,
            |passed| passed.topic == topic,
        );
        self.wait_for_state(&entity.unique_id, state);
    }

    fn wait_for_state(&mut self, unique_id: &str, state: &str) {
        wait_for(&format!("{unique_id} to be {state}"), || {
            let shown = self.shown();
            same(&shown[unique_id].state, state, 0.01).then_some(())
        });
    }

    fn state_of(&mut self, unique_id: &str) -> String {
        self.shown()[unique_id].state.clone()
    }

    fn set_number(&mut self, entity: &Announced, entity_id: &str) -> usize {
        let number = |name| entity.number(name).unwrap();
        let (min, max, step) = (number("min"), number("max"), number("step"));
        let before = self.state_of(&entity.unique_id);
        let aligned = |share: f64| min + ((max - min) * share / step).round() * step;
        let values = match before.parse::<f64>() {
            // A setting must go with the others: it moves by one step, and back.
            Ok(before) if entity.category() == "config" => {
                let next = before + step;
                vec![if next > max { before - step } else { next }, before]
            }
            Ok(before) => vec![aligned(0.425), aligned(0.6), before],
            // A setpoint that nobody has given.
            Err(_) => vec![aligned(0.425), aligned(0.6)],
        };
        for value in &values {
            self.call_and_see(
                entity,
                entity_id,
                "set_value",
                &json!({"value": value}),
                &value.to_string(),
            );
        }
        let mut calls = values.len() + 1;
        if entity.short_id() == "boost" {
            calls += self.boost_runs(entity, entity_id);
        }
        // Out of its range, nothing may reach the dimmer.
        let before = self.view.count();
        let refused = self.hub.call(
            "number",
            "set_value",
            entity_id,
            &json!({"value": max + step}),
        );
        assert!(refused.is_err(), "{entity_id} takes {}", max + step);
        assert_eq!(
            self.view
                .new_on(entity.text("command_topic").unwrap(), before),
            0
        );
        calls
    }

    /// A boost heats with full power as soon as somebody has set its minutes, and ends with them.
    fn boost_runs(&mut self, entity: &Announced, entity_id: &str) -> usize {
        let applied = format!("{}-applied", entity.device.0);
        let before = self.state_of(&applied);
        self.call_and_see(entity, entity_id, "set_value", &json!({"value": 5}), "5");
        self.wait_for_state(&applied, "100");
        self.call_and_see(entity, entity_id, "set_value", &json!({"value": 0}), "0");
        self.wait_for_state(&applied, &before);
        2
    }

    /// What a dimmer refuses because of its other settings: Home Assistant shows the old value, and the dimmer says why.
    pub fn try_what_conflicts(&mut self) -> usize {
        let announced = self.announced();
        let limits = announced
            .values()
            .filter(|entity| entity.short_id() == "set-water_limit");
        let mut calls = 0;
        for entity in limits {
            let shown = self.shown()[&entity.unique_id].clone();
            let seen = self.view.count();
            // Below the temperature at which the heater resumes.
            let lowest = json!({"value": entity.number("min").unwrap()});
            let called = self
                .hub
                .call("number", "set_value", &shown.entity_id, &lowest);
            called.unwrap();
            self.view.wait_for("the refusal", seen, |passed| {
                passed.topic.ends_with("/answer")
                    && passed.payload.contains("\"kind\":\"conflict\"")
            });
            self.wait_for_state(&entity.unique_id, &shown.state);
            calls += 1;
        }
        assert_eq!(calls, 2, "one of each dimmer");
        calls
    }

    fn press(&mut self, entity: &Announced, entity_id: &str) -> usize {
        let topic = entity.text("command_topic").unwrap().to_owned();
        let boost = format!("{}-boost", entity.device.0);
        let ends_a_boost = entity.short_id() == "boost-cancel";
        if ends_a_boost {
            let (_, dimmer) = entity.device.0.rsplit_once('-').unwrap();
            let command = format!("solar-dimmer/{dimmer}/command/boost");
            publish(self.broker.port, &command, "5");
            self.wait_for_state(&boost, "5");
        }
        let uptime = self.uptime(&entity.device.0);
        let before = self.view.count();
        let pressed = Instant::now();
        self.hub
            .call("button", "press", entity_id, &json!({}))
            .unwrap();
        let word = entity.text("payload_press").unwrap_or("PRESS").to_owned();
        let what = format!("{word} on {topic}");
        self.view.wait_for(&what, before, |passed| {
            passed.topic == topic && passed.payload == word
        });
        if ends_a_boost {
            self.wait_for_state(&boost, "0");
        }
        if entity.short_id() == "start-again" {
            self.comes_back(entity, before, pressed, uptime.unwrap());
        }
        1
    }

    /// A dimmer that starts again is gone for a moment, and there is all of it afterwards.
    fn comes_back(&mut self, entity: &Announced, seen: usize, pressed: Instant, uptime: f64) {
        let availability = entity.text("availability_topic").unwrap().to_owned();
        let [gone, online] = ["offline", "online"].map(|word| {
            let at = self.view.wait_for(word, seen, |passed| {
                passed.topic == availability && passed.payload == word
            });
            seconds(at.saturating_duration_since(pressed))
        });
        let entities = self.announced().len();
        let available = self.wait_until_available(entities);
        let available = seconds(available.saturating_duration_since(pressed));
        wait_for("a younger uptime", || {
            let younger = self.uptime(&entity.device.0)?;
            (younger < uptime).then_some(())
        });
        println!(
            "{} started again: gone {gone} after the button was pressed, online {online}, all entities available {available} after",
            entity.device.1,
        );
    }

    /// As Home Assistant shows it, in seconds.
    fn uptime(&mut self, device: &str) -> Option<f64> {
        self.state_of(&format!("{device}-uptime")).parse().ok()
    }

    fn switch(&mut self, entity: &Announced, entity_id: &str) -> usize {
        let calls = match self.state_of(&entity.unique_id).as_str() {
            "on" => [("turn_off", "off"), ("turn_on", "on")],
            _ => [("turn_on", "on"), ("turn_off", "off")],
        };
        for (service, state) in calls {
            self.call_and_see(entity, entity_id, service, &json!({}), state);
        }
        calls.len()
    }

    fn select(&mut self, entity: &Announced, entity_id: &str) -> usize {
        let before = self.state_of(&entity.unique_id);
        let mut options = entity.options();
        assert!(!options.is_empty(), "{entity_id} has no options");
        options.extend(options.iter().copied().find(|option| *option == before));
        for option in &options {
            self.call_and_see(
                entity,
                entity_id,
                "select_option",
                &json!({"option": option}),
                option,
            );
        }
        options.len()
    }

    /// Half bright, and off: by the light's own state, and its brightness on the way back.
    fn light(&mut self, entity: &Announced, entity_id: &str) -> usize {
        self.call_and_see(
            entity,
            entity_id,
            "turn_on",
            &json!({"brightness": 128}),
            "on",
        );
        self.wait_until_half_bright(entity);
        self.call_and_see(entity, entity_id, "turn_off", &json!({}), "off");
        // As bright as it was.
        self.call_and_see(entity, entity_id, "turn_on", &json!({}), "on");
        self.wait_until_half_bright(entity);
        self.call_and_see(entity, entity_id, "turn_off", &json!({}), "off");
        4
    }

    fn wait_until_half_bright(&mut self, entity: &Announced) {
        wait_for(&format!("{} to be half bright", entity.unique_id), || {
            let brightness = self.shown()[&entity.unique_id].attributes["brightness"].as_f64();
            brightness.filter(|brightness| (125.0..131.0).contains(brightness))
        });
    }
}
