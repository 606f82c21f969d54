//! `gate rules`.

use anyhow::{Result, bail};

use crate::exit::ExitStatus;

use super::args::Rules;

pub(super) fn run(_arguments: &Rules) -> Result<ExitStatus> {
    bail!("not yet")
}
