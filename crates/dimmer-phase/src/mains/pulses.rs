//! From the pin's edges to marks: moments that may belong to a crossing.
//!
//! Edges that follow each other within the bounce time are one group. A group that leaves the pin
//! where it was is a short pulse; one that changes it is a transition. Two opposite transitions
//! close together are a wide pulse. What is a crossing is decided later: here nothing is known of
//! the mains.

use super::fine::{Fine, micros};
use crate::EdgeKind;

/// A slow pulse edge bounces for up to 100 µs; with the latency of an interrupt on top.
const BOUNCE: Fine = micros(250);
/// Pulses longer than this are two transitions: a square wave's shortest half is 7.6 ms.
const LONGEST_PULSE: Fine = micros(3_500);
/// Transitions kept to be paired. More within [`LONGEST_PULSE`] are noise.
const KEPT: usize = 4;

/// What the pin did at a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// It left its level and came back.
    Pulse { leading: EdgeKind, width: Fine },
    /// It changed.
    Transition { kind: EdgeKind },
}

/// A moment that may belong to a crossing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// The middle of a pulse, or the transition.
    pub(super) at: Fine,
    pub(super) shape: Shape,
    /// False for a pulse whose ends have other transitions between them: real only if its width is
    /// the known one.
    pub(super) plain: bool,
    /// For a short pulse: its edges alternate. Where they do not, two pulses run into each other.
    pub(super) clean: bool,
}

/// The marks that one group of edges gives: itself, and a pulse with each kept transition.
pub(super) type Marks = [Option<Mark>; KEPT + 1];

#[derive(Clone, Copy, Debug)]
struct Group {
    start: Fine,
    kind: EdgeKind,
    end: Fine,
    end_kind: EdgeKind,
    clean: bool,
    /// What follows is no bouncing of it.
    alone: bool,
}

impl Group {
    /// Until when an edge may belong to it.
    fn complete_at(&self) -> Fine {
        if self.alone {
            self.start
        } else {
            self.start + BOUNCE
        }
    }
}

/// Gathers edges into marks.
#[derive(Clone, Debug, Default)]
pub(super) struct Pulses {
    open: Option<Group>,
    /// The latest transitions, newest first.
    transitions: [Option<(Fine, EdgeKind)>; KEPT],
}

impl Pulses {
    /// Takes an edge, not earlier than those before it. Gives the marks of the group that it ends. `alone`: what
    /// follows it belongs to something else, however near.
    pub(super) fn edge(&mut self, at: Fine, kind: EdgeKind, alone: bool) -> Marks {
        if let Some(group) = &mut self.open
            && !group.alone
            && at - group.start <= BOUNCE
        {
            group.end = at;
            group.clean &= kind != group.end_kind;
            group.end_kind = kind;
            return [None; KEPT + 1];
        }
        let marks = self.close();
        self.open = Some(Group {
            start: at,
            kind,
            end: at,
            end_kind: kind,
            clean: true,
            alone,
        });
        marks
    }

    /// Whether the edge at this moment, the latest, is the first of its group.
    pub(super) fn begins(&self, at: Fine) -> bool {
        self.open.is_some_and(|group| group.start == at)
    }

    /// When the edges so far will be complete, if any are not.
    pub(super) fn complete_at(&self) -> Option<Fine> {
        self.open.map(|group| group.complete_at() + micros(1))
    }

    /// Time passes without an edge: a group may be complete.
    pub(super) fn advance(&mut self, now: Fine) -> Marks {
        match self.open {
            Some(group) if now > group.complete_at() => self.close(),
            _ => [None; KEPT + 1],
        }
    }

    fn close(&mut self) -> Marks {
        let mut marks = [None; KEPT + 1];
        let Some(group) = self.open.take() else {
            return marks;
        };
        if group.kind != group.end_kind {
            let shape = Shape::Pulse {
                leading: group.kind,
                width: group.end - group.start,
            };
            marks[0] = Some(Mark {
                at: middle(group.start, group.end),
                shape,
                plain: true,
                clean: group.clean,
            });
            return marks;
        }
        let mut plain = true;
        for (mark, transition) in marks.iter_mut().zip(self.transitions) {
            if let Some((at, kind)) = transition
                && kind != group.kind
                && group.start - at <= LONGEST_PULSE
            {
                let shape = Shape::Pulse {
                    leading: kind,
                    width: group.start - at,
                };
                *mark = Some(Mark {
                    at: middle(at, group.start),
                    shape,
                    plain,
                    clean: false,
                });
                plain = false;
            }
        }
        if let Some(last) = marks.last_mut() {
            *last = Some(Mark {
                at: group.start,
                shape: Shape::Transition { kind: group.kind },
                plain: true,
                clean: false,
            });
        }
        self.transitions.rotate_right(1);
        if let Some(newest) = self.transitions.first_mut() {
            *newest = Some((group.start, group.kind));
        }
        marks
    }
}

fn middle(start: Fine, end: Fine) -> Fine {
    start + (end - start) / 2
}

#[cfg(test)]
mod tests;
