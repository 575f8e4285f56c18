//! What must run from RAM, looked at in the image as machine code: a call into flash before an edge is stamped, or between a look at the clock and the start of a transmitter, is a cache
//! that may be cold, and time that nobody has counted.

use anyhow::{Context, Result, bail};
use object::{File, Object as _, ObjectSection as _, ObjectSymbol as _, Symbol, SymbolKind};
use std::fmt;
use std::ops::Range;

/// RAM as the bus for instructions sees it (Technical Reference Manual, "System and Memory").
const RAM: Range<u32> = 0x4037_C000..0x403E_0000;

/// The upper 20 bits of the system timer's registers, and where the lower half of its value stands: whoever has read that has the time.
const TIMER: u32 = 0x60023;
const TIMER_VALUE: u32 = 0x44;

/// How far a function must not leave RAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    /// To its end.
    End,
    /// To its first look at the clock.
    Clock,
    /// To its first call of a handler, whose address it has from a table.
    Handler,
}

impl fmt::Display for Until {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::End => "its end",
            Self::Clock => "a look at the clock",
            Self::Handler => "the call of a handler",
        })
    }
}

/// The way from an edge to its stamp, and the start of a transmitter. A name is as the compiler writes it, with each part's length.
const FROM_RAM: [(&str, Until); 4] = [
    ("handle_interrupts", Until::Handler),
    ("27user_gpio_interrupt_handler", Until::Handler),
    ("5edges24__esp_hal_internal_stamp", Until::Clock),
    ("12transmitters10start_when", Until::End),
];

/// What an instruction does, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Goes on there, or calls it.
    GoesTo(u32),
    /// Goes on where a register says, and not back to whoever called.
    GoesByRegister,
    LooksAtClock,
}

/// The bits of `word` from `from` on, `count` of them.
const fn bits(word: u32, from: u32, count: u32) -> u32 {
    (word >> from) & ((1 << count) - 1)
}

/// A number of so many bits, of which the first is the sign.
const fn signed(number: u32, count: u32) -> u32 {
    number.wrapping_sub(bits(number, count - 1, 1) << count)
}

/// The jumps, calls and looks at the clock of a function's machine code, in the order in which they stand there, which is the order in which they are come to but for loops and for what the compiler
/// holds to be rare, and puts behind everything else (The RISC-V Instruction Set Manual, volume I, "RV32I" and "C"). Branches
/// are left out: they stay within a function.
fn steps(code: &[u8], start: u32) -> Vec<(u32, Step)> {
    const RETURN: u32 = 1;
    let (mut steps, mut at) = (Vec::new(), start);
    // What `auipc` put into a register in the instruction before, and in which register the timer's address was put last.
    let (mut far, mut timer) = (None, None);
    let mut rest = code;
    while let [low, high, behind @ ..] = rest {
        let half = u32::from(u16::from_le_bytes([*low, *high]));
        let mut step = None;
        let mut next_far = None;
        if let (3, [third, fourth, after @ ..]) = (half & 3, behind) {
            let word = half | u32::from(u16::from_le_bytes([*third, *fourth])) << 16;
            let (to, from, upper) = (bits(word, 7, 5), bits(word, 15, 5), word & 0xFFFF_F000);
            let offset = signed(word >> 20, 12);
            match word & 0x7F {
                // auipc
                0x17 => next_far = Some((to, at.wrapping_add(upper))),
                // lui
                0x37 if word >> 12 == TIMER => timer = Some(to),
                // jal
                0x6F => {
                    let high = bits(word, 12, 8) << 12 | bits(word, 20, 1) << 11;
                    let offset = bits(word, 31, 1) << 20 | high | bits(word, 21, 10) << 1;
                    step = Some(Step::GoesTo(at.wrapping_add(signed(offset, 21))));
                }
                // jalr
                0x67 => {
                    step = match far {
                        Some((register, address)) if register == from => {
                            Some(Step::GoesTo(offset.wrapping_add(address)))
                        }
                        _ if to == 0 && from == RETURN => None,
                        _ => Some(Step::GoesByRegister),
                    }
                }
                // lw
                0x03 if timer == Some(from) && offset == TIMER_VALUE => {
                    step = Some(Step::LooksAtClock);
                }
                _ => {}
            }
            rest = after;
        } else {
            let (kind, register) = (bits(half, 13, 3), bits(half, 7, 5));
            match (half & 3, kind) {
                // c.jal, c.j
                (1, 1 | 5) => {
                    let offset = bits(half, 12, 1) << 11
                        | bits(half, 11, 1) << 4
                        | bits(half, 9, 2) << 8
                        | bits(half, 8, 1) << 10
                        | bits(half, 7, 1) << 6
                        | bits(half, 6, 1) << 7
                        | bits(half, 3, 3) << 1
                        | bits(half, 2, 1) << 5;
                    step = Some(Step::GoesTo(at.wrapping_add(signed(offset, 12))));
                }
                // c.jr, c.jalr
                (2, 4) if bits(half, 2, 5) == 0 && register != 0 => {
                    let returns = bits(half, 12, 1) == 0 && register == RETURN;
                    step = (!returns).then_some(Step::GoesByRegister);
                }
                // c.lw
                (0, 2) => {
                    let offset =
                        bits(half, 10, 3) << 3 | bits(half, 6, 1) << 2 | bits(half, 5, 1) << 6;
                    let is_value = timer == Some(bits(half, 7, 3) + 8) && offset == TIMER_VALUE;
                    step = is_value.then_some(Step::LooksAtClock);
                }
                _ => {}
            }
            rest = behind;
        }
        steps.extend(step.map(|step| (at, step)));
        far = next_far;
        at = at.wrapping_add(if half & 3 == 3 { 4 } else { 2 });
    }
    steps
}

