//! The device as a hub shows it: its label, its maker, its versions.

use crate::settings::SettingsError;

/// Most bytes in the label of a [`Device`].
pub const LABEL_CAPACITY: usize = 64;

/// Most bytes in the manufacturer, the model and the software version of a [`Device`].
pub const PRODUCT_TEXT_CAPACITY: usize = 32;

/// Most bytes in the configuration page's address of a [`Device`].
pub const URL_CAPACITY: usize = 64;

/// Most bytes in the list of reasons of a [`Device`], each counted with three more for the marks around it in JSON.
pub const REASONS_CAPACITY: usize = 512;

/// The device that the entities belong to, as Home Assistant shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device<'a> {
    pub(crate) label: &'a str,
    pub(crate) manufacturer: &'a str,
    pub(crate) model: &'a str,
    pub(crate) software_version: &'a str,
    pub(crate) configuration_url: Option<&'a str>,
    pub(crate) reasons: &'a [&'a str],
}

impl<'a> Device<'a> {
    /// A device: `label` is the name that the user gives, and is shown as it is; it is in no topic. `model` is the board.
    ///
    /// # Errors
    /// [`SettingsError`] if a text is empty, too long ([`LABEL_CAPACITY`], [`PRODUCT_TEXT_CAPACITY`]) or has control
    /// characters.
    pub fn new(
        label: &'a str,
        model: &'a str,
        software_version: &'a str,
    ) -> Result<Self, SettingsError> {
        Ok(Self {
            label: checked("label", label, LABEL_CAPACITY)?,
            manufacturer: "Solar Dimmer",
            model: checked("model", model, PRODUCT_TEXT_CAPACITY)?,
            software_version: checked("software_version", software_version, PRODUCT_TEXT_CAPACITY)?,
            configuration_url: None,
            reasons: &[],
        })
    }

    /// With the maker of the board in place of the project's name.
    ///
    /// # Errors
    /// As [`Device::new`].
    pub fn with_manufacturer(self, manufacturer: &'a str) -> Result<Self, SettingsError> {
        let manufacturer = checked("manufacturer", manufacturer, PRODUCT_TEXT_CAPACITY)?;
        Ok(Self {
            manufacturer,
            ..self
        })
    }

    /// With the address of the page where the dimmer is configured, such as `http://192.168.1.20/`.
    ///
    /// # Errors
    /// As [`Device::new`], with [`URL_CAPACITY`].
    pub fn with_configuration_url(self, url: &'a str) -> Result<Self, SettingsError> {
        let configuration_url = Some(checked("configuration_url", url, URL_CAPACITY)?);
        Ok(Self {
            configuration_url,
            ..self
        })
    }

    /// With every value that [`State::reason`](crate::State::reason) can have, so that Home Assistant offers them in
    /// automations. It refuses a value that is not in the list: give all of them, or none (the default).
    ///
    /// # Errors
    /// [`SettingsError`] if a reason is not made of `a` to `z`, digits and `_`, or all together are more than
    /// [`REASONS_CAPACITY`].
    pub fn with_reasons(self, reasons: &'a [&'a str]) -> Result<Self, SettingsError> {
        let error = |problem, expected| SettingsError {
            field: "reasons",
            problem,
            expected,
        };
        let named = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let mut length = 0_usize;
        for reason in reasons {
            if reason.is_empty() || !reason.bytes().all(named) {
                return Err(error(
                    "have a name with other characters than a to z, 0 to 9 and _",
                    "name each reason as following or water_hot",
                ));
            }
            length = length.saturating_add(reason.len()).saturating_add(3);
        }
        if length > REASONS_CAPACITY {
            return Err(error(
                "are too long together",
                "use shorter names, 512 bytes with three more for each",
            ));
        }
        Ok(Self { reasons, ..self })
    }
}

fn checked<'a>(
    field: &'static str,
    text: &'a str,
    capacity: usize,
) -> Result<&'a str, SettingsError> {
    let (problem, expected) = if text.trim().is_empty() {
        ("is empty", "write a name")
    } else if text.len() > capacity {
        (
            "is too long",
            "write at most 64 bytes for a label or an address, 32 for the others",
        )
    } else if text.chars().any(char::is_control) {
        ("has a control character", "write it in one line")
    } else {
        return Ok(text);
    };
    Err(SettingsError {
        field,
        problem,
        expected,
    })
}
