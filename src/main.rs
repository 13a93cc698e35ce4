//! CryptoScope: the window, or a command.

use cryptoscope::cli::{self, WindowOptions};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main(&mut open_window)
}

#[cfg(feature = "gui")]
fn open_window(options: WindowOptions) -> anyhow::Result<()> {
    use cryptoscope::app;
    app::open(app::Options {
        scenario: options.scenario,
        settings: options.settings,
        renderer: match options.renderer {
            cli::Renderer::Wgpu => app::Renderer::Wgpu,
            cli::Renderer::Glow => app::Renderer::Glow,
        },
        data_dir: options.data_dir,
    })
}

#[cfg(not(feature = "gui"))]
fn open_window(_options: WindowOptions) -> anyhow::Result<()> {
    Err(anyhow::anyhow!(
        "this build has no window; name a command (see --help), or build with the feature gui"
    ))
}
