//! What changes something, once who asks for it was let in.

use core::fmt::Write;

use dimmer::{
    config::{Export, Forgotten, Imported, Refusal, Secrets, Valid},
    topics::{Command, PowerCommand, parse_boost, parse_power, parse_switch},
};
use serde::{Deserialize, Serialize};

use super::{Outcome, Site, done, written};
use crate::{
    Answer, Api, Body, Endpoint, Failure, LogLevel, Method, REQUEST_CAPACITY, Request,
    SETTINGS_CAPACITY, compatibility,
    failure::NotTaken,
    revision::{is_named, revision},
};

/// How settings in JSON become a configuration: the one in use, the JSON, and room to work in.
type Read = fn(&Valid, &[u8], &mut [u8]) -> Result<Imported, Refusal>;

/// What settings in a request are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// To be looked at.
    Check,
    /// To be laid over those in use.
    Part,
    /// To take their place: from another dimmer, perhaps, so that passwords may be missing.
    Whole,
}

/// What is told after an import.
#[derive(Serialize)]
struct ImportedView<'a> {
    forgotten_passwords: usize,
    config: Export<'a>,
}

/// A changed host or network without its password: an empty one in its place would join an open network of that name, or nothing.
fn not_told(forgotten: Forgotten) -> Failure {
    let mut path = heapless::String::<32>::new();
    // The longest is 22 bytes.
    let _ = write!(path, "{forgotten}");
    Failure::new(
        422,
        &path,
        "was not told, and is not known here",
        "the password, or an empty text where there is none",
    )
}

impl<A: Api> Site<A> {
    /// Settings, laid over those in use or in their place, to be used or only to be looked at.
    pub(super) fn settings(
        &self,
        request: &Request<'_>,
        out: &mut [u8],
        read: Read,
        meant: Meant,
    ) -> Outcome {
        if let Some(wanted) = request.if_match {
            let shown = self.show_settings(out)?.revision;
            if !shown.is_some_and(|revision| is_named(wanted, &revision)) {
                return Err(Failure::new(
                    412,
                    "",
                    "somebody else has changed the settings meanwhile",
                    "read them again, and then the same change",
                ));
            }
        }
        let imported = match self.read(request, out, read) {
            Ok(imported) => imported,
            Err(refusal) => return written(422, out, &NotTaken(refusal)),
        };
        if let (Some(forgotten), false) = (imported.first_forgotten, meant == Meant::Whole) {
            return Err(not_told(forgotten));
        }
        let config = &imported.config;
        let forgotten_passwords = imported.forgotten_passwords;
        // Looked at before anything changes: no answer comes too late to be a refusal.
        fits_the_page(config, out)?;
        let mut answer = shown(config, out)?;
        if meant == Meant::Check {
            self.api.would_take(config)?;
            return self.show_settings(out);
        }
        if meant == Meant::Whole {
            let view = ImportedView {
                forgotten_passwords,
                config: config.export(Secrets::LeftOut),
            };
            answer.body = written(200, out, &view)?.body;
        }
        self.api.configure(imported.config)?;
        self.api.note(
            LogLevel::Info,
            format_args!("settings changed from {}", request.peer),
        );
        if forgotten_passwords > 0 {
            self.api.note(
                LogLevel::Warning,
                format_args!("passwords that the import does not tell: {forgotten_passwords}"),
            );
        }
        Ok(answer)
    }

    /// The configuration that a request's settings make of the one in use. Not inlined: the copy of that one is not to be on the stack under all that follows.
    #[inline(never)]
    #[expect(
        clippy::result_large_err,
        reason = "what is no error is larger, and nothing here allocates"
    )]
    fn read(&self, request: &Request<'_>, out: &mut [u8], read: Read) -> Result<Imported, Refusal> {
        read(&self.api.config(), request.body, out)
    }

    /// All settings without secrets, and which they are.
    pub(super) fn show_settings(&self, out: &mut [u8]) -> Outcome {
        shown(&self.api.config(), out)
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
        let security = self.api.security();
        if !security.compatibility.lets_in(request.peer) {
            return Err(super::not_the_router("/?POWER="));
        }
        if request.method != Method::Get.as_str() {
            // A look at the head alone does nothing.
            return Err(super::other_method("/?POWER="));
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

/// Whether settings can be shown, with their secrets too, and given back: in [`SETTINGS_CAPACITY`] bytes. `out` is room for them, which is written over.
///
/// A board that has settings from elsewhere than the page asks here, too.
///
/// # Errors
/// They cannot, or `out` is too short for them.
pub fn fits_the_page(config: &Valid, out: &mut [u8]) -> Result<(), Failure> {
    let room = out.len().min(SETTINGS_CAPACITY);
    let room = out.get_mut(..room).unwrap_or_default();
    serde_json_core::to_slice(&config.export(Secrets::Shown), room)
        .map(|_| ())
        .map_err(|_| {
            Failure::new(
                422,
                "",
                "would be too long to be shown, all settings together",
                "shorter texts, or fewer quotation marks in them",
            )
        })
}

/// Settings without secrets, and which they are.
fn shown(config: &Valid, out: &mut [u8]) -> Result<Answer, Failure> {
    let mut answer = written(200, out, &config.export(Secrets::LeftOut))?;
    if let Body::Written { length, .. } = answer.body {
        answer.revision = out.get(..length).map(revision);
    }
    Ok(answer)
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
#[inline(never)]
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
