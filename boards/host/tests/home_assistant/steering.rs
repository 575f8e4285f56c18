//! Each service call, there and back: Home Assistant, the broker, the dimmer, and the state that comes back. By component, so that
//! an entity that is added one day is tried too; a component that nobody has written this for fails.

use serde_json::{Value, json};

use crate::{
    announced::{Announced, same},
    house::House,
    support::wait_for,
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
        values.len() + 1
    }

    fn press(&mut self, entity: &Announced, entity_id: &str) -> usize {
        let before = self.view.count();
        self.hub
            .call("button", "press", entity_id, &json!({}))
            .unwrap();
        let topic = entity.text("command_topic").unwrap().to_owned();
        let word = entity.text("payload_press").unwrap_or("PRESS").to_owned();
        let what = format!("{word} on {topic}");
        self.view.wait_for(&what, before, |passed| {
            passed.topic == topic && passed.payload == word
        });
        1
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
        wait_for(&format!("{entity_id} to be half bright"), || {
            let brightness = self.shown()[&entity.unique_id].attributes["brightness"].as_f64();
            brightness.filter(|brightness| (125.0..131.0).contains(brightness))
        });
        self.call_and_see(entity, entity_id, "turn_off", &json!({}), "off");
        2
    }
}
