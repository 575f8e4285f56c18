//! An id is twelve hexadecimal digits, and is written as it was read, in lower case.

use dimmer_topics::{DeviceId, ParseDeviceIdError};

pub(crate) fn run(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match text.parse::<DeviceId>() {
        Ok(id) => {
            assert!(digits && text.len() == 12);
            assert_eq!(id.to_string(), text.to_ascii_lowercase());
            assert_eq!(DeviceId::new(id.mac()), id);
        }
        Err(ParseDeviceIdError::Length) => assert_ne!(text.len(), 12),
        Err(error) => assert!(!digits, "{error}"),
    }
}
