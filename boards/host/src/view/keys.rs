//! Keys that are pressed while the live view has the terminal.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// How long the thread may take to see that it is to end.
const TURN: Duration = Duration::from_millis(50);

/// A thread that reads keys until this is dropped, which waits for it: whatever is typed afterwards is for the shell.
#[derive(Debug)]
pub struct Keys {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    quits: UnboundedReceiver<()>,
}

impl Keys {
    /// Begins to read.
    #[must_use]
    pub fn read() -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let (sender, quits) = unbounded_channel();
        let is_over = Arc::clone(&ends);
        let thread = thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                let pressed = match event::poll(TURN) {
                    Ok(true) => event::read(),
                    Ok(false) => continue,
                    Err(error) => Err(error),
                };
                match pressed {
                    Ok(event) if quits_by(&event) => drop(sender.send(())),
                    Ok(_) => {}
                    // A terminal that is gone has no keys, and says so at once each time.
                    Err(_) => break,
                }
            }
        });
        Self {
            ends,
            thread: Some(thread),
            quits,
        }
    }

    /// Waits until somebody wants to quit.
    pub async fn quit(&mut self) {
        if self.quits.recv().await.is_none() {
            std::future::pending().await
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It does not panic, and nothing depends on it any more.
            let _ = thread.join();
        }
    }
}

/// q, Esc or Ctrl-C: in the view a terminal makes no signal of it.
fn quits_by(event: &Event) -> bool {
    let Event::Key(key) = event else { return false };
    let control_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    let quit = matches!(key.code, KeyCode::Char('q' | 'Q') | KeyCode::Esc);
    key.kind == KeyEventKind::Press && (control_c || quit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::crossterm::event::KeyEvent;

    #[test]
    fn q_escape_and_control_c_quit_and_nothing_else() {
        let press = |code, modifiers| quits_by(&Event::Key(KeyEvent::new(code, modifiers)));
        assert!(press(KeyCode::Char('q'), KeyModifiers::NONE));
        assert!(press(KeyCode::Esc, KeyModifiers::NONE));
        assert!(press(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert!(!press(KeyCode::Char('c'), KeyModifiers::NONE));
        assert!(!press(KeyCode::Char('x'), KeyModifiers::CONTROL));
        assert!(!quits_by(&Event::FocusGained));
    }
}
