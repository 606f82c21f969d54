//! How long a command may be looked at: so much work of this thread, and so much time in any case.

use std::time::{Duration, Instant};

/// Time of the processor that an answer may take. On a busy machine much more goes by on the clock, and a question
/// because of that would be one about the machine.
pub(super) const WORK: Duration = Duration::from_millis(50);

/// Time on the clock after which there is an answer in any case.
pub(super) const LIMIT: Duration = Duration::from_millis(250);

/// When a look at a command ends.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    /// Before this, so much work cannot be done.
    earliest: Instant,
    latest: Instant,
    /// The thread's time of the processor at which its work is done; without such a clock, `earliest` counts.
    work_done: Option<Duration>,
}

impl Deadline {
    /// One that allows `work` of this thread, and `limit` on the clock.
    pub fn new(work: Duration, limit: Duration) -> Self {
        let now = Instant::now();
        Self { earliest: now + work, latest: now + limit, work_done: worked().map(|so_far| so_far + work) }
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        // the clock of the thread is a system call, and is asked only when it can matter
        let now = Instant::now();
        now >= self.earliest
            && (now >= self.latest
                || self.work_done.is_none_or(|done| worked().is_none_or(|so_far| so_far >= done)))
    }
}

/// The time of the processor that this thread has had.
fn worked() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_no_work_but_has_a_limit() {
        let deadline = Deadline::new(Duration::from_millis(1), Duration::from_secs(3600));
        std::thread::sleep(Duration::from_millis(20));
        assert!(!deadline.is_over(), "this thread slept");
        let mut sum = 0_u64;
        while !deadline.is_over() {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(Deadline::new(Duration::ZERO, Duration::from_secs(3600)).is_over());
        let deadline = Deadline::new(Duration::from_millis(1), Duration::from_millis(2));
        std::thread::sleep(Duration::from_millis(5));
        assert!(deadline.is_over(), "it is late, whatever was done");
    }
}
