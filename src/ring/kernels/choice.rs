//! Which kernel this process uses.

use super::Kernel;
use std::sync::OnceLock;

/// Environment variable that names the kernel to use, as [`Kernel::name`] does.
pub const KERNEL_VARIABLE: &str = "CRYPTOSCOPE_KERNEL";

/// A kernel was asked for that this processor cannot run, or that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{origin} asks for kernel {name}; this processor has {available}")]
pub struct KernelError {
    /// Where it was asked for: an option or a variable.
    origin: String,
    name: String,
    /// Those there are, slowest first.
    available: String,
}

/// The kernel chosen by [`Kernel::choose`].
static CHOSEN: OnceLock<Kernel> = OnceLock::new();

impl Kernel {
    /// The kernel that parameters made from now on use: the one chosen, else the one that
    /// `CRYPTOSCOPE_KERNEL` names, else the fastest of this processor.
    pub fn best() -> Self {
        if let Some(chosen) = CHOSEN.get() {
            return *chosen;
        }
        // A name that means nothing has been told where the program starts.
        let named = Self::named_by_variable().ok().flatten();
        named.or(Self::available().last().copied()).unwrap_or(Self::Portable)
    }

    /// The kernel that `CRYPTOSCOPE_KERNEL` names; `None` where it is not set.
    pub fn named_by_variable() -> Result<Option<Self>, KernelError> {
        let Some(name) = std::env::var_os(KERNEL_VARIABLE).filter(|n| !n.is_empty()) else {
            return Ok(None);
        };
        Self::named(&name.to_string_lossy(), KERNEL_VARIABLE).map(Some)
    }

    /// The kernel of that name, where the processor has it; `origin` says who asks.
    pub fn named(name: &str, origin: &str) -> Result<Self, KernelError> {
        let available = Self::available();
        available.iter().find(|k| k.name() == name).copied().ok_or_else(|| KernelError {
            origin: origin.to_owned(),
            name: name.to_owned(),
            available: available.iter().map(|k| k.name()).collect::<Vec<_>>().join(", "),
        })
    }

    /// Makes every later [`Kernel::best`] of this process give `self`; the first choice holds, and
    /// is returned. All kernels give the same words, so only the time depends on it.
    pub fn choose(self) -> Self {
        *CHOSEN.get_or_init(|| self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_found_by_name_and_others_refused_with_those_there_are() {
        for kernel in Kernel::available() {
            assert_eq!(Kernel::named(kernel.name(), "--kernel"), Ok(kernel));
        }
        let text = Kernel::named("mmx", "--kernel").unwrap_err().to_string();
        assert!(
            text.starts_with("--kernel asks for kernel mmx; this processor has portable"),
            "{text}"
        );
    }

    #[test]
    fn the_best_kernel_is_one_the_processor_has() {
        assert!(Kernel::available().contains(&Kernel::best()));
    }
}
