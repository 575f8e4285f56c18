//! The password: set, shown and guessed.

use core::cell::Cell;

use dimmer::config::Secrets;
use embassy_futures::yield_now;
use serde::Deserialize;

use super::{Outcome, Site, commands::parsed, done, written};
use crate::{
    Api, Credential, Failure, ITERATIONS, LogLevel, PASSWORD_CAPACITY, Request, SALT_LENGTH,
    Stretching, TOKEN_LENGTH, Token, check_new,
    view::{Shown, SignedIn},
};

/// Room for one that is a little too long, which is told so.
type Password = heapless::String<{ 2 * PASSWORD_CAPACITY }>;

/// A password is being stretched, until this is dropped.
struct Stretcher<'a>(&'a Cell<bool>);

impl Drop for Stretcher<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl<A: Api> Site<A> {
    pub(super) async fn sign_in(&self, request: &Request<'_>, out: &mut [u8]) -> Outcome {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Body {
            password: Password,
        }
        let Body { password } = parsed(request.body, "`{\"password\":\"...\"}`")?;
        let Some(credential) = self.api.credential()? else {
            return Err(Failure::new(
                403,
                "password",
                "is not set yet",
                "set one by POST /api/v1/password",
            ));
        };
        self.check(request, &credential, &password).await?;
        self.api
            .note(LogLevel::Info, format_args!("{} signed in", request.peer));
        self.let_in(out)
    }

    pub(super) fn sign_out(&self, token: Option<Token>) -> Outcome {
        if let Some(token) = token {
            self.sessions.borrow_mut().close(token);
        }
        done()
    }

    /// The first password is whoever's comes first; another one needs the one before, and who is signed in.
    pub(super) async fn set_password(
        &self,
        request: &Request<'_>,
        signed_in: bool,
        out: &mut [u8],
    ) -> Outcome {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Body {
            password: Password,
            old: Option<Password>,
        }
        let before = self.api.credential()?;
        if before.is_some() && !signed_in {
            return Err(Failure::new(
                401,
                "",
                "is for who is signed in",
                "sign in by POST /api/v1/session, and show the token",
            ));
        }
        let Body { password, old } = parsed(
            request.body,
            "`{\"password\":\"...\"}`, and `old` if there is one",
        )?;
        check_new(&password)
            .map_err(|(problem, expected)| Failure::new(422, "password", problem, expected))?;
        if let Some(credential) = &before {
            let old = old.ok_or_else(|| {
                Failure::new(
                    422,
                    "old",
                    "is missing",
                    "the password that is to be replaced",
                )
            })?;
            self.check(request, credential, &old).await?;
        }
        let mut salt = [0; SALT_LENGTH];
        self.api.random(&mut salt);
        let stretched = self
            .stretch(Stretching::new(&password, salt, ITERATIONS))
            .await?;
        if self.api.credential()? != before {
            // Somebody else was faster, while this one was being stretched.
            return Err(Failure::new(
                409,
                "password",
                "was set by somebody else meanwhile",
                "sign in with that one",
            ));
        }
        self.api.keep_credential(stretched)?;
        self.sessions.borrow_mut().close_all();
        self.api.note(
            LogLevel::Warning,
            format_args!("password set from {}", request.peer),
        );
        self.let_in(out)
    }

    /// All settings; their secrets, too, for who shows the password once more: a token alone does not give them away.
    pub(super) async fn export(&self, request: &Request<'_>, out: &mut [u8]) -> Outcome {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Body {
            secrets: bool,
            password: Option<Password>,
        }
        let Body { secrets, password } = parsed(
            request.body,
            "`{\"secrets\":false}`, or `{\"secrets\":true,\"password\":\"...\"}`",
        )?;
        if !secrets {
            return self.write_settings(Secrets::LeftOut, out);
        }
        let missing = || {
            Failure::new(
                422,
                "password",
                "is missing",
                "the password of the page, once more, for whoever wants the secrets",
            )
        };
        let credential = self.api.credential()?;
        let (Some(credential), Some(password)) = (credential, password) else {
            return Err(missing());
        };
        self.check(request, &credential, &password).await?;
        self.api.note(
            LogLevel::Warning,
            format_args!("settings and their secrets exported to {}", request.peer),
        );
        self.write_settings(Secrets::Shown, out)
    }

    /// Not inlined: a copy of all settings is not to be on the stack under everything else.
    #[inline(never)]
    fn write_settings(&self, secrets: Secrets, out: &mut [u8]) -> Outcome {
        written(200, out, &self.api.config().export(secrets))
    }

    fn let_in(&self, out: &mut [u8]) -> Outcome {
        let mut random = [0; TOKEN_LENGTH];
        self.api.random(&mut random);
        let token = Token::new(random);
        self.sessions.borrow_mut().open(self.api.uptime_s(), token);
        written(
            200,
            out,
            &SignedIn {
                token: Shown(token),
            },
        )
    }

    /// Whether this is the password; whoever guesses is slowed down.
    async fn check(
        &self,
        request: &Request<'_>,
        credential: &Credential,
        password: &str,
    ) -> Result<(), Failure> {
        if self.wait_s(request) > 0 {
            return Err(Failure::new(
                429,
                "password",
                "was wrong too often",
                "wait as long as `Retry-After` says",
            ));
        }
        let stretched = self.stretch(credential.check(password)).await?;
        let address = request.peer.to_canonical();
        if credential.is(&stretched) {
            self.slow_down.borrow_mut().succeeded(address);
            return Ok(());
        }
        self.slow_down
            .borrow_mut()
            .failed(self.api.uptime_s(), address);
        self.api.note(
            LogLevel::Warning,
            format_args!("wrong password from {address}"),
        );
        Err(Failure::new(
            401,
            "password",
            "is wrong",
            "the password that was set last",
        ))
    }

    /// Step by step, one password at a time.
    async fn stretch(&self, mut stretching: Stretching) -> Result<Credential, Failure> {
        if self.stretching.replace(true) {
            return Err(Failure::new(
                429,
                "password",
                "of somebody else is being looked at",
                "the same again in a moment",
            ));
        }
        let _stretcher = Stretcher(&self.stretching);
        loop {
            if let Some(credential) = stretching.step() {
                return Ok(credential);
            }
            yield_now().await;
        }
    }
}
