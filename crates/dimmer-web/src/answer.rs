//! A request as it is judged, and what is answered.

use core::net::{IpAddr, SocketAddr};

use crate::{Asset, Origins, revision::Revision};

/// A request, read and whole.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `GET`.
    pub method: &'a str,
    /// `/api/v1/state`, as it was sent.
    pub path: &'a str,
    /// What stands behind the question mark.
    pub query: Option<&'a str>,
    /// Where it comes from.
    pub origins: Origins<'a>,
    /// `Authorization`.
    pub authorization: Option<&'a str>,
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
    /// `Accept`.
    pub accept: Option<&'a str>,
    /// `If-None-Match`.
    pub if_none_match: Option<&'a str>,
    /// `If-Match`.
    pub if_match: Option<&'a str>,
    /// Who sent it.
    pub peer: IpAddr,
    /// Its body.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// A request without headers and body, by which others are made.
    #[must_use]
    pub fn new(method: &'a str, path: &'a str, peer: IpAddr) -> Self {
        Self {
            method,
            path,
            query: None,
            origins: Origins::default(),
            authorization: None,
            content_type: None,
            accept: None,
            if_none_match: None,
            if_match: None,
            peer,
            body: &[],
        }
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status of HTTP (RFC 9110, 15).
    pub status: u16,
    /// What follows the head.
    pub body: Body,
    /// `Allow`; empty: none.
    pub allow: heapless::String<32>,
    /// `Retry-After`, seconds; 0: none.
    pub retry_after_s: u32,
    /// `Location`: the dimmer's page at this address.
    pub location: Option<SocketAddr>,
    /// `ETag` of settings, which is another one when they are.
    pub revision: Option<Revision>,
}

/// What follows the head of an answer.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// Nothing.
    Nothing,
    /// What was written into the buffer.
    Written {
        /// `Content-Type`.
        content_type: &'static str,
        /// So many bytes of it.
        length: usize,
    },
    /// A file that lies in flash, compressed.
    Asset(&'static Asset),
    /// States, as they come, in this language.
    Stream(dimmer::safety::Language),
}

impl Answer {
    pub(crate) fn new(status: u16, body: Body) -> Self {
        Self {
            status,
            body,
            allow: heapless::String::new(),
            retry_after_s: 0,
            location: None,
            revision: None,
        }
    }
}
