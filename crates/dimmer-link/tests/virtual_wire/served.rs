//! One connection of a broker.

use std::collections::VecDeque;

use embassy_futures::select::{Either, select};
use embassy_time::{Duration, Instant, Timer};
use embedded_io_async::{Read, Write};

use crate::{
    broker::{Broker, Delivery, Manner},
    network::Stream,
};

/// The connection has to end, in whichever way.
struct End;

pub struct Served {
    broker: Broker,
    stream: Stream,
    manner: Manner,
    connection: usize,
    input: Vec<u8>,
    /// Answers and when they are due.
    answers: VecDeque<(Instant, Vec<u8>)>,
    sent: usize,
    received: usize,
    packets: usize,
    is_online: bool,
}

impl Served {
    pub fn new(broker: Broker, stream: Stream) -> Self {
        let (connection, manner) = broker.with(|state| {
            let place = state.connections.min(state.manners.len().saturating_sub(1));
            state.connections += 1;
            state.unanswered.clear();
            let manner = state.manners.get(place).cloned().unwrap_or_default();
            (state.connections, manner)
        });
        Self {
            broker,
            stream,
            manner,
            connection,
            input: Vec::new(),
            answers: VecDeque::new(),
            sent: 0,
            received: 0,
            packets: 0,
            is_online: false,
        }
    }

    pub async fn run(mut self) {
        let broker = self.broker.clone();
        let ended = select(self.serve(), broker.end()).await;
        let in_order = matches!(ended, Either::First(End)) && !self.manner.resets;
        self.stream.end(in_order).await;
    }

    async fn serve(&mut self) -> End {
        loop {
            if self.manner.closes_after_sent == Some(self.sent)
                || self.manner.closes_after_received == Some(self.received)
                // The client came again: the old session is taken over.
                || self.broker.with(|state| state.connections != self.connection)
            {
                return End;
            }
            if self.is_online {
                self.deliver();
            }
            let mut byte = [0];
            let due = match self.answers.front() {
                Some((due, _)) => *due,
                // Looks from time to time whether there is something for the client.
                None => Instant::now() + Duration::from_secs(1),
            };
            match select(self.stream.read(&mut byte), Timer::at(due)).await {
                Either::First(Ok(1)) => {
                    self.received += 1;
                    self.broker.with(|state| state.bytes_received += 1);
                    self.input.extend(byte);
                    if let Some(packet) = self.packet()
                        && self.handle(&packet).is_err()
                    {
                        return End;
                    }
                }
                Either::First(_) => return End,
                Either::Second(()) => {
                    if let Some((due, _)) = self.answers.front()
                        && *due <= Instant::now()
                        && let Some((_, answer)) = self.answers.pop_front()
                    {
                        if self.send(&answer).await.is_err() {
                            return End;
                        }
                        self.was_answered(&answer);
                    }
                }
            }
        }
    }

