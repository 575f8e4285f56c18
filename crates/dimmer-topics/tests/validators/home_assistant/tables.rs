//! What Home Assistant knows, as far as a dimmer may use it.

/// Abbreviation, option. Those of other platforms are left out: a dimmer that uses one is wrong.
pub(super) const ABBREVIATIONS: [(&str, &str); 34] = [
    ("avty_t", "availability_topic"),
    ("bri_cmd_t", "brightness_command_topic"),
    ("bri_scl", "brightness_scale"),
    ("bri_stat_t", "brightness_state_topic"),
    ("bri_val_tpl", "brightness_value_template"),
    ("cmd_t", "command_topic"),
    ("cmd_tpl", "command_template"),
    ("cmps", "components"),
    ("dev", "device"),
    ("dev_cla", "device_class"),
    ("e", "encoding"),
    ("en", "enabled_by_default"),
    ("ent_cat", "entity_category"),
    ("exp_aft", "expire_after"),
    ("frc_upd", "force_update"),
    ("ic", "icon"),
    ("json_attr_t", "json_attributes_topic"),
    ("json_attr_tpl", "json_attributes_template"),
    ("o", "origin"),
    ("on_cmd_type", "on_command_type"),
    ("ops", "options"),
    ("p", "platform"),
    ("pl_off", "payload_off"),
    ("pl_on", "payload_on"),
    ("pl_prs", "payload_press"),
    ("ret", "retain"),
    ("stat_cla", "state_class"),
    ("stat_t", "state_topic"),
    ("stat_val_tpl", "state_value_template"),
    ("sug_dsp_prc", "suggested_display_precision"),
    ("uniq_id", "unique_id"),
    ("unit_of_meas", "unit_of_measurement"),
    ("val_tpl", "value_template"),
    ("def_ent_id", "default_entity_id"),
];

pub(super) const DEVICE_ABBREVIATIONS: [(&str, &str); 6] = [
    ("cu", "configuration_url"),
    ("ids", "identifiers"),
    ("mdl", "model"),
    ("mf", "manufacturer"),
    ("sn", "serial_number"),
    ("sw", "sw_version"),
];

pub(super) const ORIGIN_ABBREVIATIONS: [(&str, &str); 2] =
    [("sw", "sw_version"), ("url", "support_url")];

/// What every platform takes.
pub(super) const COMMON: [&str; 14] = [
    "name",
    "unique_id",
    "device",
    "origin",
    "availability_topic",
    "qos",
    "encoding",
    "enabled_by_default",
    "entity_category",
    "icon",
    "json_attributes_topic",
    "json_attributes_template",
    "default_entity_id",
    "platform",
];

/// Platform, what it needs, what else it takes.
pub(super) const PLATFORMS: [(&str, &[&str], &[&str]); 7] = [
    (
        "sensor",
        &["state_topic"],
        &[
            "device_class",
            "expire_after",
            "force_update",
            "options",
            "state_class",
            "suggested_display_precision",
            "unit_of_measurement",
            "value_template",
        ],
    ),
    (
        "binary_sensor",
        &["state_topic"],
        &[
            "device_class",
            "expire_after",
            "payload_on",
            "payload_off",
            "value_template",
        ],
    ),
    (
        "number",
        &["command_topic"],
        &[
            "command_template",
            "device_class",
            "max",
            "min",
            "mode",
            "retain",
            "state_topic",
            "step",
            "unit_of_measurement",
            "value_template",
        ],
    ),
    (
        "select",
        &["command_topic", "options"],
        &[
            "command_template",
            "retain",
            "state_topic",
            "value_template",
        ],
    ),
    (
        "switch",
        &["command_topic"],
        &[
            "device_class",
            "payload_on",
            "payload_off",
            "retain",
            "state_topic",
            "value_template",
        ],
    ),
    (
        "button",
        &["command_topic"],
        &[
            "command_template",
            "device_class",
            "payload_press",
            "retain",
        ],
    ),
    (
        "light",
        &["command_topic"],
        &[
            "brightness_command_topic",
            "brightness_scale",
            "brightness_state_topic",
            "brightness_value_template",
            "on_command_type",
            "payload_on",
            "payload_off",
            "retain",
            "state_topic",
            "state_value_template",
        ],
    ),
];

/// Device class of a sensor, its units, its state classes. Those that a dimmer may have.
pub(super) const SENSOR_CLASSES: [(&str, &[&str], &[&str]); 7] = [
    ("power", &["W", "kW"], &["measurement"]),
    (
        "energy",
        &["Wh", "kWh", "MWh"],
        &["total", "total_increasing"],
    ),
    ("temperature", &["°C", "°F", "K"], &["measurement"]),
    ("frequency", &["Hz", "kHz"], &["measurement"]),
    (
        "duration",
        &["d", "h", "min", "s", "ms"],
        &["measurement", "total", "total_increasing"],
    ),
    (
        "data_size",
        &["B", "kB", "KiB"],
        &["measurement", "total", "total_increasing"],
    ),
    ("signal_strength", &["dB", "dBm"], &["measurement"]),
];

pub(super) const BUTTON_CLASSES: [&str; 3] = ["identify", "restart", "update"];
pub(super) const BINARY_CLASSES: [&str; 5] =
    ["problem", "running", "heat", "connectivity", "power"];
