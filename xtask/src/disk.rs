//! Room on the disk: a run of everything builds for a desktop, two chips and a fuzzer, and a full disk fails wherever it happens to be met.

use crate::process::{command, output, root};
use std::fmt;
use std::path::PathBuf;

/// What the first run of `cargo xtask test --all` writes into the folders below, rounded up.
const FIRST_RUN_MB: u64 = 6_000;
/// With less than this the next step fails, and not by its own fault.
const FULL_MB: u64 = 100;

/// Megabytes (of 1,000,000 bytes) of the disk on which cargo builds, which is taken to be one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Room {
    free: u64,
    /// In the folders of what was built.
    built: u64,
}

impl Room {
    /// As `df` and `du` tell it; nothing on a system without them.
    pub(crate) fn now() -> Option<Self> {
        Self::with(free_mb()?)
    }

    /// The room, if a first run would fill the disk. What was built is not looked through where enough is free.
    pub(crate) fn scarce() -> Option<Self> {
        let free = free_mb().filter(|free| *free < FIRST_RUN_MB)?;
        Self::with(free).filter(|room| room.is_scarce())
    }

    fn with(free: u64) -> Option<Self> {
        let folders = folders();
        let built = if folders.is_empty() {
            0
        } else {
            let mut du = command("du -s -k");
            kilobytes_used(&output(du.args(&folders)).ok()?)
        };
        Some(Self {
            free,
            built: megabytes(built),
        })
    }

    /// Whether a first run would fill the disk.
    fn is_scarce(self) -> bool {
        self.free + self.built < FIRST_RUN_MB
    }

    /// Whether what just failed may have failed for want of room.
    pub(crate) fn is_full(self) -> bool {
        self.free < FULL_MB
    }

    /// What `is_scarce` means to a person.
    pub(crate) fn warning(self) -> String {
        format!(
            "{self}: a first run of everything takes {FIRST_RUN_MB} MB, and will fail where the disk is full"
        )
    }
}

impl fmt::Display for Room {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { free, built } = self;
        write!(
            formatter,
            "disk: {built} MB in the folders of what was built, {free} MB free"
        )
    }
}

fn free_mb() -> Option<u64> {
    let folders = folders();
    let mut df = command("df -P -k");
    df.arg(folders.first().map_or(".".as_ref(), PathBuf::as_path));
    Some(megabytes(kilobytes_free(&output(&mut df).ok()?)?))
}

fn megabytes(kilobytes: u64) -> u64 {
    kilobytes * 1_024 / 1_000_000
}

/// Those that there are.
fn folders() -> Vec<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let all = [target, "target-firmware".into(), "target-fuzz".into()];
    let all = all.into_iter().map(|folder| root().join(folder));
    all.filter(|folder| folder.is_dir()).collect()
}

/// The fourth column of the second line, as POSIX has it. A name of a file system with a space in it shifts them: the column is counted from the capacity, the one with a percent sign.
fn kilobytes_free(df: &str) -> Option<u64> {
    let line = df.lines().nth(1)?;
    let words: Vec<_> = line.split_whitespace().collect();
    let capacity = words.iter().position(|word| word.ends_with('%'))?;
    words.get(capacity.checked_sub(1)?)?.parse().ok()
}

/// The sum of each line's first word.
fn kilobytes_used(du: &str) -> u64 {
    let sizes = du.lines().filter_map(|line| line.split_whitespace().next());
    sizes.filter_map(|size| size.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_df_and_du_are_read() {
        let df = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/my disk 263174212 23456789 72345678 25% /\n";
        assert_eq!(kilobytes_free(df), Some(72_345_678));
        assert_eq!(kilobytes_free("Filesystem\n"), None);
        assert_eq!(kilobytes_used("1000\t/a\n24\t/b c\n"), 1_024);
    }

    #[test]
    fn what_is_built_counts_as_room_and_a_full_disk_is_told() {
        let room = |free, built| Room { free, built };
        assert!(room(1_000, 1_000).is_scarce());
        assert!(!room(1_000, FIRST_RUN_MB).is_scarce());
        assert!(room(FULL_MB - 1, FIRST_RUN_MB).is_full());
        assert!(!room(FULL_MB, 0).is_full());
        assert!(room(1, 2).warning().starts_with("disk: 2 MB in"));
    }
}