    /// The packet that is complete now: first byte and body.
    fn packet(&mut self) -> Option<(u8, Vec<u8>)> {
        let (first, rest) = self.input.split_first()?;
        let (mut length, mut shift) = (0, 0);
        for (place, byte) in rest.iter().enumerate() {
            length |= usize::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                let body = rest.get(place + 1..)?;
                if body.len() < length {
                    return None;
                }
                let packet = (*first, body.to_vec());
                self.input.clear();
                return Some(packet);
            }
        }
        None
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), End> {
        for byte in bytes {
            if self.manner.closes_after_sent == Some(self.sent) {
                return Err(End);
            }
            self.stream.write_all(&[*byte]).await.map_err(|_| End)?;
            self.sent += 1;
            self.broker.with(|state| state.sent += 1);
            if self.manner.byte_takes_ms > 0 {
                Timer::after_millis(self.manner.byte_takes_ms).await;
            }
        }
        Ok(())
    }

    fn answer(&mut self, bytes: Vec<u8>) {
        self.answer_after(self.manner.answers_after_ms, bytes);
    }

    fn answer_after(&mut self, milliseconds: u64, bytes: Vec<u8>) {
        if self
            .manner
            .silent_after
            .is_none_or(|most| self.packets <= most)
        {
            let due = Instant::now() + Duration::from_millis(milliseconds);
            self.answers.push_back((due, bytes));
            // Those of the same moment stay in order.
            self.answers.make_contiguous().sort_by_key(|(due, _)| *due);
        }
    }

    fn handle(&mut self, (first, body): &(u8, Vec<u8>)) -> Result<(), End> {
        self.packets += 1;
        if let Some((after, words)) = self.manner.says.clone()
            && after == self.packets
        {
            self.answer(words);
        }
        match first & 0xF0 {
            // Clean start is the second bit of the flags (MQTT 5, 3.1.2.4).
            0x10 => self.connect(body[7] & 2 == 2),
            0x80 => {
                let now = Instant::now().as_micros();
                self.broker.with(|state| {
                    state.subscribed_at = now;
                    state.has_subscription = true;
                });
                self.answer(vec![0x90, 4, body[0], body[1], 0, body[body.len() - 1] & 3]);
            }
            0xC0 => self.answer(vec![0xD0, 0]),
            0x30 => self.publish(*first, body),
            0x40 => self.acknowledged(body, |delivery| delivery.quality_of_service == 1),
            0x50 => {
                let identifier = u16::from_be_bytes([body[0], body[1]]);
                self.broker.with(|state| {
                    if let Some(delivery) = state.on_the_way.get_mut(&identifier) {
                        delivery.released = true;
                    }
                });
                self.answer(vec![0x62, 2, body[0], body[1]]);
            }
            0x60 => {
                let identifier = u16::from_be_bytes([body[0], body[1]]);
                self.broker.with(|state| state.received.remove(&identifier));
                self.acknowledge(0x70, body);
            }
            0x70 => self.acknowledged(body, |delivery| delivery.released),
            _ => return Err(End),
        }
        Ok(())
    }

    fn connect(&mut self, is_clean: bool) {
        self.is_online = true;
        let mut properties = self.manner.properties.clone();
        if let Some(maximum) = self.manner.receive_maximum {
            properties.push(0x21);
            properties.extend(maximum.to_be_bytes());
        }
        let forgets = self.manner.forgets;
        let is_present = self.broker.with(|state| {
            let is_present = state.has_session && !forgets && !is_clean;
            if !is_present {
                state.received.clear();
                state.on_the_way.clear();
                state.has_subscription = false;
            }
            state.has_session = true;
            is_present
        });
        let length = u8::try_from(properties.len()).unwrap();
        let head = [0x20, length + 3, u8::from(is_present), 0, length];
        self.answer([&head[..], &properties].concat());
        // What was on its way goes first, with its mark and its identifier (MQTT 5, 4.4).
        let again: Vec<_> = self.broker.with(|state| {
            let on_the_way = state.on_the_way.iter();
            on_the_way
                .map(|(identifier, delivery)| delivery.packet(*identifier, true))
                .collect()
        });
        for packet in again {
            self.answer(packet);
        }
    }

    fn publish(&mut self, first: u8, body: &[u8]) {
        let topic_ends = 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
        let topic = String::from_utf8(body[2..topic_ends].into()).unwrap();
        let quality_of_service = first >> 1 & 3;
        let payload_begins = topic_ends + if quality_of_service == 0 { 1 } else { 3 };
        let payload = body[payload_begins..].to_vec();
        if first & 1 == 1 {
            self.broker
                .with(|state| state.retained.insert(topic.clone(), payload.clone()));
        }
        if quality_of_service == 0 {
            if self.broker.with(|state| state.passes_on) {
                let length = u8::try_from(body.len()).unwrap();
                self.answer([&[0x30, length], body].concat());
            }
            self.broker.with(|state| state.unsure.push(payload));
            return;
        }
        let identifier = &body[topic_ends..topic_ends + 2];
        let number = u16::from_be_bytes([identifier[0], identifier[1]]);
        let most = usize::from(self.manner.receive_maximum.unwrap_or(u16::MAX));
        let swallows = self.manner.swallows_acknowledgements;
        self.broker.with(|state| {
            state.unanswered.insert(number);
            state.exceeded |= state.unanswered.len() > most;
            if quality_of_service == 1 {
                state.at_least_once.push(payload);
            } else if !swallows && state.received.insert(number) {
                state.exactly_once.push(payload);
            }
        });
        if quality_of_service == 1 {
            self.acknowledge(0x40, identifier);
        } else {
            self.acknowledge(0x50, identifier);
        }
    }

    /// Answers a message of the client.
    fn acknowledge(&mut self, kind: u8, identifier: &[u8]) {
        if self.manner.wrong_identifiers {
            self.answer(vec![kind, 2, 0x7A, 0x69]);
        }
        if self.manner.swallows_acknowledgements {
            return;
        }
        let after_ms = self.manner.acknowledges_after_ms;
        self.answer_after(
            after_ms.max(self.manner.answers_after_ms),
            vec![kind, 2, identifier[0], identifier[1]],
        );
    }

    /// A message of the client's no longer counts against the receive maximum.
    fn was_answered(&self, answer: &[u8]) {
        if let [0x40 | 0x70, 2, high, low] = answer {
            let identifier = u16::from_be_bytes([*high, *low]);
            self.broker
                .with(|state| state.unanswered.remove(&identifier));
        }
    }

    /// The client answered a message of ours.
    fn acknowledged(&mut self, body: &[u8], is_over: impl Fn(&Delivery) -> bool) {
        let identifier = u16::from_be_bytes([body[0], body[1]]);
        self.broker.with(|state| {
            if state.on_the_way.get(&identifier).is_some_and(is_over) {
                state.on_the_way.remove(&identifier);
                state.delivered += 1;
            }
        });
    }

    /// Hands over what waits, one message at a time.
    fn deliver(&mut self) {
        let packet = self.broker.with(|state| {
            if !state.on_the_way.is_empty() || !state.has_subscription {
                return None;
            }
            let delivery = state.waiting.pop_front()?;
            state.next_identifier = state.next_identifier.wrapping_add(1).max(1);
            let packet = delivery.packet(state.next_identifier, false);
            if delivery.quality_of_service > 0 {
                state.on_the_way.insert(state.next_identifier, delivery);
            }
            Some(packet)
        });
        if let Some(packet) = packet {
            self.answer(packet);
        }
    }
}
