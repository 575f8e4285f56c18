//! The few templates that a dimmer uses, as Home Assistant would render them. Any other is unknown here: it would not have been tried.

use serde_json::Value;

/// What a template makes of a payload: `None` if it is a template that nobody tried.
pub(crate) fn rendered(template: Option<&str>, payload: &str) -> Option<String> {
    let Some(template) = template else {
        return Some(payload.to_owned());
    };
    let json = serde_json::from_str::<Value>(payload).ok();
    let number = |value: Option<f64>| {
        let clamped = value.map(|value| value.clamp(0.0, 100.0));
        clamped.map_or("None".to_owned(), |value| value.to_string())
    };
    let on_if = |is_on: bool| if is_on { "ON" } else { "OFF" }.to_owned();
    match template {
        "{{ value }}" => Some(payload.to_owned()),
        "{{ value or 'None' }}" => {
            Some(if payload.is_empty() { "None" } else { payload }.to_owned())
        }
        "{{ [0,[value|float(0),100]|min]|max if value else 'None' }}" => {
            Some(number(payload.parse().ok()))
        }
        "{{ [0,[value_json.setpoint|float(0),100]|min]|max if value_json.setpoint is not none else 'None' }}" => {
            Some(number(json?.get("setpoint")?.as_f64()))
        }
        "{{ 'ON' if value|float(0)>0 else 'OFF' }}" => {
            Some(on_if(payload.parse().unwrap_or(0.0) > 0.0))
        }
        "{{ 'ON' if value_json.applied>0 else 'OFF' }}" => {
            Some(on_if(json?.get("applied")?.as_f64()? > 0.0))
        }
        _ => {
            let path = template
                .strip_prefix("{{ value_json.")?
                .strip_suffix(" }}")?;
            if !path
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte))
            {
                return None;
            }
            let json = json?;
            let mut value = &json;
            for key in path.split('.') {
                value = value.get(key)?;
            }
            Some(match value {
                Value::Null => "None".to_owned(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            })
        }
    }
}
