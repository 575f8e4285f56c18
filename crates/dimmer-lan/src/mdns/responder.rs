//! What is said, and what is heard: packets in, packets out.

use core::net::Ipv4Addr;

use super::Board;
use crate::dns::{ANY_CLASS, Data, INTERNET, Item, Message, Part, Writer, bytes_of, kind};

/// For how long what has a host's name in it is kept, seconds (RFC 6762, section 10).
const HOST_TTL_S: u32 = 120;
/// For how long the rest is kept.
const OTHER_TTL_S: u32 = 4_500;
/// And of what was told by plain DNS at most (section 6.7).
const PLAIN_TTL_S: u32 = 10;

/// Of an answer's class: the asker forgets what it knew of this name and type. Of a question's: a direct answer would do.
const TOP_BIT: u16 = 0x8000;
/// The flags of an answer: it is one, and by who knows.
const ANSWER: u16 = 0x8400;

/// The services.
const SERVICES: [&str; 2] = ["_http", "_solar-dimmer"];
/// The list of all kinds of services (RFC 6763, section 9).
const KINDS: [&str; 4] = ["_services", "_dns-sd", "_udp", "local"];

/// The longest label of DNS, bytes.
const LABEL: usize = 63;
/// The longest value in a TXT record that is told, bytes.
const VALUE: usize = 64;

/// What a packet of another means to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing.
    Nothing,
    /// Another host has the name.
    Taken,
    /// Another host wants the name at the same time, and comes first (RFC 6762, section 8.2).
    Wanted,
}

/// Says who a board is under one name at one address. Sans I/O.
#[derive(Clone, Copy, Debug)]
pub struct Responder<'a> {
    board: &'a Board<'a>,
    hostname: &'a str,
    address: Ipv4Addr,
}