/// Where a function leaves RAM before it may, and for where; an error where that cannot be told.
fn leaves(steps: &[(u32, Step)], until: Until) -> Result<Vec<(u32, u32)>> {
    let is_last = |step: Step| match until {
        Until::End => false,
        Until::Clock => step == Step::LooksAtClock,
        Until::Handler => step == Step::GoesByRegister,
    };
    let last = steps.iter().position(|(_, step)| is_last(*step));
    let first = last.and_then(|last| steps.get(..last)).unwrap_or(steps);
    let mut left = Vec::new();
    for (at, step) in first {
        match step {
            Step::GoesTo(target) if !RAM.contains(target) => left.push((*at, *target)),
            Step::GoesByRegister => bail!("it goes on where a register says, at {at:#x}"),
            Step::GoesTo(_) | Step::LooksAtClock => {}
        }
    }
    if last.is_none() && left.is_empty() && until != Until::End {
        bail!("it was to come to {until}, and does not");
    }
    Ok(left)
}

/// What is wrong in the image, one sentence each.
pub(super) fn problems(data: &[u8]) -> Result<Vec<String>> {
    let elf = File::parse(data)?;
    let mut problems = Vec::new();
    for (wanted, until) in FROM_RAM {
        match way_into_flash(&elf, wanted, until) {
            Ok(found) => problems.extend(found.into_iter().map(|(at, target)| {
                let name = name_at(&elf, target);
                format!("{wanted} must run from RAM to {until}, and leaves it at {at:#x} for {target:#x}, {name}")
            })),
            Err(error) => problems.push(format!("{wanted} must run from RAM to {until}: {error:#}")),
        }
    }
    Ok(problems)
}

/// Where a function of the image leaves RAM before it may, and for where.
fn way_into_flash(elf: &File<'_>, wanted: &str, until: Until) -> Result<Vec<(u32, u32)>> {
    // A name without a length is one that no compiler changed. The names of its closures hold it, too.
    let is_whole = !wanted.starts_with(|sign: char| sign.is_ascii_digit());
    let function = functions(elf).find(|function| {
        let name = function.name().unwrap_or_default();
        name == wanted || (!is_whole && name.contains(wanted))
    });
    let function = function.context("it is no function of its own in the image")?;
    let start = u32::try_from(function.address())?;
    if !RAM.contains(&start) {
        bail!("it is at {start:#x}");
    }
    let index = function.section_index().context("it has no section")?;
    let section = elf.section_by_index(index)?;
    let code = section.data_range(function.address(), function.size())?;
    leaves(&steps(code.context("it has no code")?, start), until)
}

