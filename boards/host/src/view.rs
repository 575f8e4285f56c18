//! The live view: figures, a row for each dimmer, a chart and the last events, drawn over and over.

mod keys;
mod picture;

use std::io;

use ratatui::DefaultTerminal;

pub use keys::Keys;
pub use picture::{DimmerRow, History, Picture};

/// The terminal while the live view has it. It is as it was when this is dropped, and after a panic.
#[derive(Debug)]
pub struct Screen(DefaultTerminal);

impl Screen {
    /// Takes the terminal: another screen, and keys as they are pressed.
    ///
    /// # Errors
    /// Standard output is no terminal, or it does not let itself be taken.
    pub fn open() -> io::Result<Self> {
        ratatui::try_init().map(Self)
    }

    /// Draws over what stands there. A terminal that is gone is no reason to stop heating water.
    pub fn draw(&mut self, picture: &Picture<'_>) {
        let _ = self.0.draw(|frame| picture.draw(frame));
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}
