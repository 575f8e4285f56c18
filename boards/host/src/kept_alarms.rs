//! Latched alarms over a restart of the program: a file for each dimmer, or its flash.

use std::{
    cell::Cell,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    rc::Rc,
};

use anyhow::{Context, Result, anyhow, bail};
use dimmer_app::dimmer::{
    Instant, phase,
    safety::{AlarmKind, AlarmSet},
    topics::DeviceId,
};

use crate::store::StoreFile;

/// What the one line of a file begins with.
const BEGINS: &str = "latched:";
/// What follows where nothing is latched. An empty file would look like one that was cut off.
const NOTHING: &str = " none";
/// A set that could not be written is tried again after this long.
const TRY_AGAIN_AFTER: phase::Duration = phase::Duration::from_ticks(5_000_000);

/// Where they are kept.
#[derive(Debug)]
enum Place {
    File(PathBuf),
    Store(Rc<StoreFile>),
}

/// The latched alarms of one dimmer, kept in a file or with its configuration.
///
/// A file of their own is one line of words, `latched: none` or `latched: water_over_temperature`. A new one is written beside it and takes its
/// place when all of it is on the disk: whenever the program is killed, one of the two is there as a whole.
#[derive(Debug)]
pub struct KeptAlarms {
    place: Place,
    kept: Cell<AlarmSet>,
    try_again_at: Cell<Option<Instant>>,
}

impl KeptAlarms {
    /// Reads what is kept of this dimmer, and makes sure that it can be written: a dimmer without a file has nothing latched.
    ///
    /// # Errors
    /// The folder is not there, or the file cannot be read, understood or written. Whoever cannot know what was latched does not heat:
    /// a person has to look, and to delete the file.
    pub fn open(folder: &Path, id: DeviceId) -> Result<Self> {
        if !folder.is_dir() {
            bail!(
                "the folder {} for the latched alarms is not there; make it, or mount its disk",
                folder.display()
            );
        }
        let path = folder.join(format!("{id}.alarms"));
        let kept = match fs::read_to_string(&path) {
            Ok(text) => read(&text).map_err(|wrong| anyhow!(wrong)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(AlarmSet::EMPTY),
            Err(error) => Err(error.into()),
        };
        let kept = kept.with_context(|| {
            format!(
                "{} does not say whether an alarm is latched; look at the heater, then delete the file",
                path.display()
            )
        })?;
        let kept = Self {
            place: Place::File(path),
            kept: Cell::new(kept),
            try_again_at: Cell::new(None),
        };
        kept.write(kept.latched())
            .with_context(|| format!("{} cannot be written", kept.path().display()))?;
        Ok(kept)
    }

    /// Those that are kept with the configuration of the dimmer.
    #[must_use]
    pub fn in_store(store: Rc<StoreFile>) -> Self {
        Self {
            kept: Cell::new(store.loaded().alarms),
            place: Place::Store(store),
            try_again_at: Cell::new(None),
        }
    }

    /// The alarms in the file.
    pub fn latched(&self) -> AlarmSet {
        self.kept.get()
    }

    /// Writes the set if it is another one than in the file. One that could not be written is tried again a few seconds later.
    ///
    /// # Errors
    /// What a person should read: it could not be written.
    pub fn keep(&self, now: Instant, latched: AlarmSet) -> Result<(), String> {
        let waits = self.try_again_at.get().is_some_and(|at| now < at);
        if latched == self.kept.get() || waits {
            return Ok(());
        }
        match self.write(latched) {
            Ok(()) => {
                self.kept.set(latched);
                self.try_again_at.set(None);
                Ok(())
            }
            Err(error) => {
                self.try_again_at.set(Some(now + TRY_AGAIN_AFTER));
                Err(format!(
                    "the latched alarms cannot be kept in {}: {error}; after a restart it would go by what was there before",
                    self.path().display()
                ))
            }
        }
    }

    fn path(&self) -> &Path {
        match &self.place {
            Place::File(path) => path,
            Place::Store(store) => store.path(),
        }
    }

    fn write(&self, latched: AlarmSet) -> Result<()> {
        match &self.place {
            Place::File(path) => Ok(replace(path, &written(latched))?),
            Place::Store(store) => store.keep_alarms(latched),
        }
    }
}

/// Writes a file beside the old one, which it replaces when it is complete.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("alarms.new");
    let mut file = File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    sync_folder(path)
}

/// The new name is on the disk, too.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

fn written(latched: AlarmSet) -> String {
    let mut line = BEGINS.to_owned();
    if latched.is_empty() {
        line.push_str(NOTHING);
    }
    for kind in latched.iter() {
        line.push(' ');
        line.push_str(kind.as_str());
    }
    line.push('\n');
    line
}