fn functions<'data, 'file>(elf: &'file File<'data>) -> impl Iterator<Item = Symbol<'data, 'file>> {
    elf.symbols()
        .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 0)
}

/// The function that stands there, or before it.
fn name_at<'data>(elf: &File<'data>, address: u32) -> &'data str {
    functions(elf)
        .filter(|function| function.address() <= u64::from(address))
        .max_by_key(|function| function.address())
        .and_then(|function| function.name().ok())
        .unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u32 = 0x4038_0000;
    const FAR: u32 = 7469 << 12;

    /// As an assembler made them: each instruction, and what it is.
    const CODE: [(&[u8], Option<Step>); 17] = [
        // lui a0, 0x60023
        (&[0x37, 0x35, 0x02, 0x60], None),
        // c.lw a1, 68(a0)
        (&[0x6C, 0x41], Some(Step::LooksAtClock)),
        // lw t1, 68(t0): of another peripheral.
        (&[0x03, 0xA3, 0x42, 0x04], None),
        // lui t0, 0x60023
        (&[0xB7, 0x32, 0x02, 0x60], None),
        // lw a3, 68(t0)
        (&[0x83, 0xA6, 0x42, 0x04], Some(Step::LooksAtClock)),
        // auipc ra, 7469; jalr -1128(ra)
        (&[0x97, 0xD0, 0xD2, 0x01], None),
        (
            &[0xE7, 0x80, 0x80, 0xB9],
            Some(Step::GoesTo(START + 0x12 + FAR - 1128)),
        ),
        // c.j -30
        (&[0xCD, 0xB7], Some(Step::GoesTo(START + 0x1A - 30))),
        // c.jal -32
        (&[0xC5, 0x37], Some(Step::GoesTo(START + 0x1C - 32))),
        // jal ra, 4096
        (
            &[0xEF, 0x10, 0x00, 0x00],
            Some(Step::GoesTo(START + 0x1E + 4096)),
        ),
        // c.jalr a0
        (&[0x02, 0x95], Some(Step::GoesByRegister)),
        // jalr ra, 16(a5)
        (&[0xE7, 0x80, 0x07, 0x01], Some(Step::GoesByRegister)),
        // auipc t1, 7469; jalr zero, -1294(t1)
        (&[0x17, 0xD3, 0xD2, 0x01], None),
        (
            &[0x67, 0x00, 0x23, 0xAF],
            Some(Step::GoesTo(START + 0x28 + FAR - 1294)),
        ),
        // c.beqz a0, -4; beq a0, a1, -8
        (&[0x75, 0xDD], None),
        (&[0xE3, 0x0C, 0xB5, 0xFE], None),
        // c.jr ra
        (&[0x82, 0x80], None),
    ];

    #[test]
    fn jumps_calls_and_looks_at_the_clock_are_read_as_an_assembler_wrote_them() {
        let mut code = Vec::new();
        let mut expected = Vec::new();
        for (bytes, step) in CODE {
            let at = START + u32::try_from(code.len()).unwrap();
            expected.extend(step.map(|step| (at, step)));
            code.extend_from_slice(bytes);
        }
        assert_eq!(steps(&code, START), expected);
    }

    #[test]
    fn a_call_into_flash_counts_until_the_clock_is_looked_at_or_the_handler_is_called() {
        let flash = (1, Step::GoesTo(0x420A_0000));
        let near = (2, Step::GoesTo(START));
        let (clock, handler) = ((3, Step::LooksAtClock), (4, Step::GoesByRegister));
        let left = |steps: &[_], until| leaves(steps, until).map_err(|error| error.to_string());
        let found = Ok(vec![(1, 0x420A_0000)]);
        assert_eq!(left(&[near, clock, flash], Until::Clock), Ok(vec![]));
        assert_eq!(left(&[near, flash, clock], Until::Clock), found);
        assert_eq!(left(&[near, handler, flash], Until::Handler), Ok(vec![]));
        assert_eq!(left(&[flash, handler], Until::Handler), found);
        assert_eq!(left(&[near, clock, flash], Until::End), found);
        // A function that never comes to its point, and one that nobody can follow there.
        assert!(left(&[near], Until::Clock).is_err());
        assert!(left(&[handler, clock], Until::Clock).is_err());
    }
}
