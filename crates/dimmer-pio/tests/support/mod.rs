//! A state machine by the RP2040 data sheet, section 3.4: as much of it as the two programs use, cycle by cycle.

pub mod bench;

use dimmer_pio::Program;
use pio_core::{
    InSource, InstructionOperands, JmpCondition, MovDestination, MovOperation, MovSource,
    OutDestination, SetDestination,
};
use std::collections::VecDeque;

/// What the chip's queues hold: four words, or eight when the two are one.
const QUEUE: usize = 8;

pub struct Machine {
    code: Vec<u16>,
    /// The same, decoded once.
    decoded: Vec<InstructionOperands>,
    wrap_source: u8,
    wrap_target: u8,
    pub address: u8,
    pub x: u32,
    pub y: u32,
    input: u32,
    output: u32,
    /// Cycles that the last instruction still takes.
    delay: u16,
    /// The pin that it looks at.
    pub jump_pin: bool,
    /// The pin that it sets.
    pub pin: bool,
    pub to_machine: VecDeque<u32>,
    pub from_machine: VecDeque<u32>,
    /// Words that found the queue full.
    pub lost: u32,
}

impl Machine {
    pub fn new<const LENGTH: usize>(program: &Program<LENGTH>) -> Self {
        Self {
            code: program.code.to_vec(),
            decoded: program.code.iter().map(|code| decode(*code)).collect(),
            wrap_source: program.wrap_source,
            wrap_target: program.wrap_target,
            address: 0,
            x: 0,
            y: 0,
            input: 0,
            output: 0,
            delay: 0,
            jump_pin: false,
            pin: false,
            to_machine: VecDeque::new(),
            from_machine: VecDeque::new(),
            lost: 0,
        }
    }

    pub fn push(&mut self, word: u32) -> bool {
        let has_room = self.to_machine.len() < QUEUE;
        if has_room {
            self.to_machine.push_back(word);
        }
        has_room
    }

    /// Waits at the gate's first instruction, which is where it takes words.
    pub fn is_idle(&self) -> bool {
        self.address == 0 && self.to_machine.is_empty()
    }

    /// One cycle.
    pub fn cycle(&mut self) {
        if self.delay > 0 {
            self.delay -= 1;
            return;
        }
        let address = usize::from(self.address);
        if self.execute(self.decoded[address]) {
            self.delay = (self.code[address] >> 8) & 31;
        }
    }

    /// Does an instruction that comes from outside.
    pub fn run(&mut self, instruction: u16) -> bool {
        self.execute(decode(instruction))
    }

    /// Does an instruction, and goes on to the next; `false` when it has to wait for a word.
    fn execute(&mut self, operands: InstructionOperands) -> bool {
        let next = if self.address == self.wrap_source {
            self.wrap_target
        } else {
            self.address + 1
        };
        match operands {
            InstructionOperands::JMP { condition, address } => {
                let jumps = match condition {
                    JmpCondition::Always => true,
                    JmpCondition::XDecNonZero => {
                        let was = self.x;
                        self.x = was.wrapping_sub(1);
                        was != 0
                    }
                    JmpCondition::YDecNonZero => {
                        let was = self.y;
                        self.y = was.wrapping_sub(1);
                        was != 0
                    }
                    JmpCondition::PinHigh => self.jump_pin,
                    other => panic!("{other:?}"),
                };
                self.address = if jumps { address } else { next };
                return true;
            }
            InstructionOperands::PULL {
                if_empty: false,
                block: true,
            } => match self.to_machine.pop_front() {
                Some(word) => self.output = word,
                None => return false,
            },
            InstructionOperands::PUSH {
                if_full: false,
                block: false,
            } => {
                if self.from_machine.len() < QUEUE {
                    self.from_machine.push_back(self.input);
                } else {
                    self.lost += 1;
                }
                self.input = 0;
            }
            InstructionOperands::OUT {
                destination,
                bit_count,
            } => {
                let value = self.output & low(bit_count);
                self.output = self.output.checked_shr(bit_count.into()).unwrap_or(0);
                match destination {
                    OutDestination::X => self.x = value,
                    OutDestination::Y => self.y = value,
                    other => panic!("{other:?}"),
                }
            }
            InstructionOperands::IN { source, bit_count } => {
                let value = match source {
                    InSource::X => self.x,
                    InSource::Y => self.y,
                    InSource::NULL => 0,
                    other => panic!("{other:?}"),
                };
                let room = self.input.checked_shl(bit_count.into()).unwrap_or(0);
                self.input = room | (value & low(bit_count));
            }
            InstructionOperands::SET { destination, data } => match destination {
                SetDestination::PINS => self.pin = data & 1 == 1,
                SetDestination::Y => self.y = data.into(),
                other => panic!("{other:?}"),
            },
            InstructionOperands::MOV {
                destination: MovDestination::X,
                op: MovOperation::Invert,
                source: MovSource::NULL,
            } => self.x = u32::MAX,
            other => panic!("{other:?}"),
        }
        self.address = next;
        true
    }
}

fn decode(instruction: u16) -> InstructionOperands {
    InstructionOperands::decode(instruction & !(31 << 8)).expect("an instruction")
}

fn low(bits: u8) -> u32 {
    u32::MAX >> (32 - u32::from(bits))
}