fn read(text: &str) -> Result<AlarmSet, String> {
    let line = text
        .strip_prefix(BEGINS)
        .and_then(|rest| rest.strip_suffix('\n'));
    let Some(words) = line else {
        return Err(format!("it is not one line that begins with `{BEGINS}`"));
    };
    if words == NOTHING {
        return Ok(AlarmSet::EMPTY);
    }
    let mut latched = AlarmSet::EMPTY;
    for word in words.split_whitespace() {
        let kind = AlarmKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word);
        latched = latched.with(kind.ok_or_else(|| format!("no alarm is called `{word}`"))?);
    }
    if latched.is_empty() {
        return Err("it names no alarm, and not `none` either".to_owned());
    }
    Ok(latched)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> DeviceId {
        "020000000001".parse().unwrap()
    }

    fn at_s(seconds: u64) -> Instant {
        Instant::from_ticks(seconds * 1_000_000)
    }

    const HOT: AlarmSet = AlarmSet::EMPTY
        .with(AlarmKind::WaterOverTemperature)
        .with(AlarmKind::HeaterWarmsWhileOff);

    #[test]
    fn what_is_kept_is_there_when_it_is_opened_again_and_words_a_person_can_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("020000000001.alarms");
        let first = KeptAlarms::open(folder.path(), id()).unwrap();
        assert_eq!(first.latched(), AlarmSet::EMPTY);
        assert_eq!(fs::read_to_string(&path).unwrap(), "latched: none\n");
        first.keep(at_s(1), HOT).unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "latched: water_over_temperature heater_warms_while_off\n"
        );
        let again = KeptAlarms::open(folder.path(), id()).unwrap();
        assert_eq!(again.latched(), HOT);
        again.keep(at_s(2), AlarmSet::EMPTY).unwrap();
        let last = KeptAlarms::open(folder.path(), id()).unwrap();
        assert_eq!(last.latched(), AlarmSet::EMPTY);
        // Of another dimmer nothing is known.
        let other = KeptAlarms::open(folder.path(), "020000000002".parse().unwrap()).unwrap();
        assert_eq!(other.latched(), AlarmSet::EMPTY);
    }

    #[test]
    fn every_set_is_read_as_it_was_written() {
        for kind in AlarmKind::ALL {
            let one = AlarmSet::EMPTY.with(kind);
            assert_eq!(read(&written(one)), Ok(one));
        }
        let all = AlarmKind::ALL
            .into_iter()
            .fold(AlarmSet::EMPTY, AlarmSet::with);
        assert_eq!(read(&written(all)), Ok(all));
        // However it is cut off, it never says that less is latched.
        let text = written(HOT);
        for length in 0..text.len() {
            assert!(read(&text[..length]).is_err(), "{}", &text[..length]);
        }
    }

    #[test]
    fn a_file_that_is_not_understood_is_an_error_that_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        for (text, words) in [
            ("", "is not one line"),
            ("latched:", "is not one line"),
            ("latched:\n", "names no alarm"),
            ("latched: no\n", "no alarm is called `no`"),
            ("latched: none none\n", "no alarm is called `none`"),
            ("\0\0\0\0", "is not one line"),
        ] {
            fs::write(folder.path().join("020000000001.alarms"), text).unwrap();
            let error = format!("{:#}", KeptAlarms::open(folder.path(), id()).unwrap_err());
            for part in [
                words,
                "020000000001.alarms",
                "look at the heater, then delete the file",
            ] {
                assert!(error.contains(part), "{text:?}: {error}");
            }
        }
        fs::write(folder.path().join("020000000001.alarms"), [0xFF, 0xFE]).unwrap();
        assert!(KeptAlarms::open(folder.path(), id()).is_err());
        let nowhere = folder.path().join("nowhere");
        let error = KeptAlarms::open(&nowhere, id()).unwrap_err().to_string();
        assert!(error.contains("is not there; make it"), "{error}");
    }

    #[test]
    fn those_in_a_store_are_there_when_it_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dimmer.flash");
        let store = || Rc::new(StoreFile::open(&path).unwrap());
        let kept = KeptAlarms::in_store(store());
        assert_eq!(kept.latched(), AlarmSet::EMPTY);
        kept.keep(at_s(1), HOT).unwrap();
        assert_eq!(KeptAlarms::in_store(store()).latched(), HOT);
        kept.keep(at_s(2), AlarmSet::EMPTY).unwrap();
        assert_eq!(KeptAlarms::in_store(store()).latched(), AlarmSet::EMPTY);
    }

    #[test]
    fn what_cannot_be_written_is_told_and_tried_again_later() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptAlarms::open(folder.path(), id()).unwrap();
        // A folder in the place of the new file: nobody can write there, not even root.
        let in_the_way = folder.path().join("020000000001.alarms.new");
        fs::create_dir(&in_the_way).unwrap();
        let told = kept.keep(at_s(10), HOT).unwrap_err();
        assert!(told.contains("cannot be kept"), "{told}");
        assert_eq!(
            kept.keep(at_s(14), HOT),
            Ok(()),
            "told once, not at each turn"
        );
        assert!(kept.keep(at_s(15), HOT).is_err());
        fs::remove_dir(&in_the_way).unwrap();
        assert_eq!(kept.keep(at_s(20), HOT), Ok(()));
        assert_eq!(
            KeptAlarms::open(folder.path(), id()).unwrap().latched(),
            HOT
        );
    }
}
