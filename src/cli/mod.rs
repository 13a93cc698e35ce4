//! The same work without a window: commands, their results on standard output, progress and errors
//! on standard error.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod accuracies;
mod args;
mod bench;
mod compare;
mod confusion;
mod context;
mod export;
mod inspect;
mod mitigations;
mod networks;
mod outcome;
mod plan;
mod progress;
mod report_page;
mod run;
mod scenario_args;
mod sequence;
mod service;
mod signals;
#[cfg(test)]
mod snapshots;
mod status;
mod strategies;
mod sweep;
mod table;
mod table_file;
mod tables;
mod train;
mod train_encrypted;
mod train_own;
mod train_recurrent;
mod trained;
mod typed;
mod words;

pub use args::Renderer;

use self::progress::Progress;
use ::bench::BenchError;
use ::progress::{Cancel, Cancelled, Step, Watch};
use ::service::ServiceError;
use anyhow::{Context as _, Result};
use args::{Cli, Command, FetchArgs};
use circuit::{cache_folder, keep_costs_in};
use clap::Parser;
use context::{Answer, Context};
use data::{self, fetch};
use ring::Kernel;
use scenario::{RunError, Scenario, Sources};
use status::{FAILED, STOPPED, WRONG};
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use training::CryptonnError;

/// Characters of an error that are told, whatever it quotes.
const MAX_ERROR: usize = 4000;

/// How the window is to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowOptions {
    /// Built-in scenario or `.json` file; the default one when left out.
    pub scenario: Option<String>,
    /// Changes to it, `KEY=VALUE`.
    pub settings: Vec<String>,
    pub renderer: Renderer,
    pub data_dir: Option<PathBuf>,
}

/// Opens the window and comes back when it is closed.
pub type OpenWindow<'a> = &'a mut dyn FnMut(WindowOptions) -> Result<()>;

/// The whole program: arguments, streams and Ctrl-C of the process.
pub fn main(window: OpenWindow) -> ExitCode {
    let cancel = Cancel::default();
    let terminal = std::io::stderr().is_terminal();
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let status = match Cli::try_parse_from(std::env::args_os().map(|a| file::as_text(&a))) {
        Err(error) => usage(&error, &mut out, &mut err),
        Ok(cli) => {
            if let Some(folder) = cache_folder() {
                keep_costs_in(folder);
            }
            // The window handles its own end.
            if cli.command.is_some() {
                signals::stop_on_signal(&cancel);
            }
            dispatch(cli, &mut out, &mut err, terminal, cancel, window)
        }
    };
    ExitCode::from(u8::try_from(status).unwrap_or(FAILED as u8))
}

/// Runs one command as if typed, without the process around it; gives the exit status.
pub fn run<I, T>(args: I, out: &mut dyn Write, err: &mut (dyn Write + Send)) -> i32
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    match Cli::try_parse_from(args.into_iter().map(|a| file::as_text(&a.into()))) {
        Err(error) => usage(&error, out, err),
        Ok(cli) => {
            let mut no_window = |_| Err(anyhow::anyhow!("no window here; name a command"));
            dispatch(cli, out, err, false, Cancel::default(), &mut no_window)
        }
    }
}

/// Help and version go to standard output; a mistake becomes one line.
fn usage(error: &clap::Error, out: &mut dyn Write, err: &mut dyn Write) -> i32 {
    if !error.use_stderr() {
        return tell(&error.to_string(), 0, out, err);
    }
    let text = error.to_string();
    let told = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    let told: Vec<&str> =
        told.filter(|l| !l.is_empty() && !l.starts_with("For more information")).collect();
    let told = told.join(" ").replace(" tip: ", "; ");
    let told = told.strip_prefix("error: ").unwrap_or(&told);
    let told = told
        .replace("invalid digit found in string", "it must be a whole number, 0 or more")
        .replace("invalid float literal", "it must be a number");
    fail(&format!("{told} (see cryptoscope --help)"), err)
}

