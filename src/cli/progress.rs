//! The progress line of a long scan: on standard error, on a terminal, and only when it takes a while.

use std::io::{IsTerminal, stderr};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{DecimalBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::source::Progress;

/// A scan that is done by then needs no line.
const DELAY: Duration = Duration::from_secs(1);
const REFRESH: Duration = Duration::from_millis(100);

/// A line that shows how far a scan has come, until it is dropped.
pub struct ProgressLine {
    /// Dropping it is the signal to stop.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ProgressLine {
    /// Watches `progress`; `None` when standard error is no terminal, so nobody would see it.
    pub fn start(progress: Arc<Progress>) -> Option<Self> {
        if !stderr().is_terminal() {
            return None;
        }
        let (stop, stopped) = channel();
        let thread = thread::spawn(move || {
            let ticking = |wait| matches!(stopped.recv_timeout(wait), Err(RecvTimeoutError::Timeout));
            if !ticking(DELAY) {
                return;
            }
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} in {elapsed}") {
                bar.set_style(style);
            }
            loop {
                bar.set_message(message(progress.so_far()));
                bar.tick();
                if !ticking(REFRESH) {
                    break;
                }
            }
            bar.finish_and_clear();
        });
        Some(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        drop(self.stop.take());
        // The line must be gone before anything else is written.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn message((files, bytes): (u64, u64)) -> String {
    format!("{} files, {}", HumanCount(files), DecimalBytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_counts_files_and_bytes() {
        assert_eq!(message((0, 0)), "0 files, 0 B");
        assert_eq!(message((78_579, 1_240_000_000)), "78,579 files, 1.24 GB");
    }
}