/// One thing that can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    Address,
    /// That there is no other address.
    OnlyAddress,
    Server(&'static str),
    Text(&'static str),
    /// That it is one of the kind.
    Instance(&'static str),
    /// That there is the kind.
    Kind(&'static str),
}

/// All of them.
const ALL: [Own; 10] = {
    let [page, dimmer] = SERVICES;
    [
        Own::Address,
        Own::Server(page),
        Own::Text(page),
        Own::Instance(page),
        Own::Kind(page),
        Own::Server(dimmer),
        Own::Text(dimmer),
        Own::Instance(dimmer),
        Own::Kind(dimmer),
        Own::OnlyAddress,
    ]
};

/// Some of [`ALL`]: a bit for the place of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Several(u16);

impl<'a> Responder<'a> {
    /// Of a board that has this name, which may be another than the board would like.
    ///
    /// Nothing if the name is no label of a host, or a text is too long to be told.
    #[must_use]
    pub fn new(board: &'a Board<'a>, hostname: &'a str, address: Ipv4Addr) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_label = (1..=LABEL).contains(&hostname.len()) && hostname.bytes().all(fits);
        let is_told = [board.id, board.version, board.path]
            .iter()
            .all(|text| text.len() <= VALUE);
        (is_label && is_told).then_some(Self {
            board,
            hostname,
            address,
        })
    }

    /// The name.
    #[must_use]
    pub const fn hostname(&self) -> &'a str {
        self.hostname
    }

    /// The question whether anybody has the name of the host or of its services, with what is to be claimed. Its length; nothing if the buffer
    /// is too small.
    #[must_use]
    pub fn probe(&self, buffer: &mut [u8]) -> Option<usize> {
        let [page, dimmer] = SERVICES;
        let claims = [Own::Address, Own::Server(page), Own::Server(dimmer)];
        let mut writer = Writer::new(buffer, 0, 0);
        for claim in claims {
            self.owner(claim, |labels| {
                writer.question(bytes_of(labels), kind::ANY, INTERNET | TOP_BIT)
            })?;
        }
        for claim in claims {
            self.write(&mut writer, Part::Authority, claim, INTERNET, ttl_s(claim))?;
        }
        writer.finish()
    }

    /// Everything that there is to say. Its length; nothing if the buffer is too small.
    #[must_use]
    pub fn announcement(&self, buffer: &mut [u8]) -> Option<usize> {
        let mut writer = Writer::new(buffer, 0, ANSWER);
        for own in ALL {
            self.write(&mut writer, Part::Answer, own, class(own), ttl_s(own))?;
        }
        writer.finish()
    }

    /// That nothing of it holds any more (RFC 6762, section 10.1). As [`announcement`](Self::announcement).
    #[must_use]
    pub fn farewell(&self, buffer: &mut [u8]) -> Option<usize> {
        let mut writer = Writer::new(buffer, 0, ANSWER);
        // Others of the kind may stay.
        let is_over = |own: &Own| !matches!(own, Own::Kind(_) | Own::OnlyAddress);
        for own in ALL.into_iter().filter(is_over) {
            self.write(&mut writer, Part::Answer, own, class(own), 0)?;
        }
        writer.finish()
    }

    /// The answer to a question: its length, or nothing if there is nothing to say. `is_plain`: who asks is no member of the group and
    /// gets an answer as of plain DNS (its port is not [`PORT`](super::PORT); RFC 6762, section 6.7).
    #[must_use]
    pub fn answer(&self, query: &[u8], is_plain: bool, buffer: &mut [u8]) -> Option<usize> {
        let message = Message::new(query)?;
        if message.is_answer() || message.is_odd() {
            return None;
        }
        let (mut asked, mut known) = (Several::default(), Several::default());
        for item in message.items() {
            match item {
                Item::Question { .. } => asked.add(|own| self.is_asked(item, own)),
                Item::Record {
                    part: Part::Answer, ..
                } if !is_plain => known.add(|own| self.is_known(item, own)),
                Item::Record { .. } => {}
            }
        }
        let answers = asked.without(known);
        if answers == Several::default() {
            return None;
        }
        let mut writer = Writer::new(buffer, if is_plain { message.id() } else { 0 }, ANSWER);
        if is_plain {
            // It knows its question by that.
            for item in message.items() {
                if let Item::Question { name, kind, class } = item {
                    writer.question(name.labels().flatten(), kind, class)?;
                }
            }
        }
        // What would be asked for next.
        let besides = answers.led_to().without(answers).without(known);
        for (part, told) in [(Part::Answer, answers), (Part::Additional, besides)] {
            for own in told.all() {
                let (class, ttl_s) = if is_plain {
                    (INTERNET, ttl_s(own).min(PLAIN_TTL_S))
                } else {
                    (class(own), ttl_s(own))
                };
                self.write(&mut writer, part, own, class, ttl_s)?;
            }
        }
        writer.finish()
    }

    /// Whether a question is one that others may answer, too, at the same moment.
    #[must_use]
    pub fn is_shared(query: &[u8]) -> bool {
        let of_many =
            |item: Item<'_>| matches!(item, Item::Question { kind, .. } if kind == kind::PTR);
        Message::new(query).is_some_and(|message| message.items().any(of_many))
    }

    /// What a packet means to the name.
    #[must_use]
    pub fn hears(&self, packet: &[u8]) -> Heard {
        let Some(message) = Message::new(packet) else {
            return Heard::Nothing;
        };
        if message.is_answer() {
            let is_taken = message.items().any(|item| self.is_anothers(item));
            return if is_taken {
                Heard::Taken
            } else {
                Heard::Nothing
            };
        }
        let mut claims = message.items().filter_map(|item| match item {
            Item::Record {
                part: Part::Authority,
                ..
            } => self.address_in(item),
            _ => None,
        });
        if claims.any(|address| address > self.address) {
            Heard::Wanted
        } else {
            Heard::Nothing
        }
    }

    /// Whether a question asks for it.
    fn is_asked(&self, question: Item<'_>, own: Own) -> bool {
        let Item::Question { name, kind, class } = question else {
            return false;
        };
        let wanted = match own {
            // What a question for another address gets at once, instead of silence.
            Own::OnlyAddress => kind == kind::AAAA,
            _ => kind == kind::ANY || kind == kind_of(own),
        };
        let class = class & !TOP_BIT;
        wanted
            && (class == INTERNET || class == ANY_CLASS)
            && self.owner(own, |labels| name.is(labels))
    }

    /// Whether a record says it and will for long (RFC 6762, section 7.1).
    fn is_known(&self, record: Item<'_>, own: Own) -> bool {
        let Item::Record {
            owner,
            kind,
            ttl_s: left_s,
            data,
            ..
        } = record
        else {
            return false;
        };
        let is_same = match own {
            Own::Address => data.address() == Some(self.address),
            Own::Instance(service) => data.name().is(&[self.hostname, service, "_tcp", "local"]),
            Own::Kind(service) => data.name().is(&[service, "_tcp", "local"]),
            // Who asks for these is told.
            Own::Server(_) | Own::Text(_) | Own::OnlyAddress => false,
        };
        is_same
            && kind == kind_of(own)
            && left_s >= ttl_s(own) / 2
            && self.owner(own, |labels| owner.is(labels))
    }

    /// The address in a record, if it is one of our name.
    fn address_in(&self, record: Item<'_>) -> Option<Ipv4Addr> {
        let Item::Record {
            owner, kind, data, ..
        } = record
        else {
            return None;
        };
        let is_ours = kind == kind::A && owner.is(&[self.hostname, "local"]);
        data.address().filter(|_| is_ours)
    }

    /// Whether a record gives one of our names to another host or service.
    fn is_anothers(&self, item: Item<'_>) -> bool {
        let Item::Record {
            owner, kind, data, ..
        } = item
        else {
            return false;
        };
        if let Some(address) = self.address_in(item) {
            return address != self.address;
        }
        let is_ours = |service: &&str| owner.is(&[self.hostname, service, "_tcp", "local"]);
        kind == kind::SRV
            && SERVICES.iter().any(is_ours)
            && data.server().is_some_and(|(port, host)| {
                port != self.board.http_port || !host.is(&[self.hostname, "local"])
            })
    }

    /// Whose record it is.
    fn owner<R>(&self, own: Own, tell: impl FnOnce(&[&str]) -> R) -> R {
        match own {
            Own::Address | Own::OnlyAddress => tell(&[self.hostname, "local"]),
            // The host's name is one of a kind, and so this is.
            Own::Server(service) | Own::Text(service) => {
                tell(&[self.hostname, service, "_tcp", "local"])
            }
            Own::Instance(service) => tell(&[service, "_tcp", "local"]),
            Own::Kind(_) => tell(&KINDS),
        }
    }

    fn write(
        &self,
        writer: &mut Writer<'_>,
        part: Part,
        own: Own,
        class: u16,
        ttl_s: u32,
    ) -> Option<()> {
        let Board {
            id, version, path, ..
        } = *self.board;
        let host = [self.hostname, "local"];
        let mut write = |data: Data<'_>| {
            self.owner(own, |labels| {
                writer.record(part, bytes_of(labels), class, ttl_s, data)
            })
        };
        match own {
            Own::Address => write(Data::Address(self.address)),
            Own::OnlyAddress => write(Data::OnlyAddress(&host)),
            Own::Server(_) => write(Data::Server(self.board.http_port, &host)),
            Own::Text("_http") => write(Data::Text(&[("path", path)])),
            Own::Text(_) => write(Data::Text(&[
                ("id", id),
                ("version", version),
                ("path", path),
            ])),
            Own::Instance(service) => write(Data::Name(&[self.hostname, service, "_tcp", "local"])),
            Own::Kind(service) => write(Data::Name(&[service, "_tcp", "local"])),
        }
    }
}

impl Several {
    fn add(&mut self, is_in: impl Fn(Own) -> bool) {
        for (bit, own) in bits().zip(ALL) {
            if is_in(own) {
                self.0 |= bit;
            }
        }
    }

    const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    fn all(self) -> impl Iterator<Item = Own> {
        let is_in = move |(bit, own)| (self.0 & bit != 0).then_some(own);
        bits().zip(ALL).filter_map(is_in)
    }

    /// What will be asked for when these are known (RFC 6763, section 12).
    fn led_to(self) -> Self {
        let mut next = Self::default();
        for own in self.all() {
            match own {
                Own::Instance(service) => next.add(|other| {
                    other == Own::Address
                        || other == Own::Server(service)
                        || other == Own::Text(service)
                }),
                Own::Server(_) => next.add(|other| other == Own::Address),
                Own::Address | Own::OnlyAddress | Own::Text(_) | Own::Kind(_) => {}
            }
        }
        next
    }
}

/// A bit for each place.
fn bits() -> impl Iterator<Item = u16> {
    (0..).map_while(|place| 1_u16.checked_shl(place))
}

const fn kind_of(own: Own) -> u16 {
    match own {
        Own::Address => kind::A,
        Own::OnlyAddress => kind::NSEC,
        Own::Server(_) => kind::SRV,
        Own::Text(_) => kind::TXT,
        Own::Instance(_) | Own::Kind(_) => kind::PTR,
    }
}

const fn ttl_s(own: Own) -> u32 {
    match own {
        Own::Address | Own::OnlyAddress | Own::Server(_) => HOST_TTL_S,
        Own::Text(_) | Own::Instance(_) | Own::Kind(_) => OTHER_TTL_S,
    }
}

/// Of what only we have, what was known before is forgotten (RFC 6762, section 10.2).
const fn class(own: Own) -> u16 {
    match own {
        Own::Instance(_) | Own::Kind(_) => INTERNET,
        _ => INTERNET | TOP_BIT,
    }
}

#[cfg(test)]
mod tests;