fn dispatch(
    cli: Cli,
    out: &mut dyn Write,
    err: &mut (dyn Write + Send),
    terminal: bool,
    cancel: Cancel,
    window: OpenWindow,
) -> i32 {
    let data_dir = cli
        .data
        .or_else(|| std::env::var_os("CRYPTOSCOPE_DATA").filter(|d| !d.is_empty()).map(Into::into))
        .or_else(data::default_data_dir);
    let sources = Sources { data_dir };
    let Some(command) = cli.command else {
        let options = WindowOptions {
            scenario: cli.window.scenario,
            settings: cli.window.settings,
            renderer: cli.window.renderer.unwrap_or_default(),
            data_dir: sources.data_dir,
        };
        return match window(options) {
            Ok(()) => 0,
            Err(error) => fail(&one_line(&error), err),
        };
    };
    if cli.window.scenario.is_some()
        || cli.window.renderer.is_some()
        || !cli.window.settings.is_empty()
    {
        return fail(
            "--scenario, --renderer and --set before a command are for the window; write them after the command, or leave the command out",
            err,
        );
    }
    // In the window it is told by a message.
    if let Err(error) = Kernel::named_by_variable() {
        return fail(&error.to_string(), err);
    }
    let mut context = Context { sources, cancel: cancel.clone(), err, terminal };
    let answer = match command {
        Command::Scenarios => Ok(scenarios().into()),
        Command::Plan(args) => plan::command(&args, &mut context),
        Command::Run(args) => run::command(&args, &mut context),
        Command::Sweep(args) => sweep::command(&args, &mut context),
        Command::Compare(args) => compare::command(&args, &mut context),
        Command::Train(args) if args.layers.is_some() => train_own::command(&args, &mut context),
        Command::Train(args) => train::command(&args, &mut context),
        Command::Bench(args) => bench::command(&args, &mut context, out),
        Command::Inspect(args) => inspect::command(&args, &context),
        Command::Export(args) => export::command(&args),
        Command::Report(args) => report_page::command(&args),
        Command::Fetch(args) => fetch_set(&args, &mut context),
        Command::Publish(args) => service::publish(&args, &mut context),
        Command::Keygen(args) => service::keygen(&args, &mut context),
        Command::Encrypt(args) => service::encrypt(&args, &mut context),
        Command::Evaluate(args) => service::evaluate(&args, &mut context),
        Command::Decrypt(args) => service::decrypt(&args, &mut context),
    };
    match answer {
        Ok(answer) => tell(&answer.text, answer.status, out, context.err),
        // Work that was asked to stop may tell so through the text of another error.
        Err(error) if cancel.is_cancelled() && one_line(&error).contains("cancelled") => {
            fail("stopped", context.err);
            STOPPED
        }
        Err(error) => told(&error, context.err),
    }
}

/// Tells why a command ended early; gives the exit status.
fn told(error: &anyhow::Error, err: &mut dyn Write) -> i32 {
    if is_stop(error) {
        fail("stopped", err);
        return STOPPED;
    }
    let status = fail(&one_line(error), err);
    let wrong = matches!(error.downcast_ref(), Some(BenchError::Wrong { .. }));
    if wrong { WRONG } else { status }
}

/// Whether an error only says that the work was stopped on request.
fn is_stop(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<Cancelled>()
            || matches!(cause.downcast_ref(), Some(RunError::Cancelled(_)))
            || matches!(cause.downcast_ref(), Some(CryptonnError::Cancelled(_)))
            || matches!(cause.downcast_ref(), Some(ServiceError::Cancelled(_)))
            || matches!(
                cause.downcast_ref(),
                Some(BenchError::Cancelled(_) | BenchError::Run(RunError::Cancelled(_)))
            )
            || matches!(cause.downcast_ref(), Some(fetch::FetchError::Cancelled(_)))
    })
}

