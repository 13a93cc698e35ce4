//! CryptoScope: the window, or a command.

use std::process::ExitCode;

fn main() -> ExitCode {
    cryptoscope::cli::main(&mut |_options| {
        Err(anyhow::anyhow!(
            "this build has no window; name a command (see --help), or build with the feature gui"
        ))
    })
}
