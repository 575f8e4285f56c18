//! A configuration as people write it, in JSON: what is valid can be stored, and what is not says where.

use dimmer_config::{Config, Secrets};

pub(crate) fn run(input: &[u8]) {
    let Ok(config) = serde_json::from_slice::<Config>(input) else {
        return;
    };
    match config.clone().validate() {
        Ok(valid) => {
            assert_eq!(*valid, config);
            crate::config_stored::check(&valid);
            let text = serde_json::to_string(&config.export(Secrets::Shown))
                .expect("every setting can be written");
            let read: Config = serde_json::from_str(&text).expect("what is written can be read");
            assert_eq!(read, config);
        }
        Err(invalid) => assert!(!invalid.field.is_empty() && !invalid.to_string().is_empty()),
    }
}
