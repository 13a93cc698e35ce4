//! The exit status of a study.

use super::status::{STOPPED, WRONG};
use anyhow::{Result, bail};
use study::{Outcome, Study};

/// Exit status of a study that came to an end.
///
/// # Errors
/// When nothing of it could be run: why not.
pub(super) fn status(study: &impl Study) -> Result<i32> {
    match study.outcome() {
        Outcome::Right => Ok(0),
        Outcome::Wrong => Ok(WRONG),
        Outcome::Stopped => Ok(STOPPED),
        Outcome::Refused(reasons) => bail!("{reasons}"),
    }
}
