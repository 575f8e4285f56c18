//! Home Assistant discovery, per component (which Domoticz reads too) or per device.
//!
//! Formats: <https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery>; the abbreviated keys are those of
//! `homeassistant/components/mqtt/abbreviations.py`. Topics are written in full, without `~`, because not every reader of
//! these messages expands it, and Home Assistant itself does not in the components of a device.

mod component;
mod entity;
mod fingerprint;
mod object_id;
mod page;
mod traits;

pub use entity::Entity;
pub(crate) use object_id::ObjectId;
pub use page::{PAGE_TUNABLES, Page};