/// The causes of an error in one line, each told once.
fn one_line(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

fn fail(text: &str, err: &mut dyn Write) -> i32 {
    let mut text: String = format::escaped(text);
    if let Some((end, _)) = text.char_indices().nth(MAX_ERROR) {
        text.truncate(end);
        text.push('…');
    }
    // Where the error itself cannot be told, the exit status is all there is.
    writeln!(err, "error: {text}").ok();
    FAILED
}

/// Writes a result; a reader who has read enough (`| head`) is no error. Whatever texts from files have
/// come this far, nothing of them acts on a terminal.
fn tell(text: &str, status: i32, out: &mut dyn Write, err: &mut dyn Write) -> i32 {
    let acts = |c: char| c.is_control() && c != '\n';
    let safe = text.contains(acts).then(|| {
        let letters = text
            .chars()
            .map(|c| if acts(c) { c.escape_unicode().collect() } else { String::from(c) });
        letters.collect::<String>()
    });
    let text = safe.as_deref().unwrap_or(text);
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            fail(&format!("the result cannot be written: {error}"), err)
        }
        _ => status,
    }
}

fn scenarios() -> String {
    let scenarios = Scenario::built_in();
    let rows: Vec<_> = scenarios.iter().map(|s| (s.name.as_str(), s.description.clone())).collect();
    let sets: Vec<_> = data::NAMED.iter().map(|n| (n.name, n.description.to_owned())).collect();
    format!("Scenarios\n{}\nDatasets\n{}", table::pairs(&rows), table::pairs(&sets))
}

fn fetch_set(args: &FetchArgs, context: &mut Context) -> Result<Answer> {
    let folder = context.sources.data_dir.clone();
    let folder = folder.context("no folder to put it in; name one with --data DIR")?;
    let progress = Progress::new(context.err, context.terminal);
    let report = |step: Step| progress.step(&step);
    let watch = Watch::new(context.cancel.clone(), &report);
    let fetched = args.set.fetch(&folder, &args.mirrors, &watch)?;
    let mut rows = vec![
        ("folder", format::path(&folder.join(args.set.folder))),
        ("licence", args.set.licence.to_owned()),
        (
            "downloaded",
            format!(
                "{}, {}",
                words::number_of(fetched.downloaded.len(), "file", "files"),
                format::bytes(fetched.bytes)
            ),
        ),
        ("already there", words::number_of(fetched.kept.len(), "file", "files")),
    ];
    let moved = fetched.replaced.iter();
    rows.extend(moved.map(|path| ("other file moved to", format::path(path))));
    Ok(table::pairs(&rows).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once_and_nothing_raw() {
        let cause = std::io::Error::other("\u{1b}[2Jno\nway");
        let error = anyhow::Error::from(cause).context("file f: \u{1b}[2Jno\nway");
        let mut err = Vec::new();
        assert_eq!(told(&error, &mut err), FAILED);
        assert_eq!(String::from_utf8(err).unwrap(), "error: file f: \\u{1b}[2Jno\\u{a}way\n");
        let mut err = Vec::new();
        fail(&"x".repeat(100_000), &mut err);
        assert!(err.len() < 5000);
    }

    #[test]
    fn the_exit_status_tells_wrong_results_from_what_could_not_run() {
        let wrong = BenchError::Wrong { what: "switch".into(), reason: "one differs".into() };
        let stopped = BenchError::Run(RunError::Cancelled(Cancelled));
        let refused = BenchError::Refused("no data".into());
        let told_of = |error: BenchError| {
            let mut err = Vec::new();
            let status = told(&error.into(), &mut err);
            (status, String::from_utf8(err).unwrap())
        };
        let text = "error: switch: one differs; nothing is reported for it\n";
        assert_eq!(told_of(wrong), (WRONG, text.to_owned()));
        assert_eq!(told_of(stopped), (STOPPED, "error: stopped\n".to_owned()));
        assert_eq!(told_of(refused), (FAILED, "error: no data\n".to_owned()));
    }
}
