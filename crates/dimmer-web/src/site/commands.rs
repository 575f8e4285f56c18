//! What changes something, once who asks for it was let in.

use dimmer::{
    config::{Imported, Refusal, Secrets, Valid},
    topics::{Command, PowerCommand, parse_boost, parse_power, parse_switch},
};
use serde::Deserialize;

use super::{Outcome, Site, done, written};
use crate::{
    Api, Endpoint, Failure, HOST_CAPACITY, HOSTS, LogLevel, REQUEST_CAPACITY, Request,
    compatibility, failure::NotTaken, view::SecurityView,
};

/// How settings in JSON become a configuration: the one in use, the JSON, and room to work in.
type Read = fn(&Valid, &[u8], &mut [u8]) -> Result<Imported, Refusal>;

impl<A: Api> Site<A> {
    /// Settings, laid over those in use or in their place, to be used or only to be looked at.
    pub(super) fn settings(
        &self,
        request: &Request<'_>,
        out: &mut [u8],
        read: Read,
        is_meant: bool,
    ) -> Outcome {
        let config = match read(&self.api.config(), request.body, out) {
            Ok(imported) => imported.config,
            Err(refusal) => return written(422, out, &NotTaken(refusal)),
        };
        if is_meant {
            self.api.configure(config)?;
            self.api.note(
                LogLevel::Info,
                format_args!("settings changed from {}", request.peer),
            );
        }
        written(200, out, &self.api.config().export(Secrets::LeftOut))
    }

    pub(super) fn patch_security(&self, request: &Request<'_>, out: &mut [u8]) -> Outcome {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Part {
            hosts: Option<heapless::Vec<heapless::String<HOST_CAPACITY>, HOSTS>>,
            compatibility: Option<CompatibilityPart>,
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct CompatibilityPart {
            enabled: Option<bool>,
            address: Option<heapless::String<46>>,
        }
        let Part {
            hosts,
            compatibility,
        } = parsed(request.body, "an object with `hosts` and `compatibility`")?;
        let mut security = self.api.security();
        if let Some(hosts) = hosts {
            security.hosts = hosts;
        }
        if let Some(CompatibilityPart { enabled, address }) = compatibility {
            if let Some(enabled) = enabled {
                security.compatibility.enabled = enabled;
            }
            if let Some(address) = address {
                security.compatibility.address = if address.is_empty() {
                    None
                } else {
                    let wrong = |_| {
                        Failure::new(
                            422,
                            "compatibility.address",
                            "is not an address",
                            "an address such as `192.168.1.10`, or nothing",
                        )
                    };
                    Some(address.parse().map_err(wrong)?)
                };
            }
        }
        security.validate()?;
        self.api.keep_security(security)?;
        self.api.note(
            LogLevel::Info,
            format_args!("security settings changed from {}", request.peer),
        );
        written(200, out, &SecurityView::of(&self.api.security()))
    }

    pub(super) fn command(&self, endpoint: Endpoint, body: &[u8]) -> Outcome {
        let command = match endpoint {
            Endpoint::Power => Command::Power(parse_power(body, false)?),
            Endpoint::Boost => Command::Boost(parse_boost(body, false)?),
            Endpoint::Switch => Command::Switch(switch(body)?),
            Endpoint::ResetAlarms => Command::ResetAlarms,
            Endpoint::Restart => Command::Restart,
            _ => {
                self.api.search_probes()?;
                return done();
            }
        };
        self.api.command(command)?;
        done()
    }

    /// `/?POWER=`.
    pub(super) fn obey_router(&self, request: &Request<'_>, out: &mut [u8]) -> Outcome {
        if !self.api.security().is_router(request.peer) {
            return Err(super::not_found("/?POWER="));
        }
        let wrong = |field| {
            Failure::new(
                422,
                field,
                "is not a number that makes sense",
                "`/?POWER=42.5` or `/?puissance=1200`",
            )
        };
        let query = request.query.unwrap_or_default();
        let command = compatibility::command(query, &self.api.snapshot()).map_err(wrong)?;
        debug_assert!(matches!(command, Command::Power(PowerCommand::Setpoint(_))));
        self.api.command(command)?;
        written(
            200,
            out,
            &compatibility::RouterState::of(&self.api.snapshot()),
        )
    }
}

/// `{"on":true}`, or a word as on MQTT.
fn switch(body: &[u8]) -> Result<bool, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Switch {
        on: bool,
    }
    match parsed(body, "`{\"on\":true}`, `{\"on\":false}`, `ON` or `OFF`") {
        Ok(Switch { on }) => Ok(on),
        Err(failure) => parse_switch(body, false).map_err(|_| failure),
    }
}

/// The whole of a body.
pub(super) fn parsed<T: for<'a> Deserialize<'a>>(
    body: &[u8],
    expected: &'static str,
) -> Result<T, Failure> {
    let mut unescaped = [0; REQUEST_CAPACITY / 8];
    match serde_json_core::from_slice_escaped(body, &mut unescaped) {
        Ok((value, read))
            if body
                .get(read..)
                .is_some_and(|rest| rest.iter().all(u8::is_ascii_whitespace)) =>
        {
            Ok(value)
        }
        _ => Err(Failure::new(422, "", "is not what is expected", expected)),
    }
}
